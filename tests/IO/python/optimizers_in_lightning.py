"""Takes runs of a real Lightning both ways with each optimizer; arguments: a folder, and NAME=CONSTRUCTOR for each optimizer.

Resumes FOLDER/NAME/last.ckpt, which was saved after the first epoch, for a second epoch. Writes FOLDER/NAME/theirs.ckpt after the first epoch of
its own run and resumes that as well. Prints the name, whose file it was, and the parameters at the end. Prints "no lightning" where Lightning is
not importable.
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
for name in "lightning.pytorch", "lightning.pytorch.utilities.rank_zero":
    logging.getLogger(name).setLevel(logging.ERROR)
torch.set_num_threads(1)

# torch 1.13 cannot import its sharded tensors under Python 3.11, which Lightning 2.2 does for every module.
try:
    import torch.distributed._shard.sharded_tensor  # noqa: F401
except ValueError:
    pl.LightningModule._register_sharded_tensor_state_dict_hooks_if_available = lambda self: None


class LinearModule(pl.LightningModule):
    def __init__(self, make):
        super().__init__()
        self._make = make
        self._layer = torch.nn.Linear(3, 2)
        with torch.no_grad():
            self._layer.weight.copy_(torch.tensor([[0.5, -0.25, 0.75], [-0.5, 1.0, 0.25]]))
            self._layer.bias.copy_(torch.tensor([0.125, -0.375]))

    def training_step(self, batch, batch_idx):
        return (self._layer(batch) - 1).pow(2).mean()

    def configure_optimizers(self):
        return self._make(self.parameters())


rows = [torch.tensor([((batch * 13 + row * 5 + column * 7) % 11 - 5) / 5 for column in range(3)]) for batch in range(5) for row in range(4)]


def fit(make, epochs, path):
    module = LinearModule(make)
    trainer = pl.Trainer(
        max_epochs=epochs, logger=False, enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, accelerator="cpu")
    trainer.fit(module, torch.utils.data.DataLoader(rows, batch_size=4), ckpt_path=path)
    assert trainer.global_step == 5 * epochs, trainer.global_step
    return trainer, module


def show(name, whose, module):
    print(name, whose, *(repr(value) for tensor in module.parameters() for value in tensor.flatten().tolist()))


folder = sys.argv[1]
for case in sys.argv[2:]:
    name, constructor = case.split("=", 1)
    make = eval("lambda p: torch.optim." + constructor)
    show(name, "ours", fit(make, 2, f"{folder}/{name}/last.ckpt")[1])
    fit(make, 1, None)[0].save_checkpoint(f"{folder}/{name}/theirs.ckpt")
    show(name, "theirs", fit(make, 2, f"{folder}/{name}/theirs.ckpt")[1])
