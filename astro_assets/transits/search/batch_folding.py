"""Compiled kernels of the survey search for 16 stars at once: fold uniform grids, scan the folds for boxes.

The same sums in the same order as in ``folding``, a star a lane. Weights are either one grid that all stars
share, or each star's own; a star's result is the same to the bit either way. Only loops live here.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from astro_assets.transits.lanes import (
    LANES,
    add,
    load,
    load_sum,
    maximum,
    multiply,
    splat,
    store,
    subtract,
    where_above,
)
from astro_assets.transits.search.box_scale_lanes import (
    Widths,
    last_of_group,
    set_scales_of_group,
)
from astro_assets.transits.search.folding import DIRECT_ROWS, Singles, fast_fold, row_shift

#: The first so many of an array as a tuple; Numba's functions are called without their first argument.
_first: Final[Any] = to_fixed_tuple
#: Running sums that are kept: a power of 2 beyond the widest box.
RING: Final = 32
_LAST: Final = RING - 1


@njit(cache=True, nogil=True)
def _scale(scales: Any, at: int) -> Any:
    """Return one scale for all lanes, or a scale for each."""
    if scales.ndim == 1:
        return splat(scales[at])
    return load(scales, at * LANES)


# Three maxima are handled by name, not in a loop: only so do they stay in registers.


@njit(cache=True, nogil=True)
def _scan(
    source: Any, offsets: Any, begin: int, end: int, state: Any, ring: Any, scales: Any, widths: Any
) -> Any:
    """Sum rows bin by bin, and keep the highest ratio of each width."""
    total, narrow, middle, wide = state
    for n in range(begin, end):
        total = add(total, load_sum(source, n * LANES, offsets))
        here = n + 1
        store(ring, (here & _LAST) * LANES, total)
        dip = subtract(load(ring, ((here - widths[0]) & _LAST) * LANES), total)
        narrow = maximum(multiply(dip, _scale(scales, 3 * here)), narrow)
        dip = subtract(load(ring, ((here - widths[1]) & _LAST) * LANES), total)
        middle = maximum(multiply(dip, _scale(scales, 3 * here + 1)), middle)
        dip = subtract(load(ring, ((here - widths[2]) & _LAST) * LANES), total)
        wide = maximum(multiply(dip, _scale(scales, 3 * here + 2)), wide)
    return total, narrow, middle, wide


@njit(cache=True, nogil=True)
def _scan_rows(source: Any, rows: int, places: Any, length: int, ring: Any, scales: Any, widths: Any) -> Any:
    """Scan the sum of the last ``rows`` of some places: a loop for each of these numbers of rows.

    The first places are of rows of zeros, which change no sum and stand for numbers without a loop.
    """
    zero = splat(np.float32(0.0))
    start = (zero, zero, zero, zero)
    store(ring, 0, zero)
    if rows <= 2:
        return _scan(source, _first(places[DIRECT_ROWS - 2 :], 2), 0, length, start, ring, scales, widths)
    if rows <= 3:
        return _scan(source, _first(places[DIRECT_ROWS - 3 :], 3), 0, length, start, ring, scales, widths)
    if rows <= 4:
        return _scan(source, _first(places[DIRECT_ROWS - 4 :], 4), 0, length, start, ring, scales, widths)
    if rows <= 5:
        return _scan(source, _first(places[DIRECT_ROWS - 5 :], 5), 0, length, start, ring, scales, widths)
    if rows <= 6:
        return _scan(source, _first(places[DIRECT_ROWS - 6 :], 6), 0, length, start, ring, scales, widths)
    if rows <= 8:
        return _scan(source, _first(places[DIRECT_ROWS - 8 :], 8), 0, length, start, ring, scales, widths)
    if rows <= 10:
        return _scan(source, _first(places[DIRECT_ROWS - 10 :], 10), 0, length, start, ring, scales, widths)
    if rows <= 12:
        return _scan(source, _first(places[DIRECT_ROWS - 12 :], 12), 0, length, start, ring, scales, widths)
    if rows <= 16:
        return _scan(source, _first(places[DIRECT_ROWS - 16 :], 16), 0, length, start, ring, scales, widths)
    if rows <= 20:
        return _scan(source, _first(places[DIRECT_ROWS - 20 :], 20), 0, length, start, ring, scales, widths)
    return _scan(source, _first(places, 24), 0, length, start, ring, scales, widths)


@njit(cache=True, nogil=True)
def _scan_merged(
    halves: Any, shift: int, rows: int, base: int, length: int, ring: Any, scales: Any, widths: Any
) -> Any:
    """Scan one row of a fast fold, the sum of a row of either half, closed to a circle.

    The last step of ``fast_fold``, which adds all rows, done for one row while it is scanned.
    """
    zero = splat(np.float32(0.0))
    store(ring, 0, zero)
    n_head = rows // 2
    last = row_shift(shift, rows - n_head - 1, rows)
    head = row_shift(shift, n_head - 1, rows) * base
    turn = (shift - last) % base
    tail = (n_head + last) * base + turn
    state = (zero, zero, zero, zero)
    begin = 0
    # The tail comes round where the circle closes, then the head, then the tail again.
    for end, at_head, at_tail in (
        (base - turn, head, tail),
        (base, head, tail - base),
        (2 * base - turn, head - base, tail - base),
        (length, head - base, tail - 2 * base),
    ):
        until = min(end, length)
        offsets = (at_head * LANES, at_tail * LANES)
        state = _scan(halves, offsets, begin, until, state, ring, scales, widths)
        begin = max(begin, until)
    return state


@njit(cache=True, nogil=True)
def _keep(state: Any, inverse_noise: Any, widths: Any, found: Any, at: int) -> None:
    """Divide each width's maximum by its noise, and keep the highest in a cell of the spectrum."""
    _, narrow, middle, wide = state
    best, width = load(found, at), load(found, at + LANES)
    for k, ratio in enumerate((narrow, middle, wide)):
        new = multiply(ratio, load(inverse_noise, k * LANES))
        width = where_above(new, best, splat(np.float32(widths[k])), width)
        best = maximum(new, best)
    store(found, at, best)
    store(found, at + LANES, width)


@njit(cache=True, nogil=True)
def search_block(
    residuals: Singles,
    weights: Any,
    n_bins: int,
    bases: tuple[int, int],
    widths: Widths,
    inverse_noise: Singles,
    least_filled: float,
    every: int,
    cells: NDArray[np.int64],
    n_cells: int,
    found: Singles,
) -> None:
    """Search one level of the grids of some vectors of stars at all its trial periods.

    The trials are those of :func:`astro_assets.transits.search.folding.search_level`.

    Parameters
    ----------
    residuals
        Vectors one after the other, each (bins, 16), with zeros behind the ``n_bins`` bins of the data: twice
        the longest base and the widest box.
    weights
        One grid for all stars, shape (bins,), or a grid for each star of one vector, shape (bins, 16).
    bases, widths, least_filled, every
        As there; three widths.
    inverse_noise
        What the ratios are multiplied by: (3, 16) for each vector.
    cells, n_cells
        Cell of the spectrum of each scanned trial, and the number of cells.
    found
        Spectra, vector after vector, each (n_cells, 2, 16): the highest ratio and its width, bins. Raised to
        what is found.
    """
    lanes = 1 if weights.ndim == 1 else LANES
    size = weights.size // lanes * LANES
    wider = max(widths)
    folds, scratch = np.zeros(size, np.float32), np.zeros(size, np.float32)
    ring, places = np.zeros(RING * LANES, np.float32), np.zeros(DIRECT_ROWS, np.int64)
    # From so many bins on there are less than two rows.
    behind = min(bases[1], n_bins)
    counted = trial = 0
    base = bases[0]
    while base < behind:
        # A group of bases has its scales in the cache; then a vector is read once for all of them.
        end, n_scales = last_of_group(n_bins, base, behind, wider, every, lanes)
        scales = (
            np.zeros(n_scales, np.float32) if weights.ndim == 1 else np.zeros((n_scales, LANES), np.float32)
        )
        set_scales_of_group(weights, n_bins, (base, end), counted, every, widths, least_filled, scales)
        done = counted_there = 0
        for vector in range(residuals.size // size):
            done, counted_there = _search_group(
                residuals[vector * size : (vector + 1) * size],
                n_bins,
                (base, end),
                counted,
                every,
                widths,
                scales,
                inverse_noise[vector * 3 * LANES : (vector + 1) * 3 * LANES],
                cells[trial:],
                found[2 * vector * n_cells * LANES : 2 * (vector + 1) * n_cells * LANES],
                (folds, scratch, ring, places),
            )
        base, trial, counted = end, trial + done, counted_there


@njit(cache=True, nogil=True)
def _search_group(
    grid: Any,
    n_bins: int,
    bases: tuple[int, int],
    counted: int,
    every: int,
    widths: Any,
    scales: Any,
    noise: Any,
    cells: Any,
    found: Any,
    room: Any,
) -> tuple[int, int]:
    """Search one vector at all trials of some bases; return how many were scanned, how many are behind."""
    folds, scratch, ring, places = room
    wider = max(widths)
    number = at = 0
    for base in range(bases[0], bases[1]):
        rows = -(-n_bins // base)
        length = base + wider
        is_circle = rows > DIRECT_ROWS
        if is_circle:
            head = rows // 2 * base * LANES
            fast_fold(grid, rows // 2, base, LANES, folds, scratch)
            fast_fold(grid[head:], rows - rows // 2, base, LANES, folds[head:], scratch[head:])
        for shift in range(every - 1 - counted % every, rows - 1, every):
            part = scales[at : at + 3 * (length + 1)]
            if is_circle:
                state = _scan_merged(folds, shift, rows, base, length, ring, part, widths)
            else:
                places[: DIRECT_ROWS - rows] = n_bins * LANES
                for row in range(rows):
                    place = row * base + row_shift(row, shift, rows)
                    places[DIRECT_ROWS - rows + row] = place * LANES
                state = _scan_rows(grid, rows, places, length, ring, part, widths)
            _keep(state, noise, widths, found, 2 * cells[number] * LANES)
            number += 1
            at += 3 * (length + 1)
        counted += rows - 1
    return number, counted
