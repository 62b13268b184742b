"""The loop of bench/Loop in Python's torch: reads the name of an arm, answers {"us": time of a step}. Lightning's Trainer where it is installed."""
import importlib
import json
import logging
import os
import sys
import tempfile
import time
import warnings

import torch

steps, log_interval = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(1)
torch.manual_seed(1)
inputs, targets = torch.rand(8, 32), torch.rand(8, 2)
data = [(inputs, targets)] * steps


def python():
    module = torch.nn.Linear(32, 2)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01)
    start = time.perf_counter()
    for batch in data:
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(module(batch[0]), batch[1]).backward()
        optimizer.step()
    return time.perf_counter() - start


def lightning_module():
    """Lightning, under whichever name it is installed; None where it is not."""
    for name in ("lightning.pytorch", "pytorch_lightning"):
        try:
            return importlib.import_module(name)
        except ImportError:
            pass
    return None


def fit(pl, full):
    class Module(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(32, 2)

        def training_step(self, batch, index):
            loss = torch.nn.functional.mse_loss(self.linear(batch[0]), batch[1])
            if full:
                self.log("train_loss", loss, prog_bar=True)
            return loss

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), lr=0.01)

    with tempfile.TemporaryDirectory() as folder:
        trainer = pl.Trainer(
            accelerator="cpu", devices=1, max_epochs=1, log_every_n_steps=log_interval, enable_model_summary=False,
            enable_progress_bar=full, enable_checkpointing=full, default_root_dir=folder,
            logger=pl.loggers.CSVLogger(folder) if full else False,
        )
        module, loader = Module(), torch.utils.data.DataLoader(data, batch_size=None)
        start = time.perf_counter()
        trainer.fit(module, loader)
        return time.perf_counter() - start


arms = {"python": python}
pl = lightning_module()
if pl:
    warnings.simplefilter("ignore")
    for name in ("lightning", "lightning.pytorch", "pytorch_lightning"):
        logging.getLogger(name).setLevel(logging.ERROR)
    arms["lightning"] = lambda: fit(pl, False)
    arms["lightning_callbacks"] = lambda: fit(pl, True)

# Lightning draws its progress on the standard output, which is for answers here.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)
version = "torch " + torch.__version__ + (", Lightning " + pl.__version__ if pl else ", no Lightning")
print(version, file=answers, flush=True)
for line in sys.stdin:
    name = line.strip()
    answer = {"arms": list(arms)} if name == "list" else {"us": arms[name]() / steps * 1e6}
    print(json.dumps(answer), file=answers, flush=True)
