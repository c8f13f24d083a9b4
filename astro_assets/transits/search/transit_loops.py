"""Compiled sums over the transits of a known ephemeris, and over what is between them.

Only loops over one star's plain arrays live here; what the sums mean is said in `boxes` and `folded_boxes`.
An ephemeris is given by period, epoch and duration, in days; arrays have the shape (n,).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled
from astro_assets.transits.noise_loops import red_noise

Floats = NDArray[np.float64]


@compiled
def transit_number(time: float, period: float, epoch: float) -> int:
    """Return the number of the nearest transit."""
    return int(np.floor((time - epoch) / period + 0.5))


@compiled
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


@compiled
def level_and_noise(
    time: Floats, flux: Floats, weight: Floats, outside: Any, duration: float, least: float
) -> Any:
    """Return mean flux and weight of what is outside of transits, and its red noise over one duration.

    ``least`` is the smallest number of samples of a box that counts.
    """
    times, dips, weights = np.empty(time.size), np.empty(time.size), np.empty(time.size)
    total, excess, n_outside = 0.0, 0.0, 0
    for n in range(time.size):
        if outside[n]:
            total += weight[n]
            excess += weight[n] * (flux[n] - 1.0)
            times[n_outside], weights[n_outside] = time[n], weight[n]
            dips[n_outside] = weight[n] * (flux[n] - 1.0)
            n_outside += 1
    level = excess / total
    for n in range(n_outside):
        dips[n] -= weights[n] * level
    noise = red_noise(times[:n_outside], dips[:n_outside], weights[:n_outside], duration, least)
    return 1.0 + level, total, noise


@compiled
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


@compiled
def without_strongest(dips: Floats, weights: Floats) -> float:
    """Return the signal-to-noise ratio without the transit that adds most, scaled as if none were missing.

    White noise counts alone. 0 with less than two transits.
    """
    if dips.size < 2:
        return 0.0
    strongest, dip, total = 0, 0.0, 0.0
    for n in range(dips.size):
        dip, total = dip + dips[n], total + weights[n]
        if dips[n] / np.sqrt(weights[n]) > dips[strongest] / np.sqrt(weights[strongest]):
            strongest = n
    return float((dip - dips[strongest]) / (total - weights[strongest]) * np.sqrt(total))
