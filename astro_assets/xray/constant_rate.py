"""Sources that do not vary: the probability of counts at a constant rate in each band.

The rate is not known: it is averaged over, with how rates are spread over the sources of a fit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.preparation import N_BANDS, Prepared
from astro_assets.xray.poisson import log_normaliser

Floats = NDArray[np.float64]

_STEPS: Final = 40
#: Nodes of the integral over the rate, and by how many standard deviations they reach.
_NODES, _REACH = 61, 8.0


@dataclass(frozen=True, slots=True)
class ConstantRate:
    """How log-rates are spread over sources, nats: normal in each band, (3,)."""

    mean: Floats
    spread: Floats

    def log_evidence(self, curve: Prepared) -> float:
        """Return the log of the probability of a curve's counts, nats."""
        total = -float(log_normaliser(curve.counts, curve.is_known).sum())
        for band in range(N_BANDS):
            known = curve.is_known[:, band]
            if known.any():
                counts, exposure, background = (
                    one[known, band] for one in (curve.counts, curve.exposure_s, curve.background)
                )
                prior = float(self.mean[band]), float(self.spread[band])
                total += _integral(counts, exposure, background, *prior)
        return total


def fit_constant_rate(curves: Sequence[Prepared]) -> ConstantRate:
    """Measure how log-rates are spread over sources; a band that none has is spread widely."""
    net = np.array([(curve.counts - curve.background).sum(axis=0) for curve in curves])
    seconds = np.array([curve.exposure_s.sum(axis=0) for curve in curves])
    mean, spread = np.zeros(N_BANDS), np.full(N_BANDS, 5.0)
    for band in range(N_BANDS):
        known = seconds[:, band] > 0
        if known.sum() > 1:
            logs = np.log(np.maximum(net[known, band], 0.5) / seconds[known, band])
            mean[band], spread[band] = logs.mean(), max(float(logs.std()), 0.1)
    return ConstantRate(mean, spread)


def most_probable(
    counts: Floats, exposure: Floats, background: Floats, mean: float, spread: float
) -> tuple[float, float]:
    """Return the log-rate of the largest posterior probability and its standard deviation there."""
    log_rate = np.log(max(float((counts - background).sum()), 0.5) / exposure.sum())
    width = spread
    for _ in range(_STEPS):
        source = np.exp(log_rate) * exposure
        all_ = source + background
        slope = float(((counts / np.maximum(all_, 1e-30) - 1) * source).sum()) - (log_rate - mean) / spread**2
        width = 1 / np.sqrt(float((source**2 / np.maximum(all_, 1e-30)).sum()) + spread**-2)
        step = float(np.clip(slope * width**2, -1, 1))
        log_rate += step
        if abs(step) < 1e-8:
            break
    return float(log_rate), float(width)


def _integral(counts: Floats, exposure: Floats, background: Floats, mean: float, spread: float) -> float:
    middle, width = most_probable(counts, exposure, background, mean, spread)
    log_rates = middle + width * np.linspace(-_REACH, _REACH, _NODES)
    all_ = np.maximum(np.exp(log_rates)[:, None] * exposure + background, 1e-30)
    terms = (counts * np.log(all_) - all_).sum(axis=1)
    terms += -0.5 * np.square((log_rates - mean) / spread) - np.log(spread * np.sqrt(2 * np.pi))
    step = 2 * _REACH * width / (_NODES - 1)
    return float(terms.max() + np.log(np.exp(terms - terms.max()).sum() * step))
