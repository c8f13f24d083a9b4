"""The plan of a survey search on a GPU: which runs it has at which resolution, there in memory.

Only what is the same for all stars whose grids are equally long lives here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from astro_assets.transits.search.levels import Level, Plan
from astro_assets.transits.search.stretch_plan import TRIALS, Run, cells_of, runs_of

#: Bins of which arenas have whole ones, so that each begins where vectors do.
_ALIGNED: Final = 64


@dataclass(frozen=True, slots=True)
class DeviceTable:
    """Rows of tables: see :class:`astro_assets.transits.search.stretch_plan.TableRows`."""

    slots: Any
    rows: Any
    longest: int


@dataclass(frozen=True, slots=True)
class DeviceRun:
    """A run of trials: see :class:`astro_assets.transits.search.stretch_plan.Run`.

    Parameters
    ----------
    n_sums
        Bins of all trials, those that tiles are filled up with among them.
    longest
        Bins of the longest tile.
    """

    tables: Sequence[DeviceTable]
    first: int
    n_trials: int
    n_sums: int
    longest: int
    slots: Any
    bases: Any
    tiles: Any


@dataclass(frozen=True, slots=True)
class DeviceLevel:
    """A level's runs, its trials by cell, and the durations of its boxes, days."""

    runs: Sequence[DeviceRun]
    cells: Any
    starts: Any
    order: Any
    durations: Any
    n_trials: int
    n_widths: int


@dataclass(frozen=True, slots=True)
class Resolution:
    """Levels of equally many bins.

    Parameters
    ----------
    n_bins, room, arena
        Bins of the grid, with the zeros behind it, and with the tables behind these.
    widths, n_boxes
        Boxes of all levels, bins, and how many of each the noise is told from.
    n_boxes_there
        The same on the device.
    levels
        Finest first.
    """

    n_bins: int
    room: int
    arena: int
    widths: tuple[int, ...]
    n_boxes: tuple[int, ...]
    n_boxes_there: Any
    levels: Sequence[DeviceLevel]


@lru_cache(maxsize=8)
def resolutions(plan: Plan, most_bins: int, device: Any) -> tuple[Resolution, ...]:
    """Put a plan's runs on a device, finest first; a run has tables of so many bins, or of one base."""
    return tuple(
        _resolution(list(levels), plan.every, most_bins, device)
        for _, levels in groupby(plan.levels, key=lambda level: level.n_bins)
    )


def _resolution(levels: Sequence[Level], every: int, most_bins: int, device: Any) -> Resolution:
    n_bins, room = levels[0].n_bins, max(level.room for level in levels)
    runs = [list(runs_of(level, every, room, most_bins)) for level in levels]
    arena = max([room, *(run.end for some in runs for run in some)])
    widths = max((level.widths for level in levels), key=len)
    n_boxes = tuple(-(-(n_bins - width + 1) // (width // 2)) for width in widths)
    return Resolution(
        n_bins=n_bins,
        room=room,
        arena=-(-arena // _ALIGNED) * _ALIGNED,
        widths=widths,
        n_boxes=n_boxes,
        n_boxes_there=_put(np.array(n_boxes, np.int32), device),
        levels=[_level(level, some, device) for level, some in zip(levels, runs, strict=True)],
    )


def _level(level: Level, runs: Sequence[Run], device: Any) -> DeviceLevel:
    cells = cells_of(level)
    durations = (level.step * np.array(level.widths)).astype(np.float32)
    return DeviceLevel(
        runs=[_run(run, device) for run in runs],
        cells=_put(cells.cells, device),
        starts=_put(cells.starts, device),
        order=_put(cells.order, device),
        durations=_put(durations, device),
        n_trials=level.cells.size,
        n_widths=len(level.widths),
    )


def _run(run: Run, device: Any) -> DeviceRun:
    return DeviceRun(
        tables=[
            DeviceTable(_put(table.slots, device), _put(table.rows, device), table.longest)
            for table in run.tables
        ],
        first=run.first,
        n_trials=run.n_trials,
        n_sums=int(run.tiles[-1]) * TRIALS,
        longest=int(np.diff(run.tiles).max()),
        slots=_put(run.slots, device),
        bases=_put(run.bases, device),
        tiles=_put(run.tiles, device),
    )


def _put(values: NDArray[Any], device: Any) -> Any:
    return torch.from_numpy(values).to(device)
