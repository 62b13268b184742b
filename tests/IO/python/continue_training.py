"""Loads a checkpoint of DropoutModule into PyTorch's modules and Adam, and trains one step more; argument: its path."""
import sys

import torch

checkpoint = torch.load(sys.argv[1])
module = torch.nn.Module()
module._layers = torch.nn.Sequential()
module._layers.add_module("first", torch.nn.Linear(4, 16))
module._layers.add_module("norm", torch.nn.BatchNorm1d(16))
module._layers.add_module("drop", torch.nn.Dropout(0.2))
module._layers.add_module("last", torch.nn.Linear(16, 1))
module.load_state_dict(checkpoint["state_dict"], strict=True)

adam = torch.optim.Adam(module.parameters())
adam.load_state_dict(checkpoint["optimizer_states"][0])
before = int(adam.state_dict()["state"][0]["step"])
assert adam.param_groups[0]["lr"] == 0.01
module._layers(torch.rand(6, 4)).sum().backward()
adam.step()
assert int(adam.state_dict()["state"][0]["step"]) == before + 1 == checkpoint["global_step"] + 1
print(f"{before} steps, then one more")
