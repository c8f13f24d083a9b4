"""A light curve on a uniform time grid: what a fast search folds.

Gridding and its coarser levels live here; nothing is folded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.noise import robust_scatter
from astro_assets.transits.search.engine import Curve, Floats

#: Grids begin and end at multiples of so many bins, counted from time 0: those of stars that were observed
#: together fit together. A power of 2, so that bins can be doubled.
BLOCK: Final = 64
#: Weights are rounded: the part of a bin that is covered to powers of 2, the weight of its samples to powers
#: of the square root of 2. Those of stars that were observed together are mostly equal then.
_NOISE_STEPS_AN_OCTAVE: Final = 2
#: Boxes with less than this part of the weight of a full one say nothing of the noise.
_LEAST_FILLED: Final = 0.5
_FEWEST_BOXES: Final = 10


@dataclass(frozen=True, slots=True)
class Grid:
    """Weighted residuals and weights of equal bins of time; empty bins are 0.

    With ``w`` the weight of a bin, ``W`` the sum of all and ``y`` the mean flux in it less the mean of all, a
    bin holds ``w y / sqrt(W)`` and ``w / W``. For sums X and U over any set of bins the signal-to-noise ratio
    of their depth is ``-X / sqrt(U (1 - U))``, as far as weights are inverse variances.

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
        """Return the grid with bins of twice the width; their number must be even."""
        residual, weight = (values.reshape(-1, 2).sum(axis=1) for values in (self.residual, self.weight))
        return Grid(self.start, 2 * self.step, residual, weight)

    def red_noise(self, widths: Sequence[int] | NDArray[np.int64]) -> Floats:
        """Return by how much the noise of boxes exceeds white noise, at least 1, for each width in bins.

        A per-duration combined differential photometric precision: the robust scatter over time of the
        signal-to-noise ratio of boxes (Pont, Zucker & Queloz 2006, MNRAS 373, 231).
        """
        sums = np.concatenate([[0.0], np.cumsum(self.residual)])
        weights = np.concatenate([[0.0], np.cumsum(self.weight)])
        full = float(np.median(self.weight[self.weight > 0], keepdims=False)) if self.weight.any() else 0.0
        factors = np.ones(len(widths))
        for position, width in enumerate(widths):
            box, share = sums[width:] - sums[:-width], weights[width:] - weights[:-width]
            filled = share > _LEAST_FILLED * width * full
            if np.count_nonzero(filled) >= _FEWEST_BOXES:
                factors[position] = max(1.0, robust_scatter(box[filled] / np.sqrt(share[filled])))
        return factors


def gridded(curve: Curve, step_days: float) -> Grid:
    """Average a curve's samples in equal bins of time.

    Parameters
    ----------
    curve
        Any cadence.
    step_days
        Width of a bin; at least the cadence, or bins stay empty between samples.
    """
    place = np.floor(curve.time / step_days).astype(np.int64)
    first = place[0] // BLOCK * BLOCK
    n_bins = int(-(-(place[-1] + 1 - first) // BLOCK) * BLOCK)
    index = place - first
    count, weight = np.bincount(index, minlength=n_bins), np.bincount(index, curve.weight, n_bins)
    filled = count > 0
    sums = np.bincount(index, curve.weight * (curve.flux - 1), n_bins)
    mean = np.divide(sums, weight, out=np.zeros(n_bins), where=filled)
    full = max(1.0, step_days / curve.cadence_days)
    typical = float(np.median(curve.weight))
    covered = np.round(np.log2(count[filled] / full))
    precise = np.log2(weight[filled] / count[filled] / typical)
    precise = np.round(_NOISE_STEPS_AN_OCTAVE * precise) / _NOISE_STEPS_AN_OCTAVE
    rounded = np.zeros(n_bins)
    rounded[filled] = 2.0 ** (covered + precise)
    total = float(rounded.sum())
    level = float(np.sum(rounded * mean)) / total
    # The weights keep their sum: it decides how strong a signal of all the data is.
    residual = rounded * (mean - level) * np.sqrt(float(weight.sum())) / total
    return Grid(float(first * step_days), step_days, residual, rounded / total)
