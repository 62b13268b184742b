"""The training of bench/Stall in Python: what torch.save, and cloning then saving on a thread, cost the loop."""
import argparse
import importlib
import json
import os
import statistics
import sys
import threading
import time

import torch

parser = argparse.ArgumentParser()
for name, value in dict(width=2048, layers=6, batch=64, steps=40, every=5, threads=0).items():
    parser.add_argument("--" + name, type=int, default=value)
parser.add_argument("--dir", default="artifacts/bench-stall")
settings = parser.parse_args()
if settings.threads:
    torch.set_num_threads(settings.threads)


class Plain:
    """torch.save on the training thread."""

    name = "python-torch-save"

    def save(self, state, path):
        torch.save(state, path)

    def drain(self):
        pass


class CloneThenThread:
    """Clones on the training thread, then torch.save on another: one at a time, as a pool of one worker does."""

    name = "python-clone-then-thread"

    def __init__(self):
        self.threads = []

    def save(self, state, path):
        clone = copy(state)
        before = self.threads[-1] if self.threads else None
        thread = threading.Thread(target=self.write, args=(clone, path, before))
        thread.start()
        self.threads.append(thread)

    @staticmethod
    def write(state, path, before):
        if before:
            before.join()
        torch.save(state, path)

    def drain(self):
        for thread in self.threads:
            thread.join()
        self.threads.clear()


def lightning_io():
    """The plug-ins module of Lightning, under whichever name it is installed; None where it is not."""
    for name in ("lightning.pytorch.plugins.io", "pytorch_lightning.plugins.io"):
        try:
            return importlib.import_module(name)
        except ImportError:
            pass
    return None


class Lightning:
    """Lightning's own CheckpointIO on the training thread."""

    name = "lightning"

    def __init__(self, plugins):
        self.plugins = plugins
        self.io = self.make()

    def make(self):
        return self.plugins.TorchCheckpointIO()

    def save(self, state, path):
        self.io.save_checkpoint(state, path)

    def drain(self):
        self.io.teardown()
        self.io = self.make()  # Its thread pool is not used again once it was shut down.


class LightningAsync(Lightning):
    """Lightning's AsyncCheckpointIO around it."""

    name = "lightning-async"

    def make(self):
        return self.plugins.AsyncCheckpointIO(self.plugins.TorchCheckpointIO())


def copy(value):
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, dict):
        return {key: copy(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(copy(entry) for entry in value)
    return value


torch.manual_seed(1)
layers = [layer for _ in range(settings.layers) for layer in (torch.nn.Linear(settings.width, settings.width), torch.nn.ReLU())]
module = torch.nn.Sequential(*layers)
optimizer = torch.optim.Adam(module.parameters(), 1e-4)
source, target = torch.randn(settings.batch, settings.width), torch.randn(settings.batch, settings.width)
os.makedirs(settings.dir, exist_ok=True)


def tensors(value):
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from tensors(entry)


def round_of(arm, results):
    begun, after = time.perf_counter(), False
    for step in range(1, settings.steps + 1):
        start = time.perf_counter()
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(module(source), target).backward()
        optimizer.step()
        results["step_after" if after else "step"].append((time.perf_counter() - start) * 1e3)
        after = step % settings.every == 0
        if after:
            saving = time.perf_counter()
            state = {"state_dict": module.state_dict(), "optimizer_states": [optimizer.state_dict()]}
            path = os.path.join(settings.dir, "peer-%d.ckpt" % step)
            arm.save(state, path)
            results["save"].append((time.perf_counter() - saving) * 1e3)
        results["around"][step % settings.every].append((time.perf_counter() - start) * 1e3)
    draining = time.perf_counter()
    arm.drain()
    results["drain"].append(time.perf_counter() - draining)
    results["total"].append(time.perf_counter() - begun)


def nothing():
    return dict(step=[], step_after=[], save=[], total=[], drain=[], around=[[] for _ in range(settings.every)])


def report(name):
    found = results[name]
    size = sum(t.numel() * t.element_size() for t in tensors({"a": module.state_dict(), "b": dict(enumerate(optimizer.state.values()))}))
    return {
        "command": "stall",
        "io": name,
        "state_mb": round(size / 2**20, 4),
        "step_ms": round(statistics.median(found["step"]), 4),
        "step_after_ms": round(statistics.median(found["step_after"]), 4),
        "save_ms": round(statistics.median(found["save"]), 4),
        "save_ms_max": round(max(found["save"]), 4),
        "saves": len(found["save"]),
        "durable": 0,
        "superseded": 0,
        "total_s": round(statistics.median(found["total"]), 4),
        "drain_ms": round(statistics.median(found["drain"]) * 1e3, 4),
        "drain_s": round(statistics.median(found["drain"]), 4),
        "around_ms": [round(statistics.median(times), 4) if times else 0 for times in found["around"]],
        "steps": settings.steps,
        "every": settings.every,
        "peer": "torch " + torch.__version__,
        "threads": torch.get_num_threads(),
    }


arms = {arm.name: arm for arm in (Plain(), CloneThenThread())}
plugins = lightning_io()
if plugins:
    arms.update((arm.name, arm) for arm in (Lightning(plugins), LightningAsync(plugins)))
results = {name: nothing() for name in arms}
print("torch " + torch.__version__, flush=True)
for line in sys.stdin:
    request, name = line.split()
    if request == "list":
        answer = {"arms": list(arms)}
    elif request == "report":
        answer = report(name)
    else:
        round_of(arms[name], results[name] if request == "round" else nothing())
        answer = {"done": name}
    print(json.dumps(answer), flush=True)
