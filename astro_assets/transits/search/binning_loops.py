"""Compiled averages over equal stretches of time; only loops over one star's plain arrays live here."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled

Floats = NDArray[np.float64]


@compiled
def averaged(time: Floats, flux: Floats, weight: Floats, width: float) -> Any:
    """Return mean time, mean flux and weight of each bin that has samples.

    Parameters
    ----------
    time, flux, weight
        Days, increasing; relative flux; inverse variances; shape (n,), n at least 1.
    width
        Length of a bin, days; one begins at time 0.
    """
    inverse = 1.0 / width
    first = math.floor(time[0] * inverse)
    room = int(math.floor(time[-1] * inverse) - first) + 1
    times, fluxes, weights = np.empty(room), np.empty(room), np.empty(room)
    start, end, at = time[0], first + 1.0, 0
    total, times_total, fluxes_total = 0.0, 0.0, 0.0
    for n in range(time.size):
        if time[n] * inverse >= end:
            times[at], fluxes[at], weights[at] = times_total, fluxes_total, total
            total, times_total, fluxes_total = 0.0, 0.0, 0.0
            end, at = math.floor(time[n] * inverse) + 1.0, at + 1
        total += weight[n]
        times_total += weight[n] * (time[n] - start)
        fluxes_total += weight[n] * (flux[n] - 1)
    times[at], fluxes[at], weights[at] = times_total, fluxes_total, total
    weights = weights[: at + 1].copy()
    return start + times[: at + 1] / weights, 1 + fluxes[: at + 1] / weights, weights
