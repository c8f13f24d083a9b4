"""In which runs a device searches a level of a plan, and which stretches each of them sums.

Plans live here: arrays that are the same for all stars whose grids are equally long. Nothing is folded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.levels import Level

Integers = NDArray[np.int32]

#: Trials that are scanned side by side, and bins of one step of the scan.
TRIALS: Final = 8
UNROLL: Final = 4
#: Bins that may be read behind the tables: what is made at once is as long as the longest, in whole steps.
_BEYOND: Final = 256


@dataclass(frozen=True, slots=True)
class TableRows:
    """Rows of tables that can be folded at once.

    Parameters
    ----------
    slots
        Stretches of each, shape (slots, rows).
    rows
        Where each is written, its base, and how far it goes on behind it, bins, shape (3, rows).
    longest
        Longest base.
    """

    slots: Integers
    rows: Integers
    longest: int


@dataclass(frozen=True, slots=True)
class Run:
    """Trials of equally many stretches that are scanned at once, after the tables that they are made of.

    Parameters
    ----------
    tables
        The deepest first; empty for sums of rows.
    first, n_trials
        The first of the level's scanned trials, and how many.
    slots, bases
        Stretches and base of each trial, shape (slots, trials) and (trials,), filled up to whole tiles.
    tiles
        Where the scales of each tile begin, and where the last end, bins.
    end
        How long the arena must be, bins.
    """

    tables: tuple[TableRows, ...]
    first: int
    n_trials: int
    slots: Integers
    bases: Integers
    tiles: Integers
    end: int


@dataclass(frozen=True, slots=True)
class Cells:
    """Which trials of a level are of which cell of the spectrum.

    Parameters
    ----------
    cells
        Those that have trials.
    starts
        Where the trials of each begin in ``order``, and where the last end.
    order
        Trials, cell by cell, in the order of the level.
    """

    cells: Integers
    starts: Integers
    order: Integers


def cells_of(level: Level) -> Cells:
    """Return which trials of a level are of which cell."""
    cells, starts = np.unique(np.sort(level.cells), return_index=True)
    order = np.argsort(level.cells, kind="stable")
    ends = np.append(starts, level.cells.size)
    return Cells(cells.astype(np.int32), ends.astype(np.int32), order.astype(np.int32))


def runs_of(level: Level, every: int, room: int, most_bins: int) -> Iterator[Run]:
    """Divide a level into runs.

    Parameters
    ----------
    level, every
        What is searched.
    room
        Where tables begin in the arena, bins: behind the grid and its zeros.
    most_bins
        Bins of the tables of a run, but for those of one base.
    """
    base = np.arange(level.bases[0], min(level.bases[1], level.n_bins))
    rows = -(-level.n_bins // base)
    counted = np.cumsum(rows - 1) - (rows - 1)
    slots, sizes = _sums(base, rows, level.widths[-1])
    start = 0
    while start < base.size:
        alike = int(np.argmax(np.append(slots[start:], -1) != slots[start]))
        fitting = int(np.searchsorted(np.cumsum(sizes[start:]), most_bins, side="right"))
        end = start + max(1, min(alike, fitting))
        bases = int(base[start]), int(base[end - 1]) + 1
        starts = room + np.cumsum(sizes[start:end]) - sizes[start:end]
        ends = room + int(sizes[start:end].sum())
        run = _run(
            level, every, bases, int(counted[start]), int(slots[start]), starts * (sizes[start] > 0), ends
        )
        if run.n_trials:
            yield run
        start = end


def _sums(base: NDArray[np.int64], rows: NDArray[np.int64], wider: int) -> tuple[NDArray[np.int64], ...]:
    """Return the slots of trials of each base, and the bins of its tables: none for sums of rows."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.folding import DIRECT_ROWS, LEAF_ROWS, groups_of, stride

    slots, sizes = np.empty((2, base.size), np.int64)
    for number, (one, some) in enumerate(zip(base.tolist(), rows.tolist(), strict=True)):
        is_grouped = some > DIRECT_ROWS
        slots[number] = groups_of(some) if is_grouped else some + some % 2
        # Groups that are made of groups need a second table.
        tables = 0 if not is_grouped else 1 + (-(-some // groups_of(some)) > LEAF_ROWS)
        sizes[number] = tables * some * stride(one, wider)
    return slots, sizes


def _run(
    level: Level,
    every: int,
    bases: tuple[int, int],
    counted: int,
    n_slots: int,
    starts: NDArray[np.int64],
    end: int,
) -> Run:
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.stretch_loops import trial_stretches

    rows = -(-level.n_bins // np.arange(*bases))
    behind = counted + int((rows - 1).sum())
    n_trials = behind // every - counted // every
    size = -(-n_trials // TRIALS) * TRIALS
    slots, base = np.zeros((n_slots, size), np.int32), np.ones(size, np.int32)
    wider = level.widths[-1]
    trial_stretches(level.n_bins, bases, counted, every, wider, starts, slots, base)
    lengths = base.reshape(-1, TRIALS).max(axis=1) + wider
    tiles = np.append(0, np.cumsum(-(-lengths // UNROLL) * UNROLL))
    tables = tuple(_tables(level, bases, starts)) if starts.any() else ()
    return Run(tables[::-1], counted // every, n_trials, slots, base, tiles.astype(np.int32), end + _BEYOND)


def _tables(level: Level, bases: tuple[int, int], starts: NDArray[np.int64]) -> Iterator[TableRows]:
    """Yield the rows of each depth."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.stretch_loops import TABLE_SLOTS, table_stretches

    most = int((-(-level.n_bins // np.arange(*bases))).sum())
    for depth in count():
        slots, rows = np.zeros((TABLE_SLOTS, most), np.int32), np.zeros((3, most), np.int32)
        n_rows = table_stretches(level.n_bins, bases, depth, level.widths[-1], starts, slots, rows)
        if not n_rows:
            return
        used = int(np.flatnonzero((slots[:, :n_rows] != level.n_bins).any(axis=1))[-1]) + 1
        yield TableRows(slots[: used + used % 2, :n_rows].copy(), rows[:, :n_rows].copy(), bases[1] - 1)
