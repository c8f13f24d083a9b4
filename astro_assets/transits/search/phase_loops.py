"""Compiled statistics of a folded curve: a sinusoid through it, and boxes at all of its phases.

Only loops over one star's plain arrays live here; what they mean is said in `folded_boxes`. Transits are at
phase 0: an ephemeris is given by period, epoch and duration, in days; arrays have the shape (n,).
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled
from astro_assets.transits.linear_loops import solved
from astro_assets.transits.median_loops import median

Floats = NDArray[np.float64]

#: Level, and cosine and sine of the period and of half of it.
_TERMS: Final = 5
#: Bins of a period.
_BINS: Final = 512
#: Added to the diagonal, in units of its sum: a sinusoid of which too little is seen stays flat.
_RIDGE: Final = 1e-9


@compiled
def sinusoid_in_transit(
    time: Floats, flux: Floats, weight: Floats, period: float, epoch: float, duration: float
) -> float:
    """Fit level, period and half period outside transits; return the mean of the fit in transits.

    Outside is what is farther than 3/4 of a duration from their middles. Samples are summed in bins of
    phase, too narrow to matter.
    """
    inside, outside, excess = np.zeros(_BINS + 1), np.zeros(_BINS + 1), np.zeros(_BINS + 1)
    cycles_a_day = 1.0 / period
    for n in range(time.size):
        phase = (time[n] - epoch) * cycles_a_day
        phase -= np.floor(phase + 0.5)
        offset, place = np.abs(phase) * period, int((phase + 0.5) * _BINS)
        if offset < 0.5 * duration:
            inside[place] += weight[n]
        elif offset >= 0.75 * duration:
            outside[place] += weight[n]
            excess[place] += weight[n] * (flux[n] - 1.0)
    normal, right, of_transits = np.zeros((_TERMS, _TERMS)), np.zeros(_TERMS), np.zeros(_TERMS)
    terms = np.ones(_TERMS)
    for place in range(_BINS):
        phase = (place + 0.5) / _BINS - 0.5
        cosine, sine = np.cos(2 * np.pi * phase), np.sin(2 * np.pi * phase)
        terms[1], terms[2] = cosine, sine
        terms[3], terms[4] = cosine * cosine - sine * sine, 2 * sine * cosine
        for k in range(_TERMS):
            of_transits[k] += inside[place] * terms[k]
            right[k] += excess[place] * terms[k]
            for m in range(k + 1):
                normal[k, m] += outside[place] * terms[k] * terms[m]
    trace = 0.0
    for k in range(_TERMS):
        normal[:k, k] = normal[k, :k]
        trace += normal[k, k]
    for k in range(_TERMS):
        normal[k, k] += _RIDGE * trace
    mean = 1.0
    coefficients = solved(normal, right)
    for k in range(_TERMS):
        mean += coefficients[k] * of_transits[k] / of_transits[0]
    return mean


@compiled
def phase_scan(
    time: Floats, flux: Floats, weight: Floats, period: float, epoch: float, duration: float, n_boxes: int
) -> Any:
    """Sum boxes at equal distances in phase, away from the transit.

    Boxes are one duration long; the first is centred 1.5 durations after the transit, the last one as much
    before the next. Samples within a duration of a transit do not count.

    Returns
    -------
    dips, weights : ndarray of float64, shape (n_boxes,)
        Weighted flux below the median of what is away from the transit, and weight.
    counts : ndarray of int64, shape (n_boxes,)
        Samples in each box.
    n_away : int
        Samples away from the transit.
    """
    offsets, fluxes, chosen = np.empty(time.size), np.empty(time.size), np.empty(time.size, np.int64)
    n_away = 0
    for n in range(time.size):
        phase = (time[n] - epoch) / period
        since = (phase - np.floor(phase)) * period
        if duration <= since <= period - duration:
            offsets[n_away], fluxes[n_away], chosen[n_away] = since, flux[n], n
            n_away += 1
    dips, weights, counts = np.zeros(n_boxes), np.zeros(n_boxes), np.zeros(n_boxes, np.int64)
    if n_away > 0:
        level = median(fluxes[:n_away])
        distance = (period - 3 * duration) / max(n_boxes - 1, 1)
        for m in range(n_away):
            n = chosen[m]
            # A sample is in all boxes from one that begins to one that ends with it: it is counted where
            # they begin, and taken off behind them.
            first, behind = _boxes_of(offsets[m], duration, distance, n_boxes)
            dip = weight[n] * (level - flux[n])
            if first < behind:
                dips[first] += dip
                weights[first] += weight[n]
                counts[first] += 1
            if first < behind < n_boxes:
                dips[behind] -= dip
                weights[behind] -= weight[n]
                counts[behind] -= 1
    for n in range(1, n_boxes):
        dips[n] += dips[n - 1]
        weights[n] += weights[n - 1]
        counts[n] += counts[n - 1]
    return dips, weights, counts, n_away


@compiled
def _boxes_of(offset: float, duration: float, distance: float, n_boxes: int) -> Any:
    """Return the first box that a sample is in, and one more than the last."""
    if not distance > 0.0:
        return 0, 1 if duration <= offset < 2 * duration else 0
    # Box k takes what is from duration + k * distance on, up to a duration more.
    last = int(np.floor((offset - duration) / distance))
    first = int(np.floor((offset - 2 * duration) / distance)) + 1
    return max(first, 0), min(last + 1, n_boxes)


@compiled
def phase_extremes(
    time: Floats, flux: Floats, weight: Floats, period: float, epoch: float, duration: float, noise: float
) -> Any:
    """Find the deepest and the brightest box away from the transit.

    Boxes are those of :func:`phase_scan` in steps of a sixth of the duration or less; those less than half
    filled do not count. ``noise`` is that of boxes in units of white noise.

    Returns
    -------
    brightening : float
        Signal-to-noise ratio of the brightest box, at least 0.
    depth, phase, snr : float
        Of the deepest box, its phase from 0 to 1; NaN without any.
    """
    room = period - 3 * duration
    n_boxes = max(int(np.ceil(room / (duration / 6))), 1)
    dips, weights, counts, n_away = phase_scan(time, flux, weight, period, epoch, duration, n_boxes)
    least = max(1.0, 0.5 * n_away * duration / period)
    brightening, best = 0.0, -1
    snr = depth = phase = np.nan
    for n in range(n_boxes):
        if counts[n] < least:
            continue
        ratio = dips[n] / np.sqrt(weights[n]) / noise
        brightening = max(brightening, -ratio)
        if best < 0 or ratio > snr:
            best, snr, depth = n, ratio, dips[n] / weights[n]
    if best >= 0:
        phase = (1.5 * duration + best * room / max(n_boxes - 1, 1)) / period
    return brightening, depth, phase, snr
