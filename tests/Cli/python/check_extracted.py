"""Reads what the tool wrote with NumPy and PyTorch, and compares it with the file that it was taken from."""
import os
import sys

import numpy
import torch

folder = sys.argv[1]


def at(name):
    return os.path.join(folder, name)


weights = torch.load(at("weights.pt"))
one = numpy.load(at("one.npy"))
assert one.dtype == numpy.float32 and (one == weights["0.weight"].numpy()).all()
several = numpy.load(at("several.npz"))
assert sorted(several.files) == ["state_dict.model.1.num_batches_tracked", "tied", "view"], several.files
assert several["state_dict.model.1.num_batches_tracked"].shape == ()
assert (several["view"] == several["tied"][2:4].T).all()
model = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.BatchNorm1d(32), torch.nn.Linear(32, 4))
model.load_state_dict(torch.load(at("plain.pt")))
for name, value in torch.load(at("half.pt")).items():
    expected = weights[name]
    if expected.is_floating_point():
        assert value.dtype == torch.bfloat16 and torch.equal(value, expected.bfloat16()), name
    else:
        assert torch.equal(value, expected), name
print("ok")
