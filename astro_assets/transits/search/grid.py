"""A light curve on a uniform time grid: what a fast search folds.

Nothing is folded here.
"""

from __future__ import annotations

import math
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


def gridded(curve: Curve, step_days: float) -> Grid:
    """Average a curve's samples in equal bins of time.

    Parameters
    ----------
    curve
        Any cadence.
    step_days
        Width of a bin; at least the cadence, or bins stay empty between samples.
    """
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.gridding import sum_bins

    first, last = (math.floor(curve.time[end] / step_days) for end in (0, -1))
    # A time at the edge of a bin may be in the one beside it.
    room = last - first + 3
    places, sums = np.empty(room, np.int64), np.empty((3, room))
    n_filled = sum_bins(curve.time, curve.flux, curve.flux_err, step_days, places, sums)
    count, weight, dip = sums[:, :n_filled]
    start = int(places[0]) // BLOCK * BLOCK
    filled = places[:n_filled] - start
    n_bins = _rounded_up(int(filled[-1]) + 1)
    full = max(1.0, step_days / curve.cadence_days)
    covered = np.round(np.log2(count / full))
    each = np.log2(weight / count)
    middle = n_filled // 2
    typical = np.partition(each, middle)[middle]
    precise = np.round(_NOISE_STEPS_AN_OCTAVE * (each - typical)) / _NOISE_STEPS_AN_OCTAVE
    rounded = np.exp2(covered + precise)
    mean = dip / weight
    total = float(rounded.sum())
    level = float(np.sum(rounded * mean)) / total
    residual, shares = np.zeros((2, n_bins))
    # The weights keep their sum: it decides how strong a signal of all the data is.
    residual[filled] = rounded * (mean - level) * (np.sqrt(float(weight.sum())) / total)
    shares[filled] = rounded / total
    return Grid(float(start * step_days), step_days, residual, shares)


def _rounded_up(n_bins: int) -> int:
    """Return the length of a grid for so many bins, a multiple of :data:`BLOCK`."""
    unit = max(BLOCK, (1 << (n_bins.bit_length() - 1)) // _LENGTHS_AN_OCTAVE)
    return -(-n_bins // unit) * unit
