"""A light curve on a uniform time grid: what a fast search folds.

Gridding and its coarser levels live here; nothing is folded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.noise import robust_scatter
from astro_assets.transits.search.engine import Curve, Floats

#: Boxes with less than this part of the weight of a full one say nothing of the noise.
_LEAST_FILLED = 0.5
_FEWEST_BOXES = 10


@dataclass(frozen=True, slots=True)
class Grid:
    """Weighted residuals and weights, summed in equal bins of time; empty bins are 0.

    With ``w`` the inverse variance of a sample, ``W`` its sum over all samples and ``y`` the flux less its
    weighted mean, a bin holds the sums of ``w y / sqrt(W)`` and of ``w / W``. For sums X and U over any set
    of bins the signal-to-noise ratio of their depth is ``-X / sqrt(U (1 - U))``.

    Parameters
    ----------
    start
        Beginning of the first bin, days.
    step
        Width of a bin, days.
    residual, weight
        Shape (n,).
    """

    start: float
    step: float
    residual: Floats
    weight: Floats

    def coarser(self) -> Grid:
        """Return the grid with bins of twice the width."""
        n = -(-self.residual.size // 2)
        residual, weight = np.zeros(2 * n), np.zeros(2 * n)
        residual[: self.residual.size] = self.residual
        weight[: self.weight.size] = self.weight
        return Grid(
            self.start, 2 * self.step, residual.reshape(n, 2).sum(axis=1), weight.reshape(n, 2).sum(axis=1)
        )

    def red_noise(self, widths: NDArray[np.int64]) -> Floats:
        """Return by how much the noise of boxes exceeds white noise, at least 1, for each width in bins.

        A per-duration combined differential photometric precision: the robust scatter over time of the
        signal-to-noise ratio of boxes (Pont, Zucker & Queloz 2006, MNRAS 373, 231).
        """
        sums = np.concatenate([[0.0], np.cumsum(self.residual)])
        weights = np.concatenate([[0.0], np.cumsum(self.weight)])
        full = float(np.median(self.weight[self.weight > 0], keepdims=False)) if self.weight.any() else 0.0
        factors = np.ones(widths.size)
        for position, width in enumerate(widths):
            box, share = sums[width:] - sums[:-width], weights[width:] - weights[:-width]
            filled = share > _LEAST_FILLED * width * full
            if np.count_nonzero(filled) >= _FEWEST_BOXES:
                factors[position] = max(1.0, robust_scatter(box[filled] / np.sqrt(share[filled])))
        return factors


def gridded(curve: Curve, step_days: float) -> Grid:
    """Sum a curve's samples in equal bins of time.

    Parameters
    ----------
    curve
        Any cadence.
    step_days
        Width of a bin; at least the cadence, or bins stay empty between samples.
    """
    weight = curve.weight
    total = float(weight.sum())
    mean = float(np.sum(weight * curve.flux)) / total
    start = float(curve.time[0]) - 0.5 * min(step_days, curve.cadence_days)
    index = np.floor((curve.time - start) / step_days).astype(np.int64)
    residual = np.bincount(index, weight * (curve.flux - mean)) / np.sqrt(total)
    return Grid(start, step_days, residual, np.bincount(index, weight) / total)
