"""Compiled noise of boxes: how sums of neighbouring samples scatter over time.

Only loops over one star's plain arrays live here.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled
from astro_assets.transits.median_loops import median
from astro_assets.transits.noise import FEWEST_BOXES, HAIR, MAD_TO_SIGMA

Floats = NDArray[np.float64]

_NO_SCATTER: Final = float("nan")


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
def box_sums(time: Floats, values: Floats, width: float) -> Any:
    """Sum over the boxes that start at each sample; see :func:`astro_assets.transits.noise.box_sums`."""
    sums, counts = np.empty(time.size), np.empty(time.size, np.int64)
    prefix = _prefix(values)
    end = 0
    for start in range(time.size):
        limit = time[start] + width * (1 - HAIR)
        while end < time.size and time[end] < limit:
            end += 1
        sums[start], counts[start] = prefix[end] - prefix[start], end - start
    return sums, counts


@compiled
def red_noise(time: Floats, dips: Floats, weight: Floats, width: float, least: float) -> float:
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
    """
    sums, counts = box_sums(time, dips, width)
    prefix = _prefix(weight)
    ratios = np.empty(time.size)
    n_boxes = 0
    for start in range(time.size):
        if counts[start] >= least:
            ratios[n_boxes] = sums[start] / np.sqrt(prefix[start + counts[start]] - prefix[start])
            n_boxes += 1
    return max(1.0, scatter(ratios[:n_boxes])) if n_boxes >= FEWEST_BOXES else 1.0


@compiled
def _prefix(values: Floats) -> Floats:
    prefix = np.empty(values.size + 1)
    prefix[0] = 0.0
    for n in range(values.size):
        prefix[n + 1] = prefix[n] + values[n]
    return prefix
