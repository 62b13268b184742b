"""Loads a file with weights_only=True; argument: the path."""
import sys

import torch

state = torch.load(sys.argv[1], weights_only=True)
assert state["epoch"] == 3
assert torch.equal(state["state_dict"]["layer.weight"], torch.arange(6, dtype=torch.float32).view(2, 3))
assert state["optimizer_states"][0]["state"][0]["step"].item() == 7
assert state["optimizer_states"][0]["param_groups"][0]["params"] == [0, 1]
print("ok")
