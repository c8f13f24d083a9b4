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
def box_sums(time: Floats, values: Floats, width: float, apart: float) -> Any:
    """Sum over boxes that start at samples.

    Parameters
    ----------
    time
        Increasing, shape (n,).
    values
        Shape (n,).
    width
        Length of a box, in the unit of ``time``.
    apart
        Least distance from the start of a box to that of the next.

    Returns
    -------
    starts : ndarray of int64, shape (boxes,)
        Where boxes start.
    sums : ndarray of float64, shape (boxes,)
        Sum of the values with ``time[start] <= t < time[start] + width``.
    counts : ndarray of int64, shape (boxes,)
        How many they are.
    """
    starts, sums, counts = (
        np.empty(time.size, np.int64),
        np.empty(time.size),
        np.empty(time.size, np.int64),
    )
    prefix = _prefix(values)
    end, n_boxes, free = 0, 0, -np.inf
    for start in range(time.size):
        if time[start] < free:
            continue
        free = time[start] + apart * (1 - HAIR)
        limit = time[start] + width * (1 - HAIR)
        while end < time.size and time[end] < limit:
            end += 1
        starts[n_boxes], counts[n_boxes] = start, end - start
        sums[n_boxes] = prefix[end] - prefix[start]
        n_boxes += 1
    return starts[:n_boxes], sums[:n_boxes], counts[:n_boxes]


@compiled
def scatter_of_means(time: Floats, flux: Floats, width: float, least: float) -> float:
    """Scatter of the mean fluxes of boxes with at least so many samples; NaN with fewer than 10 boxes."""
    _, sums, counts = box_sums(time, flux - 1.0, width, BOXES_APART * width)
    n_boxes = 0
    for box in range(sums.size):
        if counts[box] >= least:
            sums[n_boxes] = sums[box] / counts[box]
            n_boxes += 1
    return scatter(sums[:n_boxes]) if n_boxes >= FEWEST_BOXES else _NO_SCATTER


@compiled
def red_noise(time: Floats, dips: Floats, weight: Floats, width: float, least: float, apart: float) -> float:
    """Scatter of the signal-to-noise ratios of boxes, at least 1; 1 with fewer than 10 boxes.

    Parameters
    ----------
    time
        Days, increasing, shape (n,).
    dips, weight
        Weighted flux less its mean, and inverse variance of white noise, shape (n,).
    width
        Length of a box, days.
    least
        Samples of the emptiest box that counts.
    apart
        From the start of a box to that of the next, at least, days.
    """
    starts, sums, counts = box_sums(time, dips, width, apart)
    prefix = _prefix(weight)
    n_boxes = 0
    for box in range(starts.size):
        if counts[box] >= least:
            start = starts[box]
            sums[n_boxes] = sums[box] / np.sqrt(prefix[start + counts[box]] - prefix[start])
            n_boxes += 1
    return max(1.0, scatter(sums[:n_boxes])) if n_boxes >= FEWEST_BOXES else 1.0


@compiled
def _prefix(values: Floats) -> Floats:
    prefix = np.empty(values.size + 1)
    prefix[0] = 0.0
    for n in range(values.size):
        prefix[n + 1] = prefix[n] + values[n]
    return prefix
