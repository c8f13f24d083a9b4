"""Compiled noise of boxes: how sums of neighbouring samples scatter over time.

Only loops over one star's plain arrays live here.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled
from astro_assets.transits.median_loops import median
from astro_assets.transits.noise import BOXES_APART, FEWEST_BOXES, HAIR, MAD_TO_SIGMA

Floats = NDArray[np.float64]

_NO_SCATTER: Final = float("nan")
_FEWEST_SAMPLES: Final = 3


@compiled
def scatter(values: Floats) -> float:
    """1.4826 times the median absolute deviation from the median; NaN for no values."""
    if values.size == 0:
        return _NO_SCATTER
    distances, middle = np.empty(values.size), median(values)
    for n in range(values.size):
        distances[n] = abs(values[n] - middle)
    return MAD_TO_SIGMA * median(distances)


@compiled
def point_scatter(flux: Floats) -> float:
    """Noise of one sample from differences of neighbours, NaN below 3 samples."""
    if flux.size < _FEWEST_SAMPLES:
        return _NO_SCATTER
    return float(scatter(flux[1:] - flux[:-1]) / np.sqrt(2.0))


@compiled
def boxes(time: Floats, width: float, apart: float) -> Any:
    """Find boxes that start at samples.

    Parameters
    ----------
    time
        Increasing, shape (n,).
    width
        Length of a box, in the unit of ``time``.
    apart
        Least distance from the start of a box to that of the next.

    Returns
    -------
    starts, ends : ndarray of int64, shape (boxes,)
        The first sample of each, and the first one behind it: those in between have
        ``time[start] <= t < time[start] + width``.
    """
    starts, ends = np.empty(time.size, np.int64), np.empty(time.size, np.int64)
    end, n_boxes, free = 0, 0, -np.inf
    for start in range(time.size):
        if time[start] < free:
            continue
        free = time[start] + apart * (1 - HAIR)
        limit = time[start] + width * (1 - HAIR)
        while end < time.size and time[end] < limit:
            end += 1
        starts[n_boxes], ends[n_boxes] = start, end
        n_boxes += 1
    return starts[:n_boxes], ends[:n_boxes]


@compiled
def scatter_of_means(time: Floats, flux_before: Floats, width: float, least: float) -> float:
    """Scatter of the mean fluxes of boxes with at least so many samples; NaN with fewer than 10 boxes.

    ``flux_before`` are sums over all samples before each, shape (n + 1,).
    """
    starts, ends = boxes(time, width, BOXES_APART * width)
    means, n_boxes = np.empty(starts.size), 0
    for box in range(starts.size):
        count = ends[box] - starts[box]
        if count >= least:
            means[n_boxes] = (flux_before[ends[box]] - flux_before[starts[box]]) / count
            n_boxes += 1
    return scatter(means[:n_boxes]) if n_boxes >= FEWEST_BOXES else _NO_SCATTER


@compiled
def red_noise(
    time: Floats,
    dips_before: Floats,
    weight_before: Floats,
    level: float,
    width: float,
    least: float,
    apart: float,
) -> float:
    """Scatter of the signal-to-noise ratios of boxes, at least 1; 1 with fewer than 10 boxes.

    Parameters
    ----------
    time
        Days, increasing, shape (n,).
    dips_before, weight_before
        Weighted flux, and inverse variance of white noise, summed over all samples before each; shape
        (n + 1,).
    level
        What a box is compared with: this times its weight.
    width
        Length of a box, days.
    least
        Samples of the emptiest box that counts.
    apart
        From the start of a box to that of the next, at least, days.
    """
    starts, ends = boxes(time, width, apart)
    ratios, n_boxes = np.empty(starts.size), 0
    for box in range(starts.size):
        start, end = starts[box], ends[box]
        if end - start >= least:
            weight = weight_before[end] - weight_before[start]
            ratios[n_boxes] = (dips_before[end] - dips_before[start] - level * weight) / np.sqrt(weight)
            n_boxes += 1
    return max(1.0, scatter(ratios[:n_boxes])) if n_boxes >= FEWEST_BOXES else 1.0


@compiled
def sums_before(values: Floats) -> Floats:
    """Sum all values before each, and all of them: shape (n + 1,)."""
    sums = np.empty(values.size + 1)
    sums[0] = 0.0
    for n in range(values.size):
        sums[n + 1] = sums[n] + values[n]
    return sums
