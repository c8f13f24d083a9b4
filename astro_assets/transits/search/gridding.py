"""Compiled: averages of samples in equal bins of time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled

Floats = NDArray[np.float64]


@compiled
def average_bins(
    time: Floats, flux: Floats, own_weight: Floats, step: float, first: int, weight: Floats, mean: Floats
) -> None:
    """Average samples in bins of time, weighted by their inverse variances.

    Parameters
    ----------
    time, flux, own_weight
        Samples with their inverse variances, ``time`` increasing, shape (n,).
    step
        Width of a bin, in units of ``time``; bin 0 begins at time 0.
    first
        Number of the first bin wanted.
    weight, mean
        Zeros, filled here: weights, and mean fluxes less 1, shape (bins,), enough for all samples.
    """
    inverse = 1.0 / step
    for n in range(time.size):
        # Rounding may put a mean of times at an edge just before the first bin or behind the last.
        place = min(max(math.floor(time[n] * inverse) - first, 0), weight.size - 1)
        weight[place] += own_weight[n]
        mean[place] += own_weight[n] * (flux[n] - 1.0)
    for place in range(weight.size):
        if weight[place] > 0.0:
            mean[place] /= weight[place]


@compiled
def fill_coverage(weight: Floats, longest_gap: int, block: int, coverage: Floats) -> None:
    """Tell when a star was observed and how well, without what is its own.

    Parameters
    ----------
    weight
        Of bins, shape (bins,); 0 where nothing is.
    longest_gap
        Gaps of up to so many empty bins count as observed.
    block
        Bins among which the level is the same.
    coverage
        Filled here, shape (bins,): the mean weight of the filled bins of each block over that of all, rounded
        to a power of 2; 0 in long gaps, before the first and after the last filled bin. Its sum is 1.
    """
    typical = _mean_of_filled(weight)
    for start in range(0, weight.size, block):
        mean = _mean_of_filled(weight[start : start + block])
        coverage[start : start + block] = 2.0 ** round(math.log2(mean / typical)) if mean > 0.0 else 1.0
    last = -1
    for n in range(weight.size):
        if weight[n] > 0.0:
            if last < 0 or n - last - 1 > longest_gap:
                coverage[last + 1 : n] = 0.0
            last = n
    coverage[last + 1 :] = 0.0
    covered = 0.0
    for n in range(weight.size):
        covered += coverage[n]
    for n in range(weight.size):
        coverage[n] /= covered


@compiled
def _mean_of_filled(weight: Floats) -> float:
    """Return the mean of what is above 0; 0 where nothing is."""
    total, filled = 0.0, 0
    for n in range(weight.size):
        total += weight[n]
        filled += weight[n] > 0.0
    return total / max(filled, 1)


@compiled
def fill_residuals(weight: Floats, mean: Floats, coverage: Floats, residual: Floats, seen: Floats) -> None:
    """Weight means so that their noise has the variance of the coverage, which is kept where they are.

    Parameters
    ----------
    weight, mean, coverage
        Of bins, shape (bins,).
    residual, seen
        Filled here, shape (bins,).
    """
    total, sum_ = 0.0, 0.0
    for n in range(weight.size):
        residual[n] = np.sqrt(weight[n] * coverage[n])
        seen[n] = coverage[n] if weight[n] > 0.0 else 0.0
        total += residual[n]
        sum_ += residual[n] * mean[n]
    for n in range(weight.size):
        residual[n] *= mean[n] - sum_ / total
