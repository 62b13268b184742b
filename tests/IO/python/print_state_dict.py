"""Prints the name and the bytes of every tensor of the state_dict of a checkpoint; argument: its path."""
import sys

import torch

for name, tensor in torch.load(sys.argv[1])["state_dict"].items():
    print(name, tensor.numpy().tobytes().hex().upper())
