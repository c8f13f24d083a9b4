"""Compiled kernels of the search of one star: vectors along phase.

Only loops over plain arrays live here. The trials are those of ``batch_folding``.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from astro_assets.transits.search.folding import (
    BEYOND,
    DIRECT_ROWS,
    Singles,
    add_stretches,
    fold_groups,
    stretches,
    table_size,
)

#: Maxima kept side by side.
MAXIMA: Final = 128
#: Maxima may be taken in any order; sums may not.
_MAXIMA: Final[Any] = {"nnan", "nsz", "ninf"}


@njit(cache=True, nogil=True)
def running_sum(fold: Singles, length: int, out: Singles) -> None:
    """Sum a fold to each bin; ``out`` is one longer."""
    total = np.float32(0.0)
    out[0] = total
    for n in range(length):
        total += fold[n]
        out[n + 1] = total


# Slices, because indices from 0 to a slice's length are seen to be inside it: such loops become vectors.
# Without NumPy's rule for division the loop would have to stop at the first zero.
@njit(cache=True, nogil=True, fastmath=_MAXIMA, error_model="numpy")
def deepest_box(
    sums: Singles, weights: Singles, base: int, width: int, least: float, highest: Singles
) -> np.float32:
    """Square of the highest signal-to-noise ratio of a dip among all boxes of one width.

    Parameters
    ----------
    sums, weights
        Running sums of the folded residuals and weights.
    base, width
        Bins of the fold and of the box.
    least
        Boxes with less weight, inside or outside, are not looked at.
    highest
        Room for the maxima of every so many bins, shape (:data:`MAXIMA`,).
    """
    one, nothing, low = np.float32(1.0), np.float32(0.0), np.float32(least)
    for n in range(MAXIMA):
        highest[n] = nothing
    for begin in range(0, base, MAXIMA):
        size = min(MAXIMA, base - begin)
        after = begin + width
        sum_before, sum_after = sums[begin : begin + size], sums[after : after + size]
        weight_before, weight_after = weights[begin : begin + size], weights[after : after + size]
        for n in range(size):
            dip = sum_before[n] - sum_after[n]
            share = weight_after[n] - weight_before[n]
            squared = dip * dip / (share * (one - share))
            squared = squared if dip > nothing else nothing
            squared = squared if (share > low) & (one - share > low) else nothing
            highest[n] = max(highest[n], squared)
    best = nothing
    for n in range(MAXIMA):
        best = max(best, highest[n])
    return best


@njit(cache=True, nogil=True)
def search_level(
    residual: Singles,
    weight: Singles,
    n_bins: int,
    bases: tuple[int, int],
    widths: NDArray[np.int64],
    scale: NDArray[np.float64],
    least_filled: float,
    every: int,
    power: NDArray[np.float64],
    best_width: NDArray[np.int64],
) -> int:
    """Search one level of a grid at all its trial periods.

    A base period of ``p`` whole bins and the ``M`` rows that the data have at it make ``M - 1`` trial
    periods, from ``p`` to ``p + 1`` bins: from one to the next, the last row moves by one bin.

    Parameters
    ----------
    residual, weight
        The level, with zeros behind its ``n_bins`` bins: twice the longest base period and the widest box.
    bases
        Shortest base period, and one more than the longest.
    widths
        Boxes tried, bins.
    scale
        What the ratio of each width is multiplied by: one over its red noise.
    least_filled
        Boxes with less than this part of their mean weight are not looked at.
    every
        Of the trial periods only each ``every``-th is scanned.
    power, best_width
        Where the results are written: signal-to-noise ratio, bins.

    Returns
    -------
    int
        Number of trials scanned.
    """
    wider = widths.max()
    size = table_size(n_bins, bases, wider)
    tables, weight_tables = np.zeros(size, np.float32), np.zeros(size, np.float32)
    scratch, places = np.zeros(size, np.float32), np.zeros(DIRECT_ROWS, np.int64)
    longest = bases[1] + wider
    fold, folded_weight = np.zeros(longest + BEYOND, np.float32), np.zeros(longest + BEYOND, np.float32)
    sums, weights = np.zeros(longest + 1, np.float32), np.zeros(longest + 1, np.float32)
    highest = np.zeros(MAXIMA, np.float32)
    counted = found = 0
    for base in range(bases[0], bases[1]):
        rows = -(-n_bins // base)
        if rows < 2:
            break
        is_grouped = rows > DIRECT_ROWS
        if is_grouped:
            fold_groups(residual, rows, base, wider, 1, places, tables, scratch)
            fold_groups(weight, rows, base, wider, 1, places, weight_tables, scratch)
        for shift in range(every - 1 - counted % every, rows - 1, every):
            count = stretches(rows, base, wider, shift, 1, places)
            length = base + wider
            add_stretches(tables if is_grouped else residual, places, count, length, fold, 0)
            add_stretches(weight_tables if is_grouped else weight, places, count, length, folded_weight, 0)
            running_sum(fold, length, sums)
            running_sum(folded_weight, length, weights)
            best = 0.0
            for k in range(widths.size):
                least = least_filled * widths[k] / base
                ratio = np.sqrt(deepest_box(sums, weights, base, widths[k], least, highest)) * scale[k]
                if ratio > best:
                    best = ratio
                    best_width[found] = widths[k]
            power[found] = best
            found += 1
        counted += rows - 1
    return found
