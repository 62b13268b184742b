"""The training of bench/Xml in Python, without saves and with torch.save of best and last at every validation."""
import json
import os
import sys
import time

import torch

words, labels, candidates, batch, tokens, validations, every, threads = map(int, sys.argv[1:9])
sparse = sys.argv[9] == "sparse"
torch.set_num_threads(threads)


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(words, 300, sparse=sparse)
        self.lstm = torch.nn.LSTM(300, 512, batch_first=True, bidirectional=True)
        self.attention = torch.nn.Embedding(labels, 1024, sparse=sparse)
        torch.nn.init.xavier_uniform_(self.attention.weight)
        self.mlp = torch.nn.Linear(1024, 512)
        self.mlp2 = torch.nn.Linear(512, 256)
        self.output = torch.nn.Linear(256, 1)

    def forward(self, text, rows):
        states, _ = self.lstm(self.embedding(text))
        weights = self.attention(rows).matmul(states.transpose(1, 2)).softmax(-1)
        hidden = torch.relu(self.mlp2(torch.relu(weights.matmul(self.mlp(states)))))
        return self.output(hidden).squeeze(-1)


def peak_megabytes():
    # Not ru_maxrss, which begins with that of the process that started this one.
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) // 1024


def train(folder):
    torch.manual_seed(1)
    network = Network()
    rows = [network.embedding.weight, network.attention.weight] if sparse else []
    others = [p for p in network.parameters() if not any(p is row for row in rows)]
    optimizers = [torch.optim.Adam(others, 1e-4)] + ([torch.optim.SparseAdam(rows, 1e-4)] if sparse else [])
    # Batches that differ, with words and labels whose frequencies fall with the inverse of their rank.
    word_frequencies, label_frequencies = (1 / torch.arange(1, count + 1, dtype=torch.float32) for count in (words, labels))
    targets = torch.zeros(batch, candidates)
    batches = [
        (
            torch.multinomial(word_frequencies, batch * tokens, replacement=True).reshape(batch, tokens),
            torch.multinomial(label_frequencies, candidates),
            targets,
        )
        for _ in range(validations * every)
    ]
    waits, written = [], 0
    begun, processor = time.perf_counter(), time.process_time()
    for validation in range(validations):
        for text, rows, targets in batches[validation * every : (validation + 1) * every]:
            network.zero_grad(set_to_none=True)
            torch.nn.functional.binary_cross_entropy_with_logits(network(text, rows), targets).backward()
            for optimizer in optimizers:
                optimizer.step()
        for name in ("best.ckpt", "last.ckpt") if folder else ():
            start = time.perf_counter()
            path = os.path.join(folder, name)
            torch.save({"state_dict": network.state_dict(), "optimizer_states": [optimizer.state_dict() for optimizer in optimizers]}, path)
            waits.append((time.perf_counter() - start) * 1e3)
            written += os.path.getsize(path)
    return {
        "state_mb": round(sum(p.numel() for p in network.parameters()) * 12 / 2**20, 1),
        "optimizer": "sparse" if sparse else "adam",
        "threads": torch.get_num_threads(),
        "steps": validations * every,
        "validations": validations,
        "saves": len(waits),
        "durable": 0,
        "wait_ms": sum(waits),
        "wait_ms_max": max(waits, default=0),
        "drain_ms": 0,
        "bytes_written": written,
        "total_s": time.perf_counter() - begun,
        "processor_s": time.process_time() - processor,
        "peak_mb": peak_megabytes(),
    }


print("torch " + torch.__version__, flush=True)
for line in sys.stdin:
    print(json.dumps(train(None if line.strip() == "-" else line.strip())), flush=True)
