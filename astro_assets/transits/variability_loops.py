"""Compiled folding of a curve at many trial frequencies; only loops over plain arrays live here."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@njit(cache=True, nogil=True)
def folded(time: Floats, deviation: Floats, weight: Floats, frequencies: Floats, n_bins: int) -> Any:
    """Sum weighted deviations, and weights, in equal bins of phase counted from the first sample.

    Parameters
    ----------
    time, deviation, weight
        Days; flux less its mean; weights; shape (n,).
    frequencies
        Cycles a day, shape (m,).
    n_bins
        Bins of phase.

    Returns
    -------
    sums, weights : ndarray of float64, shape (m, n_bins)
    """
    sums, weights = np.zeros((frequencies.size, n_bins)), np.zeros((frequencies.size, n_bins))
    for m in range(frequencies.size):
        for n in range(time.size):
            cycles = frequencies[m] * (time[n] - time[0])
            place = int((cycles - np.floor(cycles)) * n_bins) % n_bins
            sums[m, place] += weight[n] * deviation[n]
            weights[m, place] += weight[n]
    return sums, weights
