"""Compiled kernels of the survey search: folding a uniform grid at many periods, scanning folds for boxes.

Only loops over plain arrays live here. All sums are made in a fixed order, so that a result depends on
nothing but the numbers it is made from.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

Singles = NDArray[np.float32]

#: Folds of up to so many rows are summed row by row, longer ones by the fast folding algorithm: for 16 stars
#: that is faster from here on.
DIRECT_ROWS: Final = 24
#: Bins that are summed together: they stay in the nearest cache.
_BLOCK: Final = 2048
#: Parts of a fold that wait for one another: two for each time that the number of rows can be halved.
_DEEPEST: Final = 128
#: Maxima kept side by side.
MAXIMA: Final = 128
#: Maxima may be taken in any order; sums may not.
_MAXIMA: Final[Any] = {"nnan", "nsz", "ninf"}


@njit(cache=True, nogil=True)
def row_shift(row: int, last: int, rows: int) -> int:
    """Shift of one of ``rows`` rows in bins, 0 for the first and ``last`` for the last one, rounded."""
    return (2 * last * row + rows - 1) // (2 * (rows - 1)) if rows > 1 else 0


# Slices, because indices from 0 to a slice's length are seen to be inside it: such loops become vectors.


@njit(cache=True, nogil=True)
def _add(first: Singles, second: Singles, out: Singles) -> None:
    for n in range(out.size):
        out[n] = first[n] + second[n]


@njit(cache=True, nogil=True)
def _merge(head: Singles, tail: Singles, at: int, rows: int, base: int, lanes: int, out: Singles) -> None:
    """Add the transforms of the first and of the last half of some rows, for every total shift."""
    n_head = rows // 2
    n_tail = rows - n_head
    for total in range(rows):
        first = row_shift(total, n_head - 1, rows)
        last = row_shift(total, n_tail - 1, rows)
        shift = (total - last) % base * lanes
        width = base * lanes
        a = at + first * width
        b = at + (n_head + last) * width
        c = at + total * width
        cut = width - shift
        _add(head[a : a + cut], tail[b + shift : b + width], out[c : c + cut])
        _add(head[a + cut : a + width], tail[b : b + shift], out[c + cut : c + width])


@njit(cache=True, nogil=True)
def fast_fold(grid: Singles, rows: int, base: int, lanes: int, out: Singles, scratch: Singles) -> None:
    """Fold rows of ``base`` bins with every total shift from 0 to ``rows - 1``.

    Row ``s`` of the result is the sum of all rows, each shifted to the left by its share of ``s`` and closed
    to a circle (Staelin 1969, Proc. IEEE 57, 724). With ``d = s / (rows - 1)`` bins from row to row, a dip
    comes round the circle in ``base / d`` rows, of which one has no dip: so the result is the fold at a
    period of ``base^2 / (base - d)`` bins.

    Parameters
    ----------
    grid
        Rows one after the other.
    rows, base
        Number of rows and their length in bins.
    lanes
        Stars that are folded together: numbers a bin, those of one bin next to each other.
    out, scratch
        Shape of ``grid``; the result is written to ``out``.
    """
    # Halves are transformed before the whole, one after the other, so that they stay in the cache. By hand:
    # Numba 0.68 cannot store compiled functions that call themselves.
    first, count, depth = (
        np.zeros(_DEEPEST, np.int64),
        np.zeros(_DEEPEST, np.int64),
        np.zeros(_DEEPEST, np.int64),
    )
    is_split = np.zeros(_DEEPEST, np.bool_)
    count[0] = rows
    size = 1
    while size > 0:
        top = size - 1
        at = first[top] * base * lanes
        into, other = (out, scratch) if depth[top] % 2 == 0 else (scratch, out)
        if count[top] == 1:
            into[at : at + base * lanes] = grid[at : at + base * lanes]
            size -= 1
        elif count[top] == 2:
            _merge(grid, grid, at, 2, base, lanes, into)
            size -= 1
        elif is_split[top]:
            _merge(other, other, at, count[top], base, lanes, into)
            size -= 1
        else:
            is_split[top] = True
            half = count[top] // 2
            first[size], count[size] = first[top] + half, count[top] - half
            first[size + 1], count[size + 1] = first[top], half
            for new in (size, size + 1):
                depth[new], is_split[new] = depth[top] + 1, False
            size += 2


@njit(cache=True, nogil=True)
def direct_fold(
    grid: Singles, rows: int, base: int, shift: int, length: int, lanes: int, out: Singles
) -> None:
    """Fold rows of ``base`` bins with one total shift, not closed to a circle.

    Parameters
    ----------
    grid
        At least ``rows * base + length`` bins, zeros behind the data.
    shift
        How far the last row is shifted to the left, bins.
    length
        Bins of the result; with more than ``base`` boxes may reach over its end.
    lanes
        Stars that are folded together: numbers a bin, those of one bin next to each other.
    out
        Where the result is written, from 0 on.
    """
    for begin in range(0, length * lanes, _BLOCK):
        size = min(_BLOCK, length * lanes - begin)
        block = out[begin : begin + size]
        first = grid[begin : begin + size]
        if rows % 2:
            for n in range(size):
                block[n] = first[n]
        else:
            second = grid[begin + (base + row_shift(1, shift, rows)) * lanes :]
            _add(first, second, block)
        for row in range(2 - rows % 2, rows, 2):
            one = grid[begin + (row * base + row_shift(row, shift, rows)) * lanes :]
            two = grid[begin + ((row + 1) * base + row_shift(row + 1, shift, rows)) * lanes :]
            for n in range(size):
                block[n] += one[n] + two[n]


@njit(cache=True, nogil=True)
def running_sum(fold: Singles, at: int, base: int, beyond: int, wider: int, out: Singles) -> None:
    """Sum ``base`` bins of a fold from ``at`` on to each bin, and ``wider`` more from ``beyond`` on."""
    total = np.float32(0.0)
    out[0] = total
    for n in range(base):
        total += fold[at + n]
        out[n + 1] = total
    for n in range(wider):
        total += fold[beyond + n]
        out[base + n + 1] = total


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
    periods: NDArray[np.float64],
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
    periods, power, best_width
        Where the results are written: bins, signal-to-noise ratio, bins.

    Returns
    -------
    int
        Number of trials.
    """
    wider = widths.max()
    folds, folded_weights = np.zeros_like(residual), np.zeros_like(weight)
    scratch = np.zeros_like(residual)
    sums = np.zeros(bases[1] + wider + 1, np.float32)
    weights = np.zeros(bases[1] + wider + 1, np.float32)
    highest = np.zeros(MAXIMA, np.float32)
    counted = found = 0
    for base in range(bases[0], bases[1]):
        rows = -(-n_bins // base)
        if rows < 2:
            break
        is_circle = rows > DIRECT_ROWS
        if is_circle:
            fast_fold(residual, rows, base, 1, folds, scratch)
            fast_fold(weight, rows, base, 1, folded_weights, scratch)
        for shift in range(rows - 1):
            counted += 1
            if counted % every:
                continue
            at = shift * base if is_circle else 0
            beyond = at if is_circle else base
            if not is_circle:
                direct_fold(residual, rows, base, shift, base + wider, 1, folds)
                direct_fold(weight, rows, base, shift, base + wider, 1, folded_weights)
            running_sum(folds, at, base, beyond, wider, sums)
            running_sum(folded_weights, at, base, beyond, wider, weights)
            best = 0.0
            for k in range(widths.size):
                least = least_filled * widths[k] / base
                ratio = np.sqrt(deepest_box(sums, weights, base, widths[k], least, highest)) * scale[k]
                if ratio > best:
                    best = ratio
                    best_width[found] = widths[k]
            drift = shift / (rows - 1)
            periods[found] = base * base / (base - drift) if is_circle else base + drift
            power[found] = best
            found += 1
    return found
