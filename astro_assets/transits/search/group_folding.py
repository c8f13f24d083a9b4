"""Compiled: tables of the folds of groups of rows at every shift that these can have among themselves.

Only the order in which groups are folded lives here: parts before the whole they are of, in the caches. What
is summed is found in ``folding``.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from astro_assets.transits.compiled import compiled
from astro_assets.transits.lanes import LANES, load, store
from astro_assets.transits.search.folding import (
    DIRECT_ROWS,
    LEAF_ROWS,
    Places,
    Singles,
    add_stretches,
    block_size,
    group_places,
    groups_of,
    row_places,
    stride,
)

#: Groups that wait for one another: seven more for each time that their number of rows can be divided by 8.
_DEEPEST: Final = 80


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
    to: int,
) -> None:
    """Fold a group of rows at every shift: few rows from the grid, more from the tables of their groups."""
    first, rows, reach = node
    around, length, count = base * lanes, stride(base, wider) * lanes, 0
    for shift in range(rows):
        of_fold = places[shift * DIRECT_ROWS :]
        if rows <= LEAF_ROWS:
            count = row_places(first, rows, base, shift, lanes, of_fold)
        else:
            count = group_places(first, rows, base, wider, shift, lanes, of_fold)
    block = block_size(count) * LANES
    for begin in range(0, around, block):
        part = begin, min(begin + block, around)
        add_stretches(source, places, count, rows, part, out, to * length, length)
    for shift in range(rows):
        # The circle goes on, as far as whoever reads the fold begins later.
        _go_on(out, (to + shift) * length, around, reach * lanes)


@compiled
def fold_groups(
    grid: Singles,
    rows: int,
    base: int,
    wider: int,
    lanes: int,
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
        Rows one after the other, and at least a row and ``BEYOND`` of zeros behind them.
    rows, base, wider, lanes
        As in :func:`astro_assets.transits.search.folding.stretches`; more rows than ``DIRECT_ROWS``.
    tables, scratch
        Room for as many numbers as :func:`astro_assets.transits.search.folding.table_size` says; the result
        is written to ``tables``, fold after fold.
    """
    # Parts are folded before the whole, one after the other, so that they stay in the cache. By hand: Numba
    # cannot store compiled functions that call themselves.
    nodes = np.zeros((_DEEPEST, 5), np.int64)
    is_split = np.zeros(_DEEPEST, np.bool_)
    places = np.zeros(rows * DIRECT_ROWS, np.int64)
    size = _split((0, rows), min(rows, base) + wider, 0, nodes, is_split, 0)
    while size > 0:
        first, count, reach, depth, whole = nodes[size - 1]
        # Parts of one whole after the other are in the same room, and so in the cache.
        within = first - whole
        into, to, other, other_first = (
            (tables, first, scratch, within) if depth % 2 == 0 else (scratch, within, tables, first)
        )
        if count <= LEAF_ROWS:
            _set_table(grid, (first, count, reach), base, wider, lanes, places, into, to)
            size -= 1
        elif is_split[size - 1]:
            _set_table(other, (other_first, count, reach), base, wider, lanes, places, into, to)
            size -= 1
        else:
            is_split[size - 1] = True
            size = _split((first, count), min(count, base), depth + 1, nodes, is_split, size)


@compiled
def _split(group: tuple[int, int], reach: int, depth: int, nodes: Any, is_split: Any, size: int) -> int:
    """Put the groups of some rows on the stack, with the first row of the largest one they are in."""
    first, rows = group
    groups = groups_of(rows)
    for part in range(groups):
        start, end = part * rows // groups, (part + 1) * rows // groups
        nodes[size, 0], nodes[size, 1] = first + start, end - start
        nodes[size, 2], nodes[size, 3] = reach, depth
        nodes[size, 4] = first + start if depth == 0 else (first if depth == 1 else nodes[size - 1, 4])
        is_split[size] = False
        size += 1
    return size
