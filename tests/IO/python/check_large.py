"""Loads the files of LargeFileTests; arguments: the path, and what it is."""
import sys

import torch

state = torch.load(sys.argv[1])
if sys.argv[2] == "large":
    assert state["large"].numel() == (4 << 30) + 12345
    assert state["large"][-1].item() == 77 and state["large"][0].item() == 11
    assert state["after"].tolist() == [0.0, 1.0, 2.0]
elif sys.argv[2] == "two":
    assert state["large"].numel() == (2 << 30) + 12345
    assert state["large"][-1].item() == 77 and state["large"][0].item() == 11
    assert state["after"].tolist() == [1, 2]
else:
    assert len(state) == 66000
    assert all(tensor.item() == int(key[1:]) for key, tensor in state.items())
print("ok")
