"""A light curve on a uniform time grid: what a fast search folds.

Nothing is folded here.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.transits.search.engine import Curve, Floats

#: Grids begin at multiples of so many bins, counted from time 0, and have at least so many: those of stars
#: that were observed together fit together. A power of 2, so that bins can be doubled.
BLOCK: Final = 128
#: Their lengths are rounded up to one of so many within a factor of 2.
_LENGTHS_AN_OCTAVE: Final = 16
#: Gaps up to this, days, are no part of the coverage: each star has its own.
_LONGEST_GAP: Final = 0.5


@dataclass(frozen=True, slots=True)
class Bins:
    """Means of a curve in equal bins of time.

    Parameters
    ----------
    first
        Number of the first bin; bin 0 begins at time 0.
    step
        Width of a bin, days.
    weight, mean
        Inverse variances, 0 where nothing is, and mean fluxes less 1, shape (n,).
    """

    first: int
    step: float
    weight: Floats
    mean: Floats

    @property
    def start(self) -> float:
        """Beginning of the first bin, days."""
        return self.first * self.step


@dataclass(frozen=True, slots=True)
class Grid:
    """Weighted residuals of equal bins of time and their coverage; empty bins are 0.

    With ``w`` the inverse variance of a bin, ``y`` the mean flux in it less the mean of all, and ``u`` its
    coverage, a bin holds ``y sqrt(w u)``, whose variance is ``u`` in white noise. For sums X and U over any
    set of bins, ``-X / sqrt(U (1 - U))`` is the signal-to-noise ratio of their depth: exactly where coverage
    is in proportion to the weights, and never with more noise elsewhere.

    Parameters
    ----------
    step
        Width of a bin, days.
    residual, coverage
        Shape (n,). Coverage adds up to 1.
    seen
        Coverage of the bins that are not empty, shape (n,).
    """

    step: float
    residual: Floats
    coverage: Floats
    seen: Floats


def binned_means(curve: Curve, step_days: float, whole: Curve | None = None) -> Bins:
    """Average a curve's samples in equal bins of time, as many as it takes, rounded up.

    Parameters
    ----------
    curve
        Any cadence, at least one sample.
    step_days
        Width of a bin; at least the cadence, or bins stay empty between samples.
    whole
        What ``curve`` is a part of: bins begin and end with it.
    """
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.gridding import average_bins

    time = curve.time if whole is None else whole.time
    begin, end = (math.floor(time[side] * (1 / step_days)) for side in (0, -1))
    first = begin // BLOCK * BLOCK
    weight, mean = np.zeros((2, _rounded_up(end - first + 1)))
    average_bins(curve.time, curve.flux, curve.weight, step_days, first, weight, mean)
    return Bins(first, step_days, weight, mean)


def gridded(curve: Curve, step_days: float, whole: Curve | None = None) -> Grid:
    """Make the grid of a curve; its coverage is that of all the star's data, where some is masked.

    Coverage is that of a star that knows of no small gaps and of no small differences in noise, so that stars
    that were observed together mostly have the same.

    Parameters
    ----------
    curve, step_days, whole
        As of :func:`binned_means`.
    """
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.gridding import fill_coverage, fill_residuals

    bins = binned_means(curve, step_days, whole)
    weight = bins.weight if whole is None else binned_means(whole, step_days).weight
    coverage = np.empty(weight.size)
    fill_coverage(weight, math.floor(_LONGEST_GAP / step_days), BLOCK, coverage)
    residual, seen = np.empty((2, weight.size))
    fill_residuals(bins.weight, bins.mean, coverage, residual, seen)
    return Grid(step_days, residual, coverage, seen)


def by_coverage(grids: Sequence[Grid]) -> list[list[int]]:
    """Return which grids have equal coverage."""
    alike: dict[bytes, list[int]] = defaultdict(list)
    for number, grid in enumerate(grids):
        alike[grid.coverage.tobytes()].append(number)
    return list(alike.values())


def _rounded_up(n_bins: int) -> int:
    """Return the length of a grid for so many bins, a multiple of :data:`BLOCK`."""
    unit = max(BLOCK, (1 << (n_bins.bit_length() - 1)) // _LENGTHS_AN_OCTAVE)
    return -(-n_bins // unit) * unit
