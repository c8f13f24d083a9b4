"""The networks fitted to light curves: weights of the epoch whose average explains validation curves best.

After each epoch the whole state is written to a folder, from where a training goes on.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor

from astro_assets.learning.training_state import Arrays, TrainingState, load_state, plain, save_state
from astro_assets.xray.autoencoder.batches import Batch, epoch_of, in_order
from astro_assets.xray.autoencoder.losses import (
    Observed,
    divergence,
    free_bits_at,
    kl_weight_at,
    log_likelihood,
    loss_of,
)
from astro_assets.xray.autoencoder.network import Autoencoder
from astro_assets.xray.autoencoder.parts import parts_of
from astro_assets.xray.autoencoder.preparation import N_BANDS, Prepared, prepare
from astro_assets.xray.autoencoder.settings import AutoencoderSettings, Reader
from astro_assets.xray.autoencoder.usage import ACTIVE_VARIANCE
from astro_assets.xray.light_curve import LightCurve

_log = logging.getLogger(__name__)
#: Longest gradient; one bright curve must not throw the others out.
_LONGEST_GRADIENT: Final = 1.0


def fit_network(
    training: Sequence[LightCurve],
    validation: Sequence[LightCurve],
    settings: AutoencoderSettings,
    folder: Path | None = None,
    reader: Reader = "gru",
) -> tuple[Arrays, list[dict[str, float]]]:
    """Fit a network; the same to the bit for the same curves, settings and instruction set.

    Parameters
    ----------
    training, validation
        Curves with counts.
    folder
        Where the state after each epoch is kept. If it holds the state of a training of the same curves and
        settings, that is taken up, and ends as if it had never stopped.
    reader
        What reads the curves.

    Returns
    -------
    weights
        Arrays by name.
    history
        Of each epoch ``loss`` and ``validation_loss`` a bin, ``kl_weight``, ``divergence`` a curve,
        ``active_units`` and ``learning_rate``.

    Raises
    ------
    ResumeError
        If the folder holds the state of another training.
    ValueError
        If there is nothing to fit to or to stop by.
    """
    shown, held_out = ([prepare(curve) for curve in curves] for curves in (training, validation))
    if not shown or not held_out or not all(one.has_counts for one in (*shown, *held_out)):
        raise ValueError("a fit needs light curves with counts, to learn from and to stop by")
    in_part = parts_of(training, settings.seed)
    torch.set_num_threads(1)  # sums depend on their number
    torch.use_deterministic_algorithms(mode=True)
    recipe = _recipe(shown, held_out, settings, reader)
    state = load_state(folder, recipe) if folder is not None else None
    fit = _Fit(shown, settings, state, reader)
    history = list(state.history) if state else []
    best = dict(state.best) if state else {}
    while not _is_finished(history, settings):
        told = fit.epoch(shown, in_part, len(history)) | fit.judged(held_out)
        lowest = min((one["validation_loss"] for one in history), default=math.inf)
        history.append(told)
        _log.info("epoch %d of %d: %s", len(history), settings.epochs, told)
        for name in ("loss", "validation_loss"):
            if not math.isfinite(told[name]):
                raise FloatingPointError(f"the {name} of epoch {len(history)} is {told[name]}")
        if told["validation_loss"] < lowest:
            best = {name: plain(value) for name, value in fit.averaged.items()}
        if folder is not None:
            state = TrainingState.of(fit.network, fit.averaged, fit.adam, history, best)
            save_state(folder, recipe, state)
    return best, history


class _Fit:
    def __init__(
        self,
        training: Sequence[Prepared],
        settings: AutoencoderSettings,
        state: TrainingState | None,
        reader: Reader,
    ) -> None:
        torch.manual_seed(settings.seed)
        self.settings, self.reader = settings, reader
        self.network = Autoencoder(settings.network, reader)
        self.network.begin_at(*_population(training))
        self.adam = torch.optim.AdamW(
            self.network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.averaged = {name: value.clone() for name, value in self.network.state_dict().items()}
        if state is not None:
            self.averaged = state.into(self.network, self.adam)

    def epoch(
        self, training: Sequence[Prepared], in_part: Sequence[Prepared], epoch: int
    ) -> dict[str, float]:
        """Take the steps of an epoch."""
        settings = self.settings
        torch.manual_seed(settings.seed * 100_003 + epoch + 1)  # of dropout and draws of the latent
        self.network.train()
        n_batches = len(range(0, len(training), settings.batch))
        total = bins = 0.0
        for number, batch in enumerate(epoch_of(training, in_part, settings, epoch)):
            done = (epoch + number / n_batches) / settings.epochs
            self.adam.param_groups[0]["lr"] = settings.learning_rate * _one_cycle(done)
            weight, free_bits = kl_weight_at(settings.loss, done), free_bits_at(settings.loss, done)
            likelihood, divergences, _ = _passed(self.network, batch, settings)
            loss = loss_of(likelihood, divergences, batch.is_valid, weight, free_bits)
            self.adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), _LONGEST_GRADIENT)
            self.adam.step()
            self._average(epoch * n_batches + number)
            n_bins = float(batch.is_valid.sum())
            total, bins = total + float(loss.detach()) * n_bins, bins + n_bins
        return {
            "loss": total / bins,
            "kl_weight": kl_weight_at(settings.loss, (epoch + 1) / settings.epochs),
            "learning_rate": float(self.adam.param_groups[0]["lr"]),
        }

    @torch.no_grad()
    def judged(self, validation: Sequence[Prepared]) -> dict[str, float]:
        """Return the bound of validation curves, and which latents are in use, with averaged weights."""
        network = Autoencoder(self.settings.network, self.reader)
        network.load_state_dict(self.averaged)
        network.eval()
        torch.manual_seed(self.settings.seed)
        weight, total, bins = self.settings.loss.kl_weight, 0.0, 0.0
        means, costs = [], []
        for batch in in_order(validation, self.settings.batch):
            likelihood, divergences, mean = _passed(network, batch, self.settings)
            total += float(weight * divergences.sum() - likelihood.sum())
            bins += float(batch.is_valid.sum())
            means.append(mean)
            costs.append(divergences)
        is_active = torch.cat(means).var(dim=0, unbiased=False) > ACTIVE_VARIANCE
        return {
            "validation_loss": total / bins,
            "divergence": float(torch.cat(costs).sum(dim=1).mean()),
            "active_units": float(is_active.sum()),
        }

    def _average(self, step: int) -> None:
        """Let the average follow; it forgets the random beginning sooner than its decay would."""
        kept = min(self.settings.averaging, (1 + step) / (10 + step))
        with torch.no_grad():
            for name, value in self.network.state_dict().items():
                self.averaged[name].lerp_(value, 1 - kept)


def _passed(
    network: Autoencoder, batch: Batch, settings: AutoencoderSettings
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the likelihood of visits at a draw of the latent, its divergences and its means."""
    mean, log_variance = network.encoder(batch.features, batch.summary, batch.lengths)
    latent = mean + (log_variance / 2).exp() * torch.randn_like(mean)
    log_rate, log_scatter = network.decoder(latent, batch.times)
    likelihood = log_likelihood(
        log_rate,
        log_scatter if settings.network.has_scatter else None,
        Observed(batch.counts, batch.exposure_s, batch.background, batch.is_known, batch.visits),
    )
    return likelihood, divergence(mean, log_variance), mean


def _population(training: Sequence[Prepared]) -> tuple[Tensor, float]:
    """Return the mean and the spread of log-rates of the curves, nats."""
    net = np.stack([(curve.counts - curve.background).sum(axis=0) for curve in training]).clip(1.0)
    seconds = np.stack([curve.exposure_s.sum(axis=0) for curve in training])
    known = seconds > 0
    logs = np.log(net / np.where(known, seconds, 1.0))
    means = [logs[known[:, band], band].mean() if known[:, band].any() else 0.0 for band in range(N_BANDS)]
    return torch.tensor(means, dtype=torch.float32), float(max(logs[known].std(), 0.1))


def _is_finished(history: Sequence[dict[str, float]], settings: AutoencoderSettings) -> bool:
    losses = [epoch["validation_loss"] for epoch in history]
    if not losses:
        return False
    # While the weight of the divergence rises, losses of two epochs are not of the same thing.
    rise = settings.loss.rise if settings.loss.schedule == "linear" else 0.0
    since = len(losses) - 1 - max(int(np.argmin(losses)), int(rise * settings.epochs))
    return len(losses) >= settings.epochs or since >= settings.patience


def _recipe(
    training: Sequence[Prepared],
    validation: Sequence[Prepared],
    settings: AutoencoderSettings,
    reader: Reader,
) -> str:
    """Name reader, settings and curves."""
    digest = blake2b(f"{reader} {settings.model_dump_json()}".encode(), digest_size=16)
    for curves in (training, validation):
        digest.update(str(len(curves)).encode())
        for curve in curves:
            for array in (curve.features, curve.counts, curve.exposure_s, curve.background):
                digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _one_cycle(done: float) -> float:
    """Rise over the first 10 %, then fall as a cosine."""
    rising = 0.1
    if done < rising:
        return 0.1 + 0.9 * done / rising
    return 0.005 + 0.995 * 0.5 * (1 + math.cos(math.pi * (done - rising) / (1 - rising)))
