"""Compiled: what the dips of boxes are multiplied by to be signal-to-noise ratios.

Only loops over weights live here. They are of one grid that all stars share, or of each star's own.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from astro_assets.transits.lanes import (
    LANES,
    add,
    divide,
    load,
    multiply,
    splat,
    square_root,
    store,
    subtract,
    where_above,
)
from astro_assets.transits.search.folding import DIRECT_ROWS, direct_fold, fast_fold

Singles = NDArray[np.float32]
Widths = tuple[int, int, int]
#: Scales that stay in the second-level cache of a core beside the grid of a vector of stars.
_CACHED: Final = 65_536


@njit(cache=True, nogil=True)
def _shared_scales(
    fold: Singles, base: int, beyond: int, widths: Widths, least: Singles, sums: Singles, out: Singles
) -> None:
    """Find the scales of weights that all stars share."""
    one, total = np.float32(1.0), np.float32(0.0)
    wider = max(widths)
    sums[0] = total
    for n in range(base):
        total += fold[n]
        sums[n + 1] = total
    for n in range(wider):
        total += fold[beyond + n]
        sums[base + n + 1] = total
    for k in range(3):
        out[k::3][: widths[k]] = 0
        out[k::3][base + widths[k] :] = 0
        for start in range(base):
            inside = sums[start + widths[k]] - sums[start]
            outside = one - inside
            filled = (inside > least[k]) & (outside > least[k])
            scale = one / np.sqrt(inside * outside if filled else one)
            out[3 * (start + widths[k]) + k] = scale if filled else np.float32(0.0)


@njit(cache=True, nogil=True)
def _own_scales(
    fold: Singles, base: int, beyond: int, widths: Widths, least: Singles, sums: Singles, out: Singles
) -> None:
    """Find the scales of each star's own weights: 16 numbers in place of one."""
    one, zero = splat(np.float32(1.0)), splat(np.float32(0.0))
    total = zero
    store(sums, 0, total)
    for n in range(base + max(widths)):
        at = n if n < base else beyond + n - base
        total = add(total, load(fold, at * LANES))
        store(sums, (n + 1) * LANES, total)
    for end in range(base + max(widths) + 1):
        for k in range(3):
            start = end - widths[k]
            scale = zero
            if 0 <= start < base:
                inside = subtract(load(sums, end * LANES), load(sums, start * LANES))
                outside = subtract(one, inside)
                bound = splat(least[k])
                scale = divide(one, square_root(multiply(inside, outside)))
                scale = where_above(inside, bound, where_above(outside, bound, scale, zero), zero)
            store(out, (3 * end + k) * LANES, scale)


@njit(cache=True, nogil=True)
def set_scales(
    fold: Singles, base: int, beyond: int, widths: Widths, least: Singles, sums: Singles, out: Any
) -> None:
    """Find what the dips of boxes are multiplied by to be signal-to-noise ratios: 1 / sqrt(U (1 - U)).

    Parameters
    ----------
    fold
        Folded weights, one number or 16 a bin.
    base, beyond
        Bins of the fold, and where what follows its end begins.
    widths, least
        Boxes, bins; those with less weight than this, inside or outside, get 0: they are not looked at.
    sums
        Room for running sums, at least ``base + widest + 1``.
    out
        Three scales, one a width, for each bin behind a box: shape (3 * (base + widest + 1),), or with 16
        stars' own weights (3 * (base + widest + 1), 16).
    """
    if out.ndim == 1:
        _shared_scales(fold, base, beyond, widths, least, sums, out)
    else:
        _own_scales(fold, base, beyond, widths, least, sums, out.reshape(-1))


@njit(cache=True, nogil=True)
def last_of_group(n_bins: int, base: int, behind: int, wider: int, every: int, lanes: int) -> tuple[int, int]:
    """Tell how many bases from one on have their scales in a nearby cache together, at least that one.

    Returns
    -------
    end : int
        One more than the last base of the group, at most ``behind``.
    size : int
        Scales of all its trials, or of as many stars.
    """
    size = 0
    end = base
    while end < behind:
        trials = (-(-n_bins // end) - 1) // every + 1
        more = 3 * trials * (end + wider + 1)
        if end > base and (size + more) * lanes > _CACHED:
            break
        size += more
        end += 1
    return end, size


@njit(cache=True, nogil=True)
def room_for_scales(weights: Any, n_scales: int) -> Any:
    """Return room for shared scales, or for those of 16 stars."""
    if weights.ndim == 1:
        return np.zeros(n_scales, np.float32)
    return np.zeros((n_scales, LANES), np.float32)


@njit(cache=True, nogil=True)
def set_scales_of_group(
    weights: Any,
    n_bins: int,
    bases: tuple[int, int],
    counted: int,
    every: int,
    widths: Widths,
    least_filled: float,
    scales: Any,
) -> None:
    """Set the scales of all scanned trials of some bases, one trial after the other.

    Parameters
    ----------
    weights
        One grid, shape (bins,), or the grids of 16 stars, shape (bins, 16).
    bases, counted
        First base and one more than the last; trials of the bases before.
    """
    lanes = 1 if weights.ndim == 1 else LANES
    flat = weights.reshape(-1)
    wider = max(widths)
    folded, scratch = np.zeros(flat.size, np.float32), np.zeros(flat.size, np.float32)
    sums, least = np.zeros((bases[1] + wider + 1) * lanes, np.float32), np.zeros(3, np.float32)
    place = 0
    for base in range(bases[0], bases[1]):
        rows = -(-n_bins // base)
        for k in range(3):
            least[k] = least_filled * widths[k] / base
        is_circle = rows > DIRECT_ROWS
        if is_circle:
            fast_fold(flat, rows, base, lanes, folded, scratch)
        for shift in range(every - 1 - counted % every, rows - 1, every):
            at = shift * base if is_circle else 0
            if not is_circle:
                direct_fold(flat, rows, base, shift, base + wider, lanes, folded)
            part = scales[place : place + 3 * (base + wider + 1)]
            set_scales(folded[at * lanes :], base, 0 if is_circle else base, widths, least, sums, part)
            place += 3 * (base + wider + 1)
        counted += rows - 1
