"""Resumes a checkpoint of DropoutModule in a real Lightning and prints where it went on; arguments: its path, the batches of an epoch.

Prints "no lightning" where Lightning is not importable.
"""
import logging
import sys
import warnings

import torch

try:
    import lightning.pytorch as pl
except ImportError:
    print("no lightning")
    sys.exit()

warnings.simplefilter("ignore")
logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
path, batches = sys.argv[1], int(sys.argv[2])

# torch 1.13 cannot import its sharded tensors under Python 3.11, which Lightning 2.2 does for every module.
try:
    import torch.distributed._shard.sharded_tensor  # noqa: F401
except ValueError:
    pl.LightningModule._register_sharded_tensor_state_dict_hooks_if_available = lambda self: None


class DropoutModule(pl.LightningModule):
    def __init__(self):
        super().__init__()
        self._layers = torch.nn.Sequential()
        self._layers.add_module("first", torch.nn.Linear(4, 16))
        self._layers.add_module("norm", torch.nn.BatchNorm1d(16))
        self._layers.add_module("drop", torch.nn.Dropout(0.2))
        self._layers.add_module("last", torch.nn.Linear(16, 1))

    def training_step(self, batch, batch_idx):
        return self._layers(batch).pow(2).mean()

    def validation_step(self, batch, batch_idx):
        self.log("val_loss", self._layers(batch).pow(2).mean())

    def configure_optimizers(self):
        return torch.optim.Adam(self.parameters(), 0.5)


class Witness(pl.Callback):
    def __init__(self):
        self.batches = []

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        if not self.batches:
            optimizer = trainer.optimizers[0]
            step = int(optimizer.state_dict()["state"][0]["step"])
            print(f"epoch {trainer.current_epoch} batch {batch_idx} step {trainer.global_step} adam {step} lr {optimizer.param_groups[0]['lr']}")
            saved = torch.load(path)["state_dict"]
            print(all(torch.equal(tensor, saved[name]) for name, tensor in module.state_dict().items()))
        self.batches.append((trainer.current_epoch, batch_idx))


def data(count):
    return torch.utils.data.DataLoader([torch.rand(4) for _ in range(6 * count)], batch_size=6)


witness = Witness()
trainer = pl.Trainer(
    max_epochs=3, callbacks=[witness], logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False,
    accelerator="cpu")
trainer.fit(DropoutModule(), data(batches), data(2), ckpt_path=path)
print(f"{len(witness.batches)} batches, then epoch {trainer.current_epoch} step {trainer.global_step}")
