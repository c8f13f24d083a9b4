"""Compiled sums over the transits of a known ephemeris, and over what is between them.

Only loops over one star's plain arrays live here; what the sums mean is said in `boxes` and `folded_boxes`.
An ephemeris is given by period, epoch and duration, in days; arrays have the shape (n,).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from astro_assets.transits.noise_loops import red_noise

Floats = NDArray[np.float64]


@njit(cache=True, nogil=True)
def transit_number(time: float, period: float, epoch: float) -> int:
    """Return the number of the nearest transit."""
    return int(np.floor((time - epoch) / period + 0.5))


@njit(cache=True, nogil=True)
def transit_sums(
    time: Floats, flux: Floats, weight: Floats, period: float, epoch: float, duration: float
) -> Any:
    """Sum over each transit, and over what is farther than 3/4 of a duration from them.

    Returns
    -------
    first : int
        Number of the transit that comes first in the following.
    excess, weights, counts : ndarray, shape (transits,)
        Of each transit, seen or not, the weighted flux above 1, the weight, and the samples.
    outside : ndarray of bool, shape (n,)
        What is far from transits.
    """
    first = transit_number(time[0], period, epoch)
    n_transits = transit_number(time[-1], period, epoch) - first + 1
    excess, weights = np.zeros(n_transits), np.zeros(n_transits)
    counts, outside = np.zeros(n_transits, np.int64), np.zeros(time.size, np.bool_)
    for n in range(time.size):
        number = transit_number(time[n], period, epoch)
        offset = np.abs(time[n] - epoch - number * period)
        if offset < 0.5 * duration:
            excess[number - first] += weight[n] * (flux[n] - 1.0)
            weights[number - first] += weight[n]
            counts[number - first] += 1
        outside[n] = offset >= 0.75 * duration
    return first, excess, weights, counts, outside


@njit(cache=True, nogil=True)
def level_and_noise(
    time: Floats, flux: Floats, weight: Floats, outside: Any, duration: float, least: float
) -> Any:
    """Return mean flux and weight of what is outside of transits, and its red noise over one duration.

    ``least`` is the smallest number of samples of a box that counts.
    """
    chosen = np.flatnonzero(outside)
    times, dips, weights = time[chosen], np.empty(chosen.size), weight[chosen]
    total, excess = 0.0, 0.0
    for n in chosen:
        total += weight[n]
        excess += weight[n] * (flux[n] - 1.0)
    level = 1.0 + excess / total
    for m in range(chosen.size):
        dips[m] = weights[m] * (flux[chosen[m]] - level)
    return level, total, red_noise(times, dips, weights, duration, least)


@njit(cache=True, nogil=True)
def mean_between(
    time: Floats, flux: Floats, weight: Floats, period: float, epoch: float, duration: float
) -> float:
    """Return the mean flux within half a duration of a quarter of the period before and after transits."""
    total, excess = 0.0, 0.0
    for n in range(time.size):
        number = transit_number(time[n], period, epoch)
        if np.abs(np.abs(time[n] - epoch - number * period) - 0.25 * period) < 0.5 * duration:
            total += weight[n]
            excess += weight[n] * (flux[n] - 1.0)
    return 1.0 + excess / total if total > 0.0 else np.nan


@njit(cache=True, nogil=True)
def without_strongest(dips: Floats, weights: Floats) -> float:
    """Return the signal-to-noise ratio without the transit that adds most, scaled as if none were missing.

    White noise counts alone. 0 with less than two transits.
    """
    if dips.size < 2:
        return 0.0
    strongest = int(np.argmax(dips / np.sqrt(weights)))
    total = np.sum(weights)
    rest = total - weights[strongest]
    return (np.sum(dips) - dips[strongest]) / rest * np.sqrt(total)
