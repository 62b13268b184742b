"""Writes the files that the tests of the tool read: weights, old weights, and a checkpoint as Lightning lays it out."""
import argparse
import collections
import os
import sys

import torch

folder = sys.argv[1]
torch.manual_seed(1)
model = torch.nn.Sequential(torch.nn.Linear(16, 32), torch.nn.BatchNorm1d(32), torch.nn.Linear(32, 4))
optimizer = torch.optim.Adam(model.parameters())
model(torch.randn(8, 16)).sum().backward()
optimizer.step()


def save(value, name, **options):
    torch.save(value, os.path.join(folder, name), **options)


weights = model.state_dict()
save(weights, "weights.pt")
save(weights, "legacy.pt", _use_new_zipfile_serialization=False)
changed = collections.OrderedDict((name, value.clone()) for name, value in weights.items())
changed["0.weight"][3, 5] += 0.5
changed["2.bias"] = torch.zeros(7)
changed["added"] = torch.ones(2)
del changed["0.bias"]
save(changed, "changed.pt")
tied = torch.arange(64, dtype=torch.float32).reshape(8, 8)
monitor = "ModelCheckpoint{'monitor': 'val_loss', 'mode': 'min', 'every_n_train_steps': 0, 'every_n_epochs': 1, 'train_time_interval': None}"
for epoch, step, score in ((1, 40, 0.5), (2, 80, 0.25), (3, 120, 0.375)):
    save(
        {
            "epoch": epoch,
            "global_step": step,
            "pytorch-lightning_version": "2.2.0",
            "state_dict": collections.OrderedDict(("model." + name, value) for name, value in weights.items()),
            "loops": {},
            "callbacks": {
                monitor: {
                    "monitor": "val_loss",
                    "best_model_score": torch.tensor(0.25),
                    "best_model_path": "/elsewhere/epoch=2-step=80.ckpt",
                    "current_score": torch.tensor(score),
                    "best_k_models": {f"/elsewhere/epoch={epoch}-step={step}.ckpt": torch.tensor(score)},
                }
            },
            "optimizer_states": [optimizer.state_dict()],
            "lr_schedulers": [],
            "hyper_parameters": {"lr": 1e-3, "hidden": [32, 4], "name": "a text", "nan": float("nan")},
            "args": argparse.Namespace(a=1),
            "tied": tied,
            "view": tied[2:4].t(),
        },
        f"epoch={epoch}-step={step}.ckpt",
    )
