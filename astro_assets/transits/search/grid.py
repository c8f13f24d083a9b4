"""A light curve on a uniform time grid: what a fast search folds.

Gridding and its coarser levels live here; nothing is folded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.transits.search.engine import Curve, Floats

#: Grids begin at multiples of so many bins, counted from time 0, and have at least so many: those of stars
#: that were observed together fit together. A power of 2, so that bins can be doubled.
BLOCK: Final = 64
#: Their lengths are rounded up to one of so many within a factor of 2.
_LENGTHS_AN_OCTAVE: Final = 16
#: Weights are rounded: the part of a bin that is covered to powers of 2, the weight of its samples to powers
#: of the square root of 2. Those of stars that were observed together are mostly equal then.
_NOISE_STEPS_AN_OCTAVE: Final = 2


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
    n_bins = _rounded_up(int(place[-1] + 1 - first))
    index, weights = place - first, curve.weight
    count, weight = np.bincount(index, minlength=n_bins), np.bincount(index, weights, n_bins)
    filled = count > 0
    sums = np.bincount(index, weights * (curve.flux - 1), n_bins)
    mean = np.divide(sums, weight, out=np.zeros(n_bins), where=filled)
    full = max(1.0, step_days / curve.cadence_days)
    typical = float(np.median(weights))
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


def _rounded_up(n_bins: int) -> int:
    """Return the length of a grid for so many bins, a multiple of :data:`BLOCK`."""
    unit = max(BLOCK, (1 << (n_bins.bit_length() - 1)) // _LENGTHS_AN_OCTAVE)
    return -(-n_bins // unit) * unit
