"""Writes files as Python programs do, for the reader to be tested on; argument: the directory to write to."""
import argparse
import collections
import datetime
import enum
import json
import os
import pathlib
import sys

import numpy
import torch

directory = sys.argv[1]
torch.manual_seed(1)


def path(name):
    return os.path.join(directory, name)


def save(value, name, **options):
    torch.save(value, path(name), **options)


def elements(tensors, name):
    """The elements of tensors, row after row, for the test to compare."""
    with open(path(name), "wb") as output:
        for tensor in tensors:
            flat = tensor.detach().contiguous().flatten()
            if flat.numel():
                output.write((flat.to(torch.uint8) if flat.dtype == torch.bool else flat.view(torch.uint8)).numpy().tobytes())


types = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.float16, torch.float32, torch.float64,
         torch.complex64, torch.complex128, torch.bool, torch.bfloat16]
shapes = [[], [0], [1], [7], [3, 0, 2], [2, 3], [4, 1, 5], [2, 3, 2, 2]]
tensors = collections.OrderedDict()
for dtype in types:
    for shape in shapes:
        tensors[f"{str(dtype)[6:]}{shape}"] = (torch.randn(shape, dtype=torch.float64) * 50).to(dtype)
save(tensors, "types.pt")
save(tensors, "types_legacy.pt", _use_new_zipfile_serialization=False)
elements(tensors.values(), "types.bin")

base = torch.arange(24, dtype=torch.float32)
views = {
    "whole": base.view(4, 6), "transposed": base.view(4, 6).t(), "row": base[12:18], "every_second": base[::2],
    "repeated": base[6:12].expand(5, 6), "parameter": torch.nn.Parameter(base.view(2, 12)),
    "channels_last": torch.arange(48.).view(2, 3, 2, 4).contiguous(memory_format=torch.channels_last), "scalar": base[5],
}
views["same"] = views["whole"]
save(views, "views.pt")
save(views, "views_legacy.pt", _use_new_zipfile_serialization=False)
elements(views.values(), "views.bin")

model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 2))
states = {}
for name, optimizer in {
    "adam": torch.optim.Adam(model.parameters(), lr=0.01, amsgrad=True),
    "adamw": torch.optim.AdamW(model.parameters(), lr=0.02),
    "sgd": torch.optim.SGD(model.parameters(), lr=0.03, momentum=0.9),
}.items():
    model(torch.randn(5, 3)).sum().backward()
    optimizer.step()
    states[name] = optimizer.state_dict()
save(states, "optimizers.pt")
elements([t for s in states.values() for p in s["state"].values() for t in p.values() if torch.is_tensor(t)], "optimizers.bin")


class Stage(enum.Enum):
    TRAIN = "train"


class Hidden(dict):
    pass


class Settings:
    def __init__(self):
        self.depth = 3
        self.weights = torch.ones(2)


hidden = Hidden(width=8)
checkpoint = {
    "epoch": 2,
    "global_step": 30,
    "pytorch-lightning_version": "2.5.0",
    "state_dict": model.state_dict(),
    "loops": {"fit_loop": {"state_dict": {}, "epoch_progress": {"total": {"ready": 3, "completed": 2}, "current": {"ready": 3}}}},
    "callbacks": {
        "ModelCheckpoint{'monitor': 'val_loss', 'mode': 'min'}": {
            "monitor": "val_loss", "best_model_score": torch.tensor(0.25), "best_model_path": "/runs/epoch=1.ckpt",
            "best_k_models": {"/runs/epoch=1.ckpt": torch.tensor(0.25)}, "dirpath": pathlib.PurePosixPath("/runs"),
        },
    },
    "optimizer_states": [states["adam"]],
    "lr_schedulers": [{"step_size": 10, "base_lrs": [0.01], "last_epoch": 3, "_last_lr": [0.001]}],
    "hparams_name": "hparams",
    "hyper_parameters": {
        "lr": 0.01, "stage": Stage.TRAIN, "namespace": argparse.Namespace(a=1, b="two"), "settings": Settings(), "hidden": hidden,
        "numbers": {1, 2}, "dtype": torch.float32, "device": torch.device("cpu"), "activation": torch.nn.ReLU, "size": torch.Size([2, 3]),
        "when": datetime.date(2020, 1, 2), "huge": 2**100, "complex": 1 + 2j, "counts": collections.Counter("aab"),
        "default": collections.defaultdict(list, a=[1]), "pairs": {(0, 1): "tuple key"}, "raw": b"\x00\xff", "array": bytearray(b"ab"),
    },
    "metrics": {
        "np_float": numpy.float64(0.5), "np_int": numpy.int32(7), "np_bool": numpy.bool_(True), "np_array": numpy.arange(6, dtype=numpy.int16).reshape(2, 3),
        "np_fortran": numpy.asfortranarray(numpy.arange(6.0).reshape(2, 3)),
    },
    "rng": {"torch": torch.get_rng_state(), "python": __import__("random").Random(1).getstate()},
}
save(checkpoint, "lightning.ckpt")
save(checkpoint, "lightning_legacy.ckpt", _use_new_zipfile_serialization=False)
for protocol in (3, 4, 5):
    save({"text": "Grüße", "list": [1, 2.5, None, True, b"bytes"], "weights": torch.ones(3)}, f"protocol{protocol}.pt", pickle_protocol=protocol)
save(torch.arange(3), "tensor.pt")
save({f"t{index}": torch.full((index % 7 + 1,), float(index)) for index in range(400)}, "many.pt")
save(model, "module.pt")
shared = ["once"]
save({"a": shared, "b": shared, "t": (shared, shared)}, "shared.pt")
cyclic = []
cyclic.append(cyclic)
save(cyclic, "cyclic.pt")
deep = []
for _ in range(700):
    deep = [deep]
sys.setrecursionlimit(100000)
save(deep, "deep.pt")
with open(path("pickle.pkl"), "wb") as output:
    __import__("pickle").dump({"a": 1}, output, protocol=2)
torch.jit.script(torch.nn.Linear(2, 2)).save(path("script.pt"))
json.dump({"names": list(tensors)}, open(path("names.json"), "w"))
print("ok")
