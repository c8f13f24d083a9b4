"""Compiled: folding a uniform grid of time as sums of stretches of it, or of groups of its rows.

Only loops over plain arrays live here. All sums are made in a fixed order, so that a result depends on
nothing but the numbers it is made from.

A fold of few rows is the sum of as many stretches of the grid. Of more rows it is the sum of up to 8
stretches of *tables*, each with the folds of an eighth of the rows at every shift that these can have among
themselves, which are made of those of eighths in turn: the fast folding algorithm (Staelin 1969, Proc. IEEE
57, 724) in steps of 8 instead of 2, since a sum of 8 is written to memory once.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba.np.unsafe.ndarray import to_fixed_tuple
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled
from astro_assets.transits.lanes import LANES, load_sum, numbers, store

Singles = NDArray[np.float32]
Places = NDArray[np.int64]

#: Folds of up to so many rows are summed row by row.
DIRECT_ROWS: Final = 16
#: Groups of up to so many rows, too.
LEAF_ROWS: Final = 8
#: Groups that rows are split into: few of up to so many rows.
_FEW_ROWS: Final = 22
_FEW_GROUPS: Final = 4
_MANY_GROUPS: Final = 8
#: Vectors of a block of as many bins as stretches are summed: it stays in the first-level cache while it is
#: folded at all shifts, which moves it by a few bins at a time.
_CACHED: Final = 384
_SHORTEST_BLOCK: Final = 24
#: Numbers read or written beyond the end of a stretch, at most.
BEYOND: Final = LANES

#: The first so many of an array as a tuple; Numba's functions are called without their first argument.
first_of: Final[Any] = to_fixed_tuple


@compiled
def row_shift(row: int, last: int, rows: int) -> int:
    """Shift of one of ``rows`` rows in bins, 0 for the first and ``last`` for the last one, rounded."""
    return int(row * (last / (rows - 1)) + 0.5) if rows > 1 else 0


@compiled
def stride(base: int, wider: int) -> int:
    """Bins from one fold of a table to the next: twice around the circle, the widest box, and some beyond."""
    return base + max(base, LANES) + wider + BEYOND


@compiled
def groups_of(rows: int) -> int:
    """Into how many groups rows are split."""
    return _FEW_GROUPS if rows <= _FEW_ROWS else _MANY_GROUPS


@compiled
def row_places(first: int, rows: int, base: int, shift: int, lanes: int, places: Places) -> int:
    """Find the stretches of the grid that are the rows of a fold."""
    for row in range(rows):
        places[row] = ((first + row) * base + row_shift(row, shift, rows)) * lanes
    return rows


@compiled
def group_places(first: int, rows: int, base: int, wider: int, shift: int, lanes: int, places: Places) -> int:
    """Find the stretches of the tables of groups that are the parts of a fold."""
    groups = groups_of(rows)
    length = stride(base, wider)
    for group in range(groups):
        start, end = group * rows // groups, (group + 1) * rows // groups
        turn = row_shift(start, shift, rows)
        inner = row_shift(end - 1, shift, rows) - turn
        places[group] = ((first + start + inner) * length + turn % base) * lanes
    return groups


@compiled
def stretches(rows: int, base: int, wider: int, shift: int, lanes: int, places: Places) -> int:
    """Find the stretches whose sum is a fold: of the grid, or of the tables of ``group_folding``.

    Parameters
    ----------
    rows, base
        Number of rows and their length in bins.
    wider
        Bins of a fold beyond its end, so that boxes may reach over it.
    shift
        How far the last row is shifted to the left, bins.
    lanes
        Stars that are folded together: numbers a bin, those of one bin next to each other.
    places
        Room for where they begin.

    Returns
    -------
    int
        How many there are.
    """
    if rows <= DIRECT_ROWS:
        return row_places(0, rows, base, shift, lanes, places)
    return group_places(0, rows, base, wider, shift, lanes, places)


@compiled
def block_size(count: int) -> int:
    """Return how many vectors of ``count`` stretches are summed at all shifts, one after the other."""
    return max(_CACHED // count, _SHORTEST_BLOCK)


@compiled
def _add(
    source: Singles,
    places: Places,
    like: Any,
    folds: int,
    part: tuple[int, int],
    out: Singles,
    at: int,
    further: int,
) -> None:
    begin, end = part
    for fold in range(folds):
        offsets = numbers(places, fold * DIRECT_ROWS, like)
        for n in range(begin, end, LANES):
            store(out, at + n, load_sum(source, n, offsets))
        at += further


@compiled
def add_stretches(
    source: Singles,
    places: Places,
    count: int,
    folds: int,
    part: tuple[int, int],
    out: Singles,
    at: int,
    further: int,
) -> None:
    """Add the stretches of some folds: a loop for each number of stretches, since these are in registers.

    Parameters
    ----------
    source
        Where the stretches lie.
    places, count
        Where they begin: the first ``count`` of each :data:`DIRECT_ROWS` numbers are those of a fold.
    folds
        How many.
    part
        The first of their numbers that is added, and one more than the last. Up to :data:`BEYOND` more are
        read and written.
    out, at, further
        Number ``n`` of the first fold is written to ``out[at + n]``, that of each other one ``further`` on.
    """
    if count == 2:
        _add(source, places, first_of(places, 2), folds, part, out, at, further)
    elif count == 3:
        _add(source, places, first_of(places, 3), folds, part, out, at, further)
    elif count == 4:
        _add(source, places, first_of(places, 4), folds, part, out, at, further)
    elif count == 5:
        _add(source, places, first_of(places, 5), folds, part, out, at, further)
    elif count == 6:
        _add(source, places, first_of(places, 6), folds, part, out, at, further)
    elif count == 7:
        _add(source, places, first_of(places, 7), folds, part, out, at, further)
    elif count == 8:
        _add(source, places, first_of(places, 8), folds, part, out, at, further)
    elif count == 9:
        _add(source, places, first_of(places, 9), folds, part, out, at, further)
    elif count == 10:
        _add(source, places, first_of(places, 10), folds, part, out, at, further)
    elif count == 11:
        _add(source, places, first_of(places, 11), folds, part, out, at, further)
    elif count == 12:
        _add(source, places, first_of(places, 12), folds, part, out, at, further)
    elif count == 13:
        _add(source, places, first_of(places, 13), folds, part, out, at, further)
    elif count == 14:
        _add(source, places, first_of(places, 14), folds, part, out, at, further)
    elif count == 15:
        _add(source, places, first_of(places, 15), folds, part, out, at, further)
    else:
        _add(source, places, first_of(places, DIRECT_ROWS), folds, part, out, at, further)


@compiled
def table_size(n_bins: int, bases: tuple[int, int], wider: int) -> int:
    """Bins of the largest table of some bases."""
    largest = 0
    for base in range(bases[0], bases[1]):
        rows = -(-n_bins // base)
        if rows > DIRECT_ROWS:
            largest = max(largest, rows * stride(base, wider))
    return largest + BEYOND
