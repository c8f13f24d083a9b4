"""Compiled choice among the peaks of a spectrum; only loops over plain arrays live here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled

Floats = NDArray[np.float64]


@compiled
def distinct(
    periods: Floats, power: Floats, duration: Floats, height: Floats, n_peaks: int, baseline: float
) -> NDArray[np.int64]:
    """Find the highest trials that are different signals; see `peaks`.

    Parameters
    ----------
    periods, power, duration, height
        Of a spectrum, and what is ranked, shape (n,).
    n_peaks
        Most peaks wanted.
    baseline
        Length of the data, days.
    """
    left, chosen = height.copy(), np.empty(n_peaks, np.int64)
    for count in range(n_peaks):
        best, highest = -1, -np.inf
        for n in range(left.size):
            if left[n] > highest:
                best, highest = n, left[n]
        if best < 0 or power[best] <= 0.0:
            return chosen[:count]
        chosen[count] = best
        reach = 2 * duration[best] * periods[best] / baseline
        for n in range(left.size):
            if np.abs(periods[n] - periods[best]) < reach:
                left[n] = -np.inf
    return chosen
