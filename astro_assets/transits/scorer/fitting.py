"""One network fitted on the events of some stars, through Lightning.

One event a star and epoch is shown, so that stars with many do not count more. What is kept is the running
average of the weights at the epoch with the best average precision on stars that were not shown.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import lightning.pytorch as pl
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping
from numpy.typing import NDArray
from torch import Tensor
from torch.optim.swa_utils import AveragedModel
from torch.utils.data import DataLoader, IterableDataset

from astro_assets.transits.scorer.augmentation import augmented, deeper
from astro_assets.transits.scorer.classes import CLASSES
from astro_assets.transits.scorer.inputs import Inputs, Layout
from astro_assets.transits.scorer.network import Network, network_of, summarised
from astro_assets.transits.scorer.settings import NetworkSettings

Arrays = dict[str, NDArray[Any]]
#: Events that a network is applied to at once.
_AT_ONCE: Final = 512
#: Stars in a batch at least, and batches in an epoch where there are stars enough.
_SMALLEST_BATCH: Final = 8
_FEWEST_STEPS: Final = 8


@dataclass(frozen=True, slots=True)
class Task:
    """What one network is fitted on.

    Attributes
    ----------
    inputs
        Of all events.
    labels
        Classes each event may be, (n, 5) bool.
    eclipse
        Which are planets or binaries, (n,) bool.
    soft
        Instead of labels the log-odds of a teacher's classes and eclipse, (n, 6); None without a teacher.
    train
        For each training star the positions of its events.
    validation
        Positions of the events that decide when it stops, one a star; may be empty.
    """

    inputs: Inputs
    labels: NDArray[np.bool_]
    eclipse: NDArray[np.bool_]
    train: list[NDArray[np.int64]]
    validation: NDArray[np.int64]
    soft: NDArray[np.float32] | None = None


def fit(
    task: Task, layout: Layout, settings: NetworkSettings, seed: int
) -> tuple[Arrays, list[dict[str, float]]]:
    """Fit a network; the same to the bit for one seed, number of threads and instruction set.

    Returns
    -------
    weights
        Arrays by name.
    history
        Of each epoch the loss, and the average precision on the validation stars.
    """
    torch.set_num_threads(1)  # small batches gain nothing by more, and sums depend on their number
    torch.use_deterministic_algorithms(mode=True)
    torch.manual_seed(seed)
    module = _Fit(task, layout, settings, seed)
    best = _Best()
    callbacks: list[Callback] = [best]
    if task.validation.size:
        callbacks.append(EarlyStopping("validation_ap", mode="max", patience=settings.patience))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Lightning: about workers and loggers that are not wanted
        logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
        trainer = pl.Trainer(
            accelerator="cpu",
            max_epochs=settings.epochs,
            deterministic=True,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            callbacks=callbacks,
            num_sanity_val_steps=0,
        )
        trainer.fit(module, module.batches(), module.held_out())
    return best.weights, best.history


class _Best(Callback):
    """Keeps the averaged weights of the best epoch; of the last without validation stars."""

    def __init__(self) -> None:
        self.weights: Arrays = {}
        self.history: list[dict[str, float]] = []
        self._highest = -np.inf

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        values = {name: float(value) for name, value in trainer.callback_metrics.items()}
        self.history.append(values)
        score = values.get("validation_ap", np.inf)
        if score >= self._highest:
            self._highest = score
            if not isinstance(pl_module, _Fit):
                raise TypeError(f"{type(pl_module).__name__} has no averaged weights")
            averaged = pl_module.average().state_dict()
            self.weights = {name: value.detach().numpy().copy() for name, value in averaged.items()}


class _Batches(IterableDataset[Tensor]):
    """Positions of one event of each star, in an order that the epoch decides."""

    def __init__(self, train: list[NDArray[np.int64]], size: int, seed: int) -> None:
        self.train, self.size, self.seed, self.epoch = train, size, seed, 0

    def __iter__(self) -> Iterator[Tensor]:
        random = np.random.default_rng((self.seed, self.epoch))
        self.epoch += 1
        chosen = np.array([rows[random.integers(rows.size)] for rows in self.train])[
            random.permutation(len(self.train))
        ]
        n_batches = max(1, chosen.size // self.size)
        for batch in np.array_split(chosen, n_batches):
            yield torch.as_tensor(batch)


class _Fit(pl.LightningModule):
    def __init__(self, task: Task, layout: Layout, settings: NetworkSettings, seed: int) -> None:
        super().__init__()
        self.task, self.layout, self.settings, self.seed = task, layout, settings, seed
        self.network = Network(layout, settings)
        _standardise(self.network, task)
        self.averaged = AveragedModel(self.network, avg_fn=_average(settings.averaging), use_buffers=True)
        # Of few stars smaller batches, so that there are steps to learn by.
        self.batch = min(settings.batch, max(_SMALLEST_BATCH, len(task.train) // _FEWEST_STEPS))
        self.generator = torch.Generator().manual_seed(seed)
        self.views = [torch.as_tensor(branch) for branch in task.inputs.branches]
        with torch.no_grad():
            self.scalars = self.network.standardised(torch.as_tensor(task.inputs.scalars))
        self.labels = torch.as_tensor(task.labels, dtype=torch.float32)
        self.eclipse = torch.as_tensor(task.eclipse, dtype=torch.float32)
        self.soft = None if task.soft is None else torch.as_tensor(task.soft)

    def average(self) -> Network:
        """Return the running average of the network."""
        network = self.averaged.module
        if not isinstance(network, Network):
            raise TypeError(f"{type(network).__name__} is no network")
        return network

    def batches(self) -> DataLoader[Tensor]:
        return DataLoader(_Batches(self.task.train, self.batch, self.seed), batch_size=None)

    def held_out(self) -> DataLoader[Any] | None:
        if not self.task.validation.size:
            return None
        return DataLoader([torch.as_tensor(self.task.validation)], batch_size=None)  # type: ignore[arg-type]

    def configure_optimizers(self) -> Any:
        settings = self.settings
        optimizer = torch.optim.AdamW(
            self.network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        n_steps = settings.epochs * max(1, len(self.task.train) // self.batch)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, settings.learning_rate, total_steps=n_steps, pct_start=0.15
        )
        return [optimizer], [{"scheduler": schedule, "interval": "step"}]

    def training_step(self, rows: Tensor, _: int) -> Tensor:
        vary = self.settings.augmentation
        views, scalars = [view[rows] for view in self.views], self.scalars[rows]
        if vary.depth:
            change = (2 * torch.rand(rows.numel(), generator=self.generator) - 1) * vary.depth
            views, scalars = deeper(views, scalars, self.layout, change, self.network.scale)
        if vary.mixup:
            views, scalars = self._mixed(rows, views, scalars)
        views, scalars = augmented(views, scalars, self.layout, vary, self.generator)
        logits = self.network.of_standardised(*views, scalars)
        loss = self._loss(logits, rows)
        self.log("loss", loss, on_step=False, on_epoch=True, batch_size=rows.numel())
        return loss

    def _loss(self, logits: Tensor, rows: Tensor) -> Tensor:
        """Add what the label's classes lack of probability, and what eclipse or not lacks; as logarithms."""
        log_probability = torch.log_softmax(logits[:, :-1], dim=-1)
        labels, eclipse = self.labels[rows], self.eclipse[rows]
        of_classes = -torch.logsumexp(log_probability + torch.log(labels + 1e-9), dim=-1)
        cross_entropy = torch.nn.functional.binary_cross_entropy_with_logits
        of_eclipse = cross_entropy(logits[:, -1], eclipse, reduction="none")
        loss = of_classes + of_eclipse
        if self.soft is not None:
            teacher = self.soft[rows]
            taught = -(torch.exp(teacher[:, :-1]) * log_probability).sum(-1)
            loss = loss + 2 * taught
            loss = loss + 2 * cross_entropy(logits[:, -1], torch.sigmoid(teacher[:, -1]), reduction="none")
        weight = 1 + (self.settings.eclipse_weight - 1) * eclipse
        return (weight * loss).mean()

    def _mixed(self, rows: Tensor, views: list[Tensor], scalars: Tensor) -> tuple[list[Tensor], Tensor]:
        """Mix each example with another of the batch that has the same label."""
        other = torch.randperm(rows.numel(), generator=self.generator)
        labels = self.labels[rows]
        same = (labels == labels[other]).all(-1).to(scalars.dtype)
        share = same * torch.rand(rows.numel(), generator=self.generator) * self.settings.augmentation.mixup
        mixed = [torch.lerp(view, view[other], share.view(-1, 1, 1)) for view in views]
        return mixed, torch.lerp(scalars, scalars[other], share.view(-1, 1))

    def on_train_batch_end(self, *_: Any) -> None:
        self.averaged.update_parameters(self.network)

    def validation_step(self, rows: Tensor, _: int) -> None:
        from sklearn.metrics import average_precision_score

        averaged = self.average().eval()
        score = summarised(averaged.of_standardised(*(view[rows] for view in self.views), self.scalars[rows]))
        truth = self.task.eclipse[rows.numpy()]
        found = average_precision_score(truth, score[:, -1].numpy()) if truth.any() else 0.0
        self.log("validation_ap", float(found), batch_size=rows.numel())


def _average(decay: float) -> Callable[[Tensor, Tensor, Tensor | int], Tensor]:
    """Return a running average that forgets the random beginning sooner than ``decay`` would."""

    def update(average: Tensor, new: Tensor, n_averaged: Tensor | int) -> Tensor:
        n = int(n_averaged)
        kept = min(decay, (1 + n) / (10 + n))
        return kept * average + (1 - kept) * new

    return update


def _standardise(network: Network, task: Task) -> None:
    """Fit the buffers that standardise scalars, on the training events alone."""
    rows = np.concatenate(task.train)
    low, middle, high = np.nanpercentile(task.inputs.scalars[rows], (16, 50, 84), axis=0)
    network.centre.copy_(torch.as_tensor(np.nan_to_num(middle), dtype=torch.float32))
    width = np.nan_to_num((high - low) / 2)
    network.scale.copy_(torch.as_tensor(np.where(width > 0, width, 1), dtype=torch.float32))


def predict(
    weights: Arrays, inputs: Inputs, layout: Layout, settings: NetworkSettings
) -> NDArray[np.float32]:
    """Apply a fitted network, time running both ways.

    Returns
    -------
    ndarray of float32
        Shape (n, 6): log-probabilities of the classes, and the logit of an eclipse.
    """
    torch.set_num_threads(1)
    network = network_of(layout, settings, weights)
    found = np.zeros((len(inputs.scalars), len(CLASSES) + 1), np.float32)
    with torch.no_grad():
        for start in range(0, len(found), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            views = [torch.as_tensor(branch[part]) for branch in inputs.branches]
            scalars = torch.as_tensor(inputs.scalars[part])
            ways = (views, [view.flip(-1) for view in views])
            one, other = (summarised(network(*seen, scalars)) for seen in ways)
            found[part] = ((one + other) / 2).numpy()
    return found
