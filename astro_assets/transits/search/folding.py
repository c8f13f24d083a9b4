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
from astro_assets.transits.lanes import LANES, load, load_sum, store

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
#: Groups that wait for one another: seven more for each time that their number of rows can be divided by 8.
_DEEPEST: Final = 80
#: Bins of 16 stars that are folded at all shifts while they are in the second-level cache.
BLOCK: Final = 512
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
    """Find the stretches whose sum is a fold: of the grid, or of the tables of :func:`fold_groups`.

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
def _add(source: Singles, offsets: Any, begin: int, end: int, out: Singles, at: int) -> None:
    for n in range(begin, end, LANES):
        store(out, at + n, load_sum(source, n, offsets))


@compiled
def add_stretches(
    source: Singles, places: Places, count: int, begin: int, end: int, out: Singles, at: int
) -> None:
    """Add numbers ``begin`` to ``end`` of the first ``count`` of some stretches: a loop for each count.

    They are written to ``out`` from ``at + begin`` on. Up to :data:`BEYOND` more are read of each and
    written.
    """
    if count == 2:
        _add(source, first_of(places, 2), begin, end, out, at)
    elif count == 3:
        _add(source, first_of(places, 3), begin, end, out, at)
    elif count == 4:
        _add(source, first_of(places, 4), begin, end, out, at)
    elif count == 5:
        _add(source, first_of(places, 5), begin, end, out, at)
    elif count == 6:
        _add(source, first_of(places, 6), begin, end, out, at)
    elif count == 7:
        _add(source, first_of(places, 7), begin, end, out, at)
    elif count == 8:
        _add(source, first_of(places, 8), begin, end, out, at)
    elif count == 9:
        _add(source, first_of(places, 9), begin, end, out, at)
    elif count == 10:
        _add(source, first_of(places, 10), begin, end, out, at)
    elif count == 11:
        _add(source, first_of(places, 11), begin, end, out, at)
    elif count == 12:
        _add(source, first_of(places, 12), begin, end, out, at)
    elif count == 13:
        _add(source, first_of(places, 13), begin, end, out, at)
    elif count == 14:
        _add(source, first_of(places, 14), begin, end, out, at)
    elif count == 15:
        _add(source, first_of(places, 15), begin, end, out, at)
    else:
        _add(source, first_of(places, DIRECT_ROWS), begin, end, out, at)


@compiled
def _go_on(out: Singles, at: int, around: int, size: int) -> None:
    """Let a circle go on behind its end: read from where it began, in vectors if that is far enough away."""
    if around >= LANES:
        for n in range(at, at + size, LANES):
            store(out, n + around, load(out, n))
    else:
        for n in range(at, at + size):
            out[n + around] = out[n]


@compiled
def _set_table(
    source: Singles,
    node: tuple[int, int, int],
    base: int,
    wider: int,
    lanes: int,
    places: Places,
    out: Singles,
) -> None:
    """Fold a group of rows at every shift: few rows from the grid, more from the tables of their groups."""
    first, rows, reach = node
    around, block = base * lanes, BLOCK * LANES
    for begin in range(0, around, block):
        for shift in range(rows):
            if rows <= LEAF_ROWS:
                count = row_places(first, rows, base, shift, lanes, places)
            else:
                count = group_places(first, rows, base, wider, shift, lanes, places)
            at = (first + shift) * stride(base, wider) * lanes
            add_stretches(source, places, count, begin, min(begin + block, around), out, at)
    for shift in range(rows):
        # The circle goes on, as far as whoever reads the fold begins later.
        _go_on(out, (first + shift) * stride(base, wider) * lanes, around, reach * lanes)


@compiled
def fold_groups(
    grid: Singles,
    rows: int,
    base: int,
    wider: int,
    lanes: int,
    places: Places,
    tables: Singles,
    scratch: Singles,
) -> None:
    """Fold groups of rows of ``base`` bins with every shift that a group can have within itself.

    A fold is closed to a circle: with ``d`` bins from row to row, a dip comes round the circle in ``base /
    d`` rows, of which one has no dip. So the fold with a total shift of ``d (rows - 1)`` is that at a period
    of ``base^2 / (base - d)`` bins.

    Parameters
    ----------
    grid
        Rows one after the other, and at least a row and :data:`BEYOND` of zeros behind them.
    rows, base, wider, lanes
        As in :func:`stretches`; more rows than :data:`DIRECT_ROWS`.
    places
        Room for stretches.
    tables, scratch
        Room for :func:`table_size` numbers; the result is written to ``tables``, fold after fold.
    """
    # Parts are folded before the whole, one after the other, so that they stay in the cache. By hand: Numba
    # cannot store compiled functions that call themselves.
    nodes = np.zeros((_DEEPEST, 4), np.int64)
    is_split = np.zeros(_DEEPEST, np.bool_)
    size = _split(0, rows, min(rows, base) + wider, 0, nodes, is_split, 0)
    while size > 0:
        first, count, reach, depth = nodes[size - 1]
        into, other = (tables, scratch) if depth % 2 == 0 else (scratch, tables)
        if count <= LEAF_ROWS:
            _set_table(grid, (first, count, reach), base, wider, lanes, places, into)
            size -= 1
        elif is_split[size - 1]:
            _set_table(other, (first, count, reach), base, wider, lanes, places, into)
            size -= 1
        else:
            is_split[size - 1] = True
            size = _split(first, count, min(count, base), depth + 1, nodes, is_split, size)


@compiled
def _split(first: int, rows: int, reach: int, depth: int, nodes: Any, is_split: Any, size: int) -> int:
    """Put the groups of some rows on the stack; return how many are on it."""
    groups = groups_of(rows)
    for group in range(groups):
        start, end = group * rows // groups, (group + 1) * rows // groups
        nodes[size, 0], nodes[size, 1] = first + start, end - start
        nodes[size, 2], nodes[size, 3] = reach, depth
        is_split[size] = False
        size += 1
    return size


@compiled
def table_size(n_bins: int, bases: tuple[int, int], wider: int) -> int:
    """Bins of the largest table of some bases."""
    largest = 0
    for base in range(bases[0], bases[1]):
        rows = -(-n_bins // base)
        if rows > DIRECT_ROWS:
            largest = max(largest, rows * stride(base, wider))
    return largest + BEYOND
