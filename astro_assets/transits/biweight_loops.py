"""Compiled loops between the samples of a curve and the grid on which its trend is found.

Only loops live here; the filter itself is in `biweight_lanes`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled

Floats = NDArray[np.float64]


@compiled
def fill_means(time: Floats, flux: Floats, step: float, mean: Floats, count: Floats) -> None:
    """Average the flux, less 1, in bins of time that begin at the first sample.

    Parameters
    ----------
    time, flux
        Days, increasing; relative flux; shape (n,).
    step
        Length of a bin, days.
    mean, count
        Filled here, shape (n_bins,), with enough bins for all samples; empty ones get a mean of 0.
    """
    mean[:] = 0.0
    count[:] = 0.0
    for n in range(time.size):
        place = int((time[n] - time[0]) / step)
        mean[place] += flux[n] - 1
        count[place] += 1
    for place in range(mean.size):
        if count[place] > 0:
            mean[place] /= count[place]


@compiled
def fill_between(time: Floats, step: float, values: Floats, out: Floats) -> None:
    """Interpolate linearly between the middles of such bins; before the first and after the last, its value.

    Parameters
    ----------
    time
        Days, increasing, shape (n,).
    step
        Length of a bin, days.
    values
        Shape (n_bins,).
    out
        Filled here, shape (n,).
    """
    last = values.size - 1
    for n in range(time.size):
        place = min(max((time[n] - time[0]) / step - 0.5, 0.0), float(last))
        before = int(place)
        here, there = values[before], values[min(before + 1, last)]
        out[n] = here + (place - before) * (there - here)
