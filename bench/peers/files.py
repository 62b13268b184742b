"""torch.save and torch.load of the states of bench/Capture/BenchState.

Reads 'save PATH', 'save_fsync PATH', 'load PATH' or 'load_into PATH' (into tensors, as load_state_dict does), and answers in JSON.
"""
import json
import os
import sys
import time

import torch

shape, size = sys.argv[1], int(sys.argv[2]) << 20
sizes = {
    "few": [size // 16] * 16,
    "transformer": [size // 4] + [4096] * 144 + [(size * 3 // 4 - 144 * 4096) // 48] * 48,
    "many": [16 << 10] * (size // (16 << 10)),
    "tied": [size // 8] * 8,
}[shape]
tensors = [torch.rand(count // 4) for count in sizes]
if shape == "tied":
    tensors += [tensor.view(tensor.shape) for tensor in tensors]
state = {"global_step": 1, "state_dict": {f"layer.{index}.weight": tensor for index, tensor in enumerate(tensors)}}
print(f"torch {torch.__version__}", flush=True)


def save(path, sync):
    if os.path.exists(path):
        os.unlink(path)
    start = time.perf_counter()
    torch.save(state, path)
    if sync:
        for place in (path, os.path.dirname(path)):
            handle = os.open(place, os.O_RDONLY)
            os.fsync(handle)
            os.close(handle)
    return time.perf_counter() - start


def load(path, into=None):
    if not os.path.exists(path):
        save(path, True)
    with open(path, "rb", buffering=0) as file:
        while file.read(1 << 22):
            pass
    start = time.perf_counter()
    loaded = torch.load(path)
    if into is not None:
        for target, source in zip(into, loaded["state_dict"].values()):
            target.copy_(source)
    seconds = time.perf_counter() - start
    del loaded
    return seconds


for line in sys.stdin:
    what, path = line.strip().split(" ", 1)
    seconds = load(path, tensors if what == "load_into" else None) if what.startswith("load") else save(path, what == "save_fsync")
    os.sync()  # What is still on its way to the disk would slow the next arm, which is another program's.
    print(json.dumps({"seconds": seconds}), flush=True)
