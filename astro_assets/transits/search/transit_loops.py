"""Compiled sums over the transits of a known ephemeris, and over what is between them.

Only loops over one star's plain arrays live here; what the sums mean is said in `boxes` and `folded_boxes`.
An ephemeris is given by period, epoch and duration, in days; arrays have the shape (n,).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled
from astro_assets.transits.noise import BOXES_APART
from astro_assets.transits.noise_loops import red_noise

Floats = NDArray[np.float64]


@compiled
def transits(
    time: Floats, flux: Floats, weight: Floats, period: float, epoch: float, duration: float, least: float
) -> Any:
    """Measure each transit that has at least so many samples, and the rest of the curve.

    Returns
    -------
    numbers : ndarray of int64, shape (transits,)
        Which transits these are; none where nothing is outside of them.
    depth, error : float
        Mean depth below the level and its standard deviation, red noise counted.
    without_strongest : float
        Signal-to-noise ratio without the transit that adds most, scaled as if none were missing.
    dips, weights : ndarray of float64, shape (transits,)
        Weighted depth and weight of each.
    n_points : int
        Samples in them.
    level, noise : float
        Mean flux of what is farther than 3/4 of a duration from transits, and its red noise over one.
    """
    first, excess, weights, counts, outside = transit_sums(time, flux, weight, period, epoch, duration)
    numbers = np.flatnonzero(counts >= least)
    n_outside = int(np.count_nonzero(outside))
    if numbers.size == 0 or n_outside == 0:
        nothing = np.empty(0)
        return numbers[:0], np.nan, np.nan, 0.0, nothing, nothing, 0, np.nan, 1.0
    level, total, noise = _level_and_noise(time, flux, weight, outside, n_outside, duration, least)
    weights = weights[numbers]
    dips = weights * (level - 1.0) - excess[numbers]
    depth, error = dips.sum() / weights.sum(), noise * np.sqrt(1.0 / weights.sum() + 1.0 / total)
    rest = _without_strongest(dips, weights) / noise
    return numbers + first, depth, error, rest, dips, weights, counts[numbers].sum(), level, noise


@compiled
def transit_sums(
    time: Floats, flux: Floats, weight: Floats, period: float, epoch: float, duration: float
) -> Any:
    """Sum over each transit, and tell what is farther than 3/4 of a duration from all.

    Returns
    -------
    first : int
        Number of the transit that comes first in the following.
    excess, weights, counts : ndarray, shape (transits,)
        Of each transit, seen or not, the weighted flux above 1, the weight, and the samples.
    outside : ndarray of bool, shape (n,)
        What is far from transits.
    """
    cycles_a_day = 1.0 / period
    first = int(np.floor((time[0] - epoch) * cycles_a_day + 0.5))
    n_transits = int(np.floor((time[-1] - epoch) * cycles_a_day + 0.5)) - first + 1
    excess, weights = np.zeros(n_transits), np.zeros(n_transits)
    counts, outside = np.zeros(n_transits, np.int64), np.empty(time.size, np.bool_)
    inside = np.empty(time.size, np.bool_)
    # Where samples are is worked out in vectors; few of them are in transits.
    for n in range(time.size):
        number = np.floor((time[n] - epoch) * cycles_a_day + 0.5)
        offset = np.abs(time[n] - epoch - number * period)
        inside[n], outside[n] = offset < 0.5 * duration, offset >= 0.75 * duration
    for n in range(time.size):
        if inside[n]:
            place = int(np.floor((time[n] - epoch) * cycles_a_day + 0.5)) - first
            excess[place] += weight[n] * (flux[n] - 1.0)
            weights[place] += weight[n]
            counts[place] += 1
    return first, excess, weights, counts, outside


@compiled
def _level_and_noise(
    time: Floats, flux: Floats, weight: Floats, chosen: Any, n_chosen: int, duration: float, least: float
) -> Any:
    """Return mean flux and weight of some samples, and their red noise over one duration.

    ``least`` is the smallest number of samples of a box that counts.
    """
    times, excess_before, total_before = (
        np.empty(n_chosen + 1),
        np.empty(n_chosen + 1),
        np.empty(n_chosen + 1),
    )
    total, excess, at = 0.0, 0.0, 0
    for n in range(time.size):
        if chosen[n]:
            times[at], excess_before[at], total_before[at] = time[n], excess, total
            total += weight[n]
            excess += weight[n] * (flux[n] - 1.0)
            at += 1
    excess_before[at], total_before[at] = excess, total
    level, apart = excess / total, BOXES_APART * duration
    noise = red_noise(times[:at], excess_before, total_before, level, duration, least, apart)
    return 1.0 + level, total, noise


@compiled
def mean_between(
    time: Floats, flux: Floats, weight: Floats, period: float, epoch: float, duration: float
) -> float:
    """Return the mean flux within half a duration of a quarter of the period before and after transits."""
    total, excess = 0.0, 0.0
    cycles_a_day = 1.0 / period
    for n in range(time.size):
        number = np.floor((time[n] - epoch) * cycles_a_day + 0.5)
        if np.abs(np.abs(time[n] - epoch - number * period) - 0.25 * period) < 0.5 * duration:
            total += weight[n]
            excess += weight[n] * (flux[n] - 1.0)
    return 1.0 + excess / total if total > 0.0 else np.nan


@compiled
def _without_strongest(dips: Floats, weights: Floats) -> float:
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
