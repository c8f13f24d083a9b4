"""The network fitted on simulated scenes, through Lightning.

What is kept is the running average of the weights at the epoch with the best average precision on validation
scenes. After each epoch the whole state is written to a folder, from where a training goes on.
"""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback
from numpy.typing import NDArray
from torch import Tensor
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, IterableDataset

from astro_assets.images.segmentation.losses import loss_of, planes
from astro_assets.images.segmentation.network import SegmentationNetwork
from astro_assets.images.segmentation.scene_sets import Example, TrainingScenes, example_of
from astro_assets.images.segmentation.settings import SegmentationSettings
from astro_assets.learning.metrics import average_precision
from astro_assets.learning.training_state import TrainingState, load_state, save_state

Arrays = dict[str, NDArray[Any]]
_log = logging.getLogger(__name__)


def fit_network(
    settings: SegmentationSettings, folder: Path | None = None
) -> tuple[Arrays, list[dict[str, float]]]:
    """Fit a network; the same to the bit for the same settings, number of threads and instruction set.

    Parameters
    ----------
    folder
        Where the state after each epoch is kept. If it holds the state of a training with the same settings,
        that is taken up, and ends as if it had never stopped.

    Returns
    -------
    weights
        Arrays by name.
    history
        Of each epoch the loss, the average precision of wanted pixels on validation scenes, the learning
        rate.
    """
    torch.set_num_threads(1)  # sums depend on their number
    torch.use_deterministic_algorithms(mode=True)
    torch.manual_seed(settings.seed)
    module = _Fit(settings)
    state = load_state(folder, settings.model_dump_json()) if folder is not None else None
    if state is not None:
        module.restore(state)
    keeper = _Keeper(folder, settings, state)
    if keeper.is_finished():
        return keeper.best, keeper.history
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Lightning: about workers and loggers that are not wanted
        logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
        trainer = pl.Trainer(
            accelerator="cpu",
            max_epochs=settings.epochs - len(keeper.history),
            deterministic=True,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=[keeper],
            num_sanity_val_steps=0,
        )
        trainer.fit(module, module.batches(), module.held_out())
    return keeper.best, keeper.history


class _Keeper(Callback):
    """Keeps the averaged weights of the best epoch, writes the state, and stops when nothing gets better."""

    def __init__(
        self, folder: Path | None, settings: SegmentationSettings, state: TrainingState | None
    ) -> None:
        self.folder, self.settings = folder, settings
        self.history = list(state.history) if state else []
        self.best: Arrays = dict(state.best) if state else {}

    def is_finished(self) -> bool:
        scores = [epoch["validation_ap"] for epoch in self.history]
        if not scores:
            return False
        since = len(scores) - 1 - int(np.argmax(scores))
        return len(scores) >= self.settings.epochs or since >= self.settings.patience

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        if not isinstance(pl_module, _Fit):
            raise TypeError(f"{type(pl_module).__name__} has no averaged weights")
        values = {name: float(value) for name, value in trainer.callback_metrics.items()}
        highest = max((epoch["validation_ap"] for epoch in self.history), default=-math.inf)
        self.history.append(values)
        _log.info("epoch %d of %d: loss %.4f", len(self.history), self.settings.epochs, values["loss"])
        pl_module.epoch += 1
        if values["validation_ap"] > highest:
            self.best = _arrays(pl_module.average())
        if self.folder is not None:
            save_state(self.folder, self.settings.model_dump_json(), pl_module.state(self.history, self.best))
        trainer.should_stop = self.is_finished()


class _Batches(IterableDataset[tuple[Tensor, Tensor, Tensor]]):
    """The batches of the epoch that the module is in."""

    def __init__(self, module: _Fit) -> None:
        self.module = module
        self.scenes = TrainingScenes(module.settings)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
        for examples in self.scenes.batches(self.module.epoch):
            yield _tensors(examples)


class _Fit(pl.LightningModule):
    def __init__(self, settings: SegmentationSettings) -> None:
        super().__init__()
        self.settings = settings
        self.network = SegmentationNetwork(settings.network).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = AveragedModel(self.network, avg_fn=_average(settings.averaging), use_buffers=True)
        self.adam = torch.optim.AdamW(
            self.network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.epoch = 0
        self.n_batches = TrainingScenes(settings).n_batches()
        self.validation = [
            _tensors([example_of(settings, "validation", number)])
            for number in range(settings.validation_scenes)
        ]
        self._scores: list[NDArray[np.float32]] = []
        self._truths: list[NDArray[np.bool_]] = []

    def average(self) -> SegmentationNetwork:
        """Return the running average of the network."""
        network = self.averaged.module
        if not isinstance(network, SegmentationNetwork):
            raise TypeError(f"{type(network).__name__} is no network")
        return network

    def state(self, history: list[dict[str, float]], best: Arrays) -> TrainingState:
        """Return all that a training needs to go on."""
        return TrainingState.of(self.network, self.averaged.state_dict(), self.adam, history, best)

    def restore(self, state: TrainingState) -> None:
        """Go on from a state."""
        self.averaged.load_state_dict(state.into(self.network, self.adam))
        self.epoch = len(state.history)

    def batches(self) -> DataLoader[Any]:
        return DataLoader(_Batches(self), batch_size=None)

    def held_out(self) -> DataLoader[Any]:
        return DataLoader(self.validation, batch_size=None)  # type: ignore[arg-type]

    def configure_optimizers(self) -> Any:
        return self.adam

    def on_train_batch_start(self, _: Any, batch_idx: int) -> None:
        rate = self.settings.learning_rate * _one_cycle(
            (self.epoch * self.n_batches + batch_idx) / (self.settings.epochs * self.n_batches)
        )
        for group in self.adam.param_groups:
            group["lr"] = rate

    def training_step(self, batch: tuple[Tensor, Tensor, Tensor], _: int) -> Tensor:
        inputs, truth, weight = batch
        loss = loss_of(self.network(inputs), truth, weight, self.settings.loss)
        self.log("loss", loss, on_step=False, on_epoch=True, batch_size=len(inputs))
        return loss

    def on_train_batch_end(self, *_: Any) -> None:
        self.averaged.update_parameters(self.network)

    def validation_step(self, batch: tuple[Tensor, Tensor, Tensor], _: int) -> None:
        inputs, truth, weight = batch
        found = self.average().eval()(inputs)
        counted = weight > 0
        self._scores.append(found[:, -1][counted].numpy())
        self._truths.append(truth[:, -1][counted].numpy() > 0)

    def on_validation_epoch_end(self) -> None:
        scores, truths = np.concatenate(self._scores), np.concatenate(self._truths)
        self._scores, self._truths = [], []
        found = average_precision(truths, scores) if truths.any() else 0.0
        self.log("validation_ap", found)
        self.log("learning_rate", float(self.adam.param_groups[0]["lr"]))


def _tensors(examples: list[Example]) -> tuple[Tensor, Tensor, Tensor]:
    inputs = torch.as_tensor(np.stack([example.inputs for example in examples]))
    masks = np.stack([example.target.masks for example in examples])
    weight = torch.as_tensor(np.stack([example.target.weight for example in examples]))
    return inputs.contiguous(memory_format=torch.channels_last), torch.as_tensor(planes(masks)), weight


def _arrays(network: SegmentationNetwork) -> Arrays:
    return {name: value.detach().numpy().copy() for name, value in network.state_dict().items()}


def _one_cycle(done: float) -> float:
    """Rise over the first 15 %, then fall as a cosine."""
    rising = 0.15
    if done < rising:
        return 0.04 + 0.96 * done / rising
    return 0.001 + 0.999 * 0.5 * (1 + math.cos(math.pi * (done - rising) / (1 - rising)))


def _average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """Return a running average that forgets the random beginning sooner than ``decay`` would."""

    def update(average: Tensor, new: Tensor, n_averaged: Tensor | int) -> Tensor:
        n = int(n_averaged)
        kept = min(decay, (1 + n) / (10 + n))
        return kept * average + (1 - kept) * new

    return update
