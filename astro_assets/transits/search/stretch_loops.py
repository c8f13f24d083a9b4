"""Compiled: which stretches are summed where folds are not made one after the other, but all at once.

Stretches lie in one *arena*: a grid, the zeros behind it, and the tables of some bases. Only loops over plain
arrays live here.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled
from astro_assets.transits.search.folding import (
    DIRECT_ROWS,
    LEAF_ROWS,
    Places,
    group_places,
    groups_of,
    row_places,
    stretches,
    stride,
)

Integers = NDArray[np.int32]

#: Slots of the stretches of a row of a table.
TABLE_SLOTS: Final = 8


@compiled
def _fill_slots(places: Places, count: int, start: int, zeros: int, slots: Integers, column: int) -> None:
    """Put stretches into slots that are added as ``load_sum`` adds them: pairs, after the odd one, if any."""
    slots[:, column] = zeros
    odd = count % 2
    slots[0, column] = start + places[0]
    for number in range(1, count):
        slots[number + odd, column] = start + places[number]


@compiled
def trial_stretches(
    n_bins: int,
    bases: tuple[int, int],
    counted: int,
    every: int,
    wider: int,
    starts: Any,
    slots: Integers,
    bases_of_trials: Integers,
) -> int:
    """Find the stretches of all scanned trials of some bases, which are all direct or all of tables.

    Parameters
    ----------
    n_bins, bases, counted, every
        As in :func:`astro_assets.transits.search.batch_folding.search_group`; the arena has zeros behind the
        ``n_bins`` bins of the grid.
    wider
        Bins of the widest box.
    starts
        Where the tables of each base begin in the arena; 0 for sums of rows.
    slots
        Room for stretches that are added in pairs, shape (slots, trials); zeros where there are none.
    bases_of_trials
        Room for the base of each.

    Returns
    -------
    int
        How many trials there are.
    """
    places, number = np.zeros(DIRECT_ROWS, np.int64), 0
    for base in range(bases[0], bases[1]):
        rows = -(-n_bins // base)
        for shift in range(every - 1 - counted % every, rows - 1, every):
            count = stretches(rows, base, wider, shift, 1, places)
            _fill_slots(places, count, starts[base - bases[0]], n_bins, slots, number)
            bases_of_trials[number] = base
            number += 1
        counted += rows - 1
    return number


@compiled
def table_stretches(
    n_bins: int, bases: tuple[int, int], depth: int, wider: int, starts: Any, slots: Integers, rows_out: Any
) -> int:
    """Find the stretches of all rows of the tables of some bases at one depth: 0 is what trials are made of.

    Tables of odd depths lie behind those of even ones; a row is made of the grid, or of the depth below.

    Parameters
    ----------
    n_bins, bases, wider, starts
        As in :func:`trial_stretches`.
    slots
        Room for stretches, shape (:data:`TABLE_SLOTS`, rows).
    rows_out
        Room for where each row is written, its base, and how far it goes on behind it, shape (3, rows).

    Returns
    -------
    int
        How many rows there are: 0 below the deepest.
    """
    places, number = np.zeros(DIRECT_ROWS, np.int64), 0
    for base in range(bases[0], bases[1]):
        rows, start = -(-n_bins // base), starts[base - bases[0]]
        behind = start + rows * stride(base, wider)
        into, other = (start, behind) if depth % 2 == 0 else (behind, start)
        for row in range(rows):
            first, size, around = _group_of(row, rows, depth)
            if size == 0:
                continue
            if size <= LEAF_ROWS:
                count = row_places(first, size, base, row - first, 1, places)
                _fill_slots(places, count, 0, n_bins, slots, number)
            else:
                count = group_places(first, size, base, wider, row - first, 1, places)
                _fill_slots(places, count, other, n_bins, slots, number)
            rows_out[0, number] = into + row * stride(base, wider)
            rows_out[1, number] = base
            rows_out[2, number] = min(around, base) + (wider if depth == 0 else 0)
            number += 1
    return number


@compiled
def _group_of(row: int, rows: int, depth: int) -> tuple[int, int, int]:
    """Find the group that a row belongs to at some depth: first row, size, and size of what it is a part of.

    The size is 0 where groups have been too small to be split before.
    """
    first, size, around = 0, rows, rows
    for _ in range(depth + 1):
        if size <= LEAF_ROWS:
            return 0, 0, 0
        around, groups = size, groups_of(size)
        group = ((row - first + 1) * groups - 1) // size
        start, end = group * size // groups, (group + 1) * size // groups
        first, size = first + start, end - start
    return first, size, around
