"""Compiled medians of the bins of a folded curve; only loops over plain arrays live here."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from astro_assets.transits.median_loops import median

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@njit(cache=True, nogil=True)
def bin_medians(index: Integers, values: Floats, count: Integers) -> Floats:
    """Return the median of the values in each bin, NaN for empty ones.

    Parameters
    ----------
    index, values
        Bin of each value, and the value, shape (n,).
    count
        Values in each bin, shape (n_bins,).
    """
    gathered, place = np.empty(values.size), np.zeros(count.size, np.int64)
    for n in range(1, count.size):
        place[n] = place[n - 1] + count[n - 1]
    for n in range(values.size):
        gathered[place[index[n]]] = values[n]
        place[index[n]] += 1
    medians = np.full(count.size, np.nan)
    for n in range(count.size):
        if count[n] > 0:
            medians[n] = median(gathered[place[n] - count[n] : place[n]])
    return medians
