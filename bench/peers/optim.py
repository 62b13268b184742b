"""The AdamW step of bench/Optim in Python's torch, gradients ready: answers {"ms": time of a step}. Fused where that torch has it on the CPU."""
import json
import sys
import time

import torch

torch.set_num_threads(int(sys.argv[1]))
torch.manual_seed(1)
parameters = [torch.nn.Parameter(torch.randn(int(size))) for size in sys.argv[2].split(",")]
for parameter in parameters:
    parameter.grad = torch.randn(parameter.shape)
try:
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=1e-2, fused=True)
    optimizer.step()
    kind = "fused"
except Exception:
    optimizer = torch.optim.AdamW(parameters, lr=1e-3, weight_decay=1e-2)
    kind = "not fused"

print("torch " + torch.__version__ + ", " + kind, flush=True)
for line in sys.stdin:
    start = time.perf_counter()
    optimizer.step()
    print(json.dumps({"ms": (time.perf_counter() - start) * 1e3}), flush=True)
