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
from astro_assets.transits.search.box_scale_lanes import Widths, room_for_scales, set_scales
from astro_assets.transits.search.folding import DIRECT_ROWS, Singles, direct_fold, fast_fold, row_shift

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
    """Scan the sum of rows that begin at given places: a loop for each number of rows."""
    zero = splat(np.float32(0.0))
    start = (zero, zero, zero, zero)
    store(ring, 0, zero)
    if rows == 2:
        return _scan(source, _first(places, 2), 0, length, start, ring, scales, widths)
    if rows == 3:
        return _scan(source, _first(places, 3), 0, length, start, ring, scales, widths)
    if rows == 4:
        return _scan(source, _first(places, 4), 0, length, start, ring, scales, widths)
    if rows == 5:
        return _scan(source, _first(places, 5), 0, length, start, ring, scales, widths)
    if rows == 6:
        return _scan(source, _first(places, 6), 0, length, start, ring, scales, widths)
    if rows == 7:
        return _scan(source, _first(places, 7), 0, length, start, ring, scales, widths)
    if rows == 8:
        return _scan(source, _first(places, 8), 0, length, start, ring, scales, widths)
    if rows == 9:
        return _scan(source, _first(places, 9), 0, length, start, ring, scales, widths)
    if rows == 10:
        return _scan(source, _first(places, 10), 0, length, start, ring, scales, widths)
    if rows == 11:
        return _scan(source, _first(places, 11), 0, length, start, ring, scales, widths)
    return _scan(source, _first(places, 12), 0, length, start, ring, scales, widths)


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
    flat = weights.reshape(-1)
    size = flat.size // lanes * LANES
    wider = max(widths)
    folds, scratch = np.zeros(size, np.float32), np.zeros(size, np.float32)
    folded, sums = np.zeros(flat.size, np.float32), np.zeros((bases[1] + wider + 1) * lanes, np.float32)
    scales = room_for_scales(weights, n_bins, bases, wider, every)
    ring, places, least = (
        np.zeros(RING * LANES, np.float32),
        np.zeros(DIRECT_ROWS, np.int64),
        np.zeros(3, np.float32),
    )
    counted = trial = 0
    for base in range(bases[0], bases[1]):
        rows = -(-n_bins // base)
        if rows < 2:
            break
        length = base + wider
        for k in range(3):
            least[k] = least_filled * widths[k] / base
        is_circle = rows > DIRECT_ROWS
        if is_circle:
            fast_fold(flat, rows, base, lanes, folded, scratch)
        first = every - 1 - counted % every
        for number, shift in enumerate(range(first, rows - 1, every)):
            at = shift * base if is_circle else 0
            if not is_circle:
                direct_fold(flat, rows, base, shift, length, lanes, folded)
            part = scales[3 * number * (length + 1) : 3 * (number + 1) * (length + 1)]
            set_scales(folded[at * lanes :], base, 0 if is_circle else base, widths, least, sums, part)
        for vector in range(residuals.size // size):
            grid = residuals[vector * size : (vector + 1) * size]
            noise = inverse_noise[vector * 3 * LANES : (vector + 1) * 3 * LANES]
            if is_circle:
                head = rows // 2 * base * LANES
                fast_fold(grid, rows // 2, base, LANES, folds, scratch)
                fast_fold(grid[head:], rows - rows // 2, base, LANES, folds[head:], scratch[head:])
            for number, shift in enumerate(range(first, rows - 1, every)):
                part = scales[3 * number * (length + 1) : 3 * (number + 1) * (length + 1)]
                if is_circle:
                    state = _scan_merged(folds, shift, rows, base, length, ring, part, widths)
                else:
                    for row in range(rows):
                        places[row] = (row * base + row_shift(row, shift, rows)) * LANES
                    state = _scan_rows(grid, rows, places, length, ring, part, widths)
                cell = vector * n_cells + cells[trial + number]
                _keep(state, noise, widths, found, 2 * cell * LANES)
        trial += len(range(first, rows - 1, every))
        counted += rows - 1
