"""Compiled box least squares over a few periods: folding one star's samples in phase, scanning for the dip.

Only loops over plain arrays live here; which periods and durations are tried is decided in `refinement`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Boxes with less than this part of all the weight are empty: what is left in them is rounding.
_EMPTY: Final = 1e-11


@njit(cache=True, nogil=True)
def best_box(
    time: Floats, flux: Floats, weight: Floats, periods: Floats, durations: Floats, step: float, start: float
) -> Any:
    """Find the box with the highest signal-to-noise ratio of its depth.

    Parameters
    ----------
    time, flux, weight
        Days; relative flux; inverse variances; shape (n,).
    periods, durations
        What is tried, days.
    step
        Boxes begin at multiples of this from the beginning of the phase, and are as long, days.
    start
        Where phase begins, days.

    Returns
    -------
    ratio, period, middle, duration : float
        Signal-to-noise ratio, 0 without any dip; the box's middle in the cycle that begins at ``start``.
    """
    total, level = _mean(flux, weight)
    widths = np.maximum(1, np.round(durations / step)).astype(np.int64)
    room = int(np.ceil(periods.max() / step)) + widths.max() + 1
    dips, weights = np.empty(room), np.empty(room)
    highest, period, middle, duration = 0.0, np.nan, np.nan, np.nan
    for trial in periods:
        n_bins = int(np.ceil(trial / step))
        _fold(time, flux, weight, level, trial, start, step, n_bins, dips, weights)
        _close(dips, n_bins, widths.max())
        _close(weights, n_bins, widths.max())
        for width in widths:
            squared, first = _deepest(dips, weights, n_bins, width, total)
            if squared > highest:
                highest, period, duration = squared, trial, width * step
                middle = start + (first + 0.5 * width) * step % trial
    return np.sqrt(total * highest), period, middle, duration


@njit(cache=True, nogil=True)
def _mean(flux: Floats, weight: Floats) -> Any:
    """Return the sum of the weights and the weighted mean."""
    total, excess = 0.0, 0.0
    for n in range(flux.size):
        total += weight[n]
        excess += weight[n] * (flux[n] - 1.0)
    return total, 1.0 + excess / total


@njit(cache=True, nogil=True)
def _fold(
    time: Floats,
    flux: Floats,
    weight: Floats,
    level: float,
    period: float,
    start: float,
    step: float,
    n_bins: int,
    dips: Floats,
    weights: Floats,
) -> None:
    """Sum what is below the level, and weights, in bins of phase; bin ``n`` goes to place ``n + 1``."""
    dips[: n_bins + 1] = 0.0
    weights[: n_bins + 1] = 0.0
    for n in range(time.size):
        since = time[n] - start
        since -= period * np.floor(since / period)
        place = min(int(since / step), n_bins - 1) + 1
        dips[place] += weight[n] * (level - flux[n])
        weights[place] += weight[n]


@njit(cache=True, nogil=True)
def _close(sums: Floats, n_bins: int, width: int) -> None:
    """Turn sums of bins into sums from the beginning, and go on over the end of the circle."""
    for n in range(n_bins):
        sums[n + 1] += sums[n]
    for n in range(1, width + 1):
        sums[n_bins + n] = sums[n_bins] + sums[n]


@njit(cache=True, nogil=True)
def _deepest(dips: Floats, weights: Floats, n_bins: int, width: int, total: float) -> Any:
    """Return the square of the highest ratio over the total weight, and the first bin of its box."""
    highest, first = 0.0, -1
    for n in range(n_bins):
        dip, inside = dips[n + width] - dips[n], weights[n + width] - weights[n]
        outside = total - inside
        if dip > 0.0 and dip * dip > highest * inside * outside and min(inside, outside) > _EMPTY * total:
            highest, first = dip * dip / (inside * outside), n
    return highest, first


@njit(cache=True, nogil=True)
def roughly_deepest(
    time: Floats, flux: Floats, weight: Floats, period: float, n_bins: int, width: int
) -> Any:
    """Return the middle in phase, counted from the first sample, of the deepest box of ``width`` bins.

    Depths count in units of their white noise; the level outside is the mean of all samples.
    """
    _, level = _mean(flux, weight)
    dips, weights = np.empty(n_bins + width + 1), np.empty(n_bins + width + 1)
    _fold(time, flux, weight, level, period, time[0], period / n_bins, n_bins, dips, weights)
    _close(dips, n_bins, width)
    _close(weights, n_bins, width)
    highest, first = -np.inf, 0
    for n in range(n_bins):
        inside = weights[n + width] - weights[n]
        if inside > _EMPTY * weights[n_bins]:
            ratio = (dips[n + width] - dips[n]) / np.sqrt(inside)
            if ratio > highest:
                highest, first = ratio, n
    return (first + 0.5 * width) / n_bins
