"""Compiled: sums of samples in equal bins of time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled

Floats = NDArray[np.float64]


@compiled
def sum_bins(
    time: Floats, flux: Floats, flux_err: Floats, step: float, places: NDArray[np.int64], sums: Floats
) -> int:
    """Add up samples in bins of time, weighted by their inverse variances.

    Parameters
    ----------
    time, flux, flux_err
        Samples, ``time`` increasing, shape (n,).
    step
        Width of a bin, in units of ``time``; one begins at time 0.
    places
        Room for the number of each bin that has samples, shape (bins,).
    sums
        Room for their numbers of samples, the sums of their weights, and of the weighted fluxes less 1,
        shape (3, bins).

    Returns
    -------
    int
        How many bins have samples.
    """
    inverse = 1.0 / step
    filled = -1
    last = math.nan
    count = weight = dip = 0.0
    for n in range(time.size):
        place = math.floor(time[n] * inverse)
        if place != last:
            if filled >= 0:
                sums[0, filled], sums[1, filled], sums[2, filled] = count, weight, dip
            filled += 1
            places[filled] = int(place)
            last = place
            count = weight = dip = 0.0
        each = 1.0 / (flux_err[n] * flux_err[n])
        count += 1.0
        weight += each
        dip += each * (flux[n] - 1.0)
    sums[0, filled], sums[1, filled], sums[2, filled] = count, weight, dip
    return filled + 1
