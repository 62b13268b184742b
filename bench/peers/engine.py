"""The work of `bench.sh engine` in Python's torch: reads "<work> <repeats>", answers {"us": time of one}."""
import json
import sys
import time

import torch

threads, features, batch = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
torch.manual_seed(1)

left, right = torch.rand(16), torch.rand(16)
linear = torch.nn.Linear(features, features)
inputs = torch.rand(batch, features)
network = torch.nn.Sequential(torch.nn.Linear(features, features), torch.nn.ReLU(), torch.nn.Linear(features, features))
adam = torch.optim.Adam(network.parameters(), lr=1e-3)
network(inputs).sum().backward()


def add(repeats):
    for _ in range(repeats):
        torch.add(left, right)


def linear_step(repeats):
    for _ in range(repeats):
        linear.weight.grad = None
        linear.bias.grad = None
        linear(inputs).sum().backward()


def adam_step(repeats):
    for _ in range(repeats):
        adam.step()


work = {"add": add, "linear": linear_step, "adam": adam_step}
print(f"torch {torch.__version__}", flush=True)
for line in sys.stdin:
    name, repeats = line.split()
    start = time.perf_counter()
    work[name](int(repeats))
    print(json.dumps({"us": (time.perf_counter() - start) / int(repeats) * 1e6}), flush=True)
