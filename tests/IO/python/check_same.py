"""Checks that two files hold the same; arguments: the paths. The classes are those of write_torch.py."""
import enum
import sys

import numpy
import torch


class Stage(enum.Enum):
    TRAIN = "train"


class Hidden(dict):
    pass


class Settings:
    pass


def same(left, right, path):
    if isinstance(left, numpy.generic):
        left = left.item()
    if isinstance(left, numpy.ndarray):
        left = torch.from_numpy(numpy.ascontiguousarray(left))
    if torch.is_tensor(left):
        assert torch.is_tensor(right) and left.dtype == right.dtype and torch.equal(left, right), path
    elif isinstance(left, dict):
        assert list(left) == list(right), (path, list(left), list(right))
        for key in left:
            same(left[key], right[key], f"{path}.{key}")
    elif isinstance(left, (list, tuple)):
        assert isinstance(right, (list, tuple)) and len(left) == len(right), path
        for index, (one, other) in enumerate(zip(left, right)):
            same(one, other, f"{path}.{index}")
    elif isinstance(left, Settings):
        same(vars(left), vars(right), path)
    elif isinstance(left, bytearray):
        assert left == right, path
    else:
        assert type(left) is type(right) and left == right, (path, left, right)


same(torch.load(sys.argv[1]), torch.load(sys.argv[2]), "")
print("ok")
