"""Compiled loops of the folded views: which bin a sample falls into, and medians of bins.

Only loops live here; what the views are is in `fold`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]


@compiled
def fill_views(
    time: Floats, ephemeris: tuple[float, float], secondary: float, width: float, sizes: Any, out: Integers
) -> None:
    """Find the bin of each sample in each view; -1 outside of it.

    Parameters
    ----------
    time
        Days, shape (n,).
    ephemeris
        Period and time of phase 0, days.
    secondary
        Phase at which the last view is centred.
    width
        Width of all views but the first, in cycles; that of the first is 1.
    sizes
        Bins of the first view and of each other.
    out
        Bins in the views global, local, odd, even and secondary, shape (5, n).
    """
    period, epoch = ephemeris
    n_global, n_local = sizes
    for n in range(time.size):
        cycles = (time[n] - epoch) / period
        number = np.floor(cycles + 0.5)
        phase = cycles - number
        shifted = cycles - secondary + 0.5
        shifted = shifted - np.floor(shifted) - 0.5
        near = _bin(phase, width, n_local)
        is_odd = number - 2 * np.floor(number / 2) == 1
        out[0, n] = _bin(phase, 1.0, n_global)
        out[1, n] = near
        out[2, n] = near if is_odd else -1
        out[3, n] = -1 if is_odd else near
        out[4, n] = _bin(shifted, width, n_local)


@compiled
def _bin(phase: float, width: float, n_bins: int) -> Any:
    place = np.floor((phase / width + 0.5) * n_bins)
    return int(place) if 0 <= place < n_bins else -1


@compiled
def fill_statistics(
    index: Any, values: Floats, median: Floats, distance: Floats, count: NDArray[np.int64]
) -> None:
    """Find median, median absolute deviation and count of the values in each bin, by a counting sort.

    Parameters
    ----------
    index
        Bin of each value, shape (n,); what is outside of the bins is left out.
    values
        Finite, shape (n,).
    median, distance, count
        Filled here, shape (n_bins,): the former two NaN where there are no values.
    """
    n_bins = count.size
    begin = np.zeros(n_bins + 1, np.int64)
    for n in range(index.size):
        if 0 <= index[n] < n_bins:
            begin[index[n] + 1] += 1
    for place in range(n_bins):
        count[place] = begin[place + 1]
        begin[place + 1] += begin[place]
    in_bins, filled = np.empty(begin[n_bins]), begin[:n_bins].copy()
    for n in range(index.size):
        if 0 <= index[n] < n_bins:
            in_bins[filled[index[n]]] = values[n]
            filled[index[n]] += 1
    for place in range(n_bins):
        some = in_bins[begin[place] : begin[place + 1]]
        median[place] = _median(some)
        for n in range(some.size):
            some[n] = abs(some[n] - median[place])
        distance[place] = _median(some)


@compiled
def _median(values: Floats) -> Any:
    """Return the median of values, whose order is changed; NaN of none."""
    if values.size == 0:
        return np.nan
    middle = values.size // 2
    _put_in_place(values, middle)
    high = low = values[middle]
    if values.size % 2 == 0:
        low = values[0]
        for n in range(1, middle):
            low = max(low, values[n])
    return 0.5 * (low + high)


@compiled
def _put_in_place(values: Floats, rank: int) -> None:
    """Exchange values until that of a rank is at its place, smaller ones before it (Hoare 1961)."""
    first, end = 0, values.size
    while end - first > 1:
        left, middle, right = values[first], values[(first + end) // 2], values[end - 1]
        pivot = max(min(left, middle), min(max(left, middle), right))
        split = _split(values, first, end, pivot)
        if split == first:  # nothing is smaller than the pivot: part from its equals what is larger
            split = _split(values, first, end, np.nextafter(pivot, np.inf))
            if rank < split:
                return
        if rank < split:
            end = split
        else:
            first = split


@compiled
def _split(values: Floats, first: int, end: int, bound: float) -> Any:
    """Put values below a bound before the others, exchanging always: no processor could guess whether."""
    split = first
    for n in range(first, end):
        value = values[n]
        values[n] = values[split]
        values[split] = value
        split += value < bound
    return split
