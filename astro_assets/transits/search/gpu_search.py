"""The survey search of one batch of stars on a GPU: arrays in, spectra out.

What happens on the device, and in which order, lives here; the kernels are in ``gpu_kernels`` and
``gpu_noise_kernels``, what is folded when in ``gpu_plan``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from astro_assets.transits.search import gpu_kernels, gpu_noise_kernels
from astro_assets.transits.search.gpu_plan import (
    DeviceLevel,
    DeviceRun,
    DeviceTable,
    Resolution,
    resolutions,
)
from astro_assets.transits.search.levels import Plan
from astro_assets.transits.search.stretch_plan import TRIALS, UNROLL

#: Threads of 32 a program, of which each has a row of a table, or a trial.
_WARPS: Final = 8
#: Bins of a table that a program makes of stars, and vectors of bins that it makes of a coverage.
_STAR_STEPS: Final = 16
_COVERAGE_STEPS: Final = 2
_COVERAGE_BINS: Final = 128
#: Trials whose running sums a program makes, and bins of a tile of trials whose scales one does.
_SUMMED: Final = 32
_SCALED: Final = 128
#: From so many stretches on registers hold fewer bins.
_MANY_SLOTS: Final = 8
#: Boxes and stars that a program of the noise holds at once; all tiles are whole ones of these stars.
_NOISE_ROWS: Final = 256
_NOISE_STARS: Final = 32
#: Products and sums must not be fused, or results would not be those of the loops.
_EXACT: Final = {"enable_fp_fusion": False}
#: Registers of a thread that scans: two programs fit into a multiprocessor then.
_REGISTERS: Final = 128


@dataclass(frozen=True, slots=True)
class Batch:
    """Stars, and the columns that they have on the device: tiles of one coverage each.

    Parameters
    ----------
    residual
        Float64, shape (stars, bins).
    is_seen
        Whether a bin is not empty, shape (stars, bins).
    coverage
        Float64, shape (coverages, bins).
    columns
        Of each star, increasing; there is nothing in the others.
    coverages
        Of each tile, int32.
    tile
        Columns a tile.
    """

    residual: Any
    is_seen: Any
    coverage: Any
    columns: Any
    coverages: Any
    tile: int

    def to(self, device: str) -> Batch:
        """Return the same on a device."""
        return Batch(
            residual=self.residual.to(device, non_blocking=True),
            is_seen=self.is_seen.to(device, non_blocking=True),
            coverage=self.coverage.to(device, non_blocking=True),
            columns=self.columns.to(device, non_blocking=True),
            coverages=self.coverages.to(device, non_blocking=True),
            tile=self.tile,
        )


def rows(arrays: Sequence[NDArray[Any]], device: str) -> Any:
    """Put arrays of one length into rows, where the device itself can read them."""
    first = torch.from_numpy(arrays[0])
    together = torch.empty((len(arrays), *first.shape), dtype=first.dtype, pin_memory=device != "cpu")
    np.stack(arrays, out=together.numpy())
    return together


def search(plan: Plan, batch: Batch, table_bytes: int, device: str) -> NDArray[np.float64]:
    """Search all levels: power and duration, days, of each cell of the plan's spectrum.

    Parameters
    ----------
    plan
        For grids as long as the batch's.
    batch
        Stars.
    table_bytes
        Memory for the tables of a run; those of one base can be larger.
    device
        PyTorch's name of it.

    Returns
    -------
    ndarray
        Shape (stars, 2, cells).
    """
    found: NDArray[np.float32] = fetched(spectra(plan, batch.to(device), table_bytes)).numpy()
    return found.astype(np.float64)


def fetched(values: Any) -> Any:
    """Copy values to where the device itself can write them."""
    return torch.empty(values.shape, dtype=values.dtype, pin_memory=values.is_cuda).copy_(values)


def spectra(plan: Plan, batch: Batch, table_bytes: int) -> Any:
    """Return the result of :func:`search` of a batch on the device: there, and in single precision."""
    residual, coverage = _in_columns(batch.residual, batch), batch.coverage
    of_columns = coverage[batch.coverages.repeat_interleave(batch.tile)]
    seen = torch.where(_in_columns(batch.is_seen, batch), of_columns, 0.0)
    columns, like = residual.shape[0], {"dtype": torch.float32, "device": residual.device}
    found = torch.zeros((2, plan.periods.size, columns), **like)
    # A power of 2, so that batches of about the same size share their runs.
    most_bins = 1 << max(table_bytes // (4 * columns), 1).bit_length() - 1
    planned = resolutions(plan, most_bins, residual.device)
    size = max((resolution.arena for resolution in planned), default=0)
    arena, weights = torch.zeros((size, columns), **like), torch.zeros((coverage.shape[0], size), **like)
    for resolution in planned:
        n_bins, room = resolution.n_bins, resolution.room
        while residual.shape[1] > n_bins:
            residual, seen, coverage = (
                values[:, ::2] + values[:, 1::2] for values in (residual, seen, coverage)
            )
        arena[:n_bins], arena[n_bins:room] = residual.T, 0
        weights[:, :n_bins], weights[:, n_bins:room] = coverage, 0
        factors = _noise_factors(arena, seen.to(torch.float32).T.contiguous(), resolution)
        for level in resolution.levels:
            _search_level(level, (arena, weights), factors[-level.n_widths :], batch, found)
    return found[:, :, batch.columns].permute(2, 0, 1).contiguous()


def _in_columns(values: Any, batch: Batch) -> Any:
    """Put rows of stars where their columns are, shape (columns, bins)."""
    n_columns = batch.coverages.shape[0] * batch.tile
    spread = torch.zeros((n_columns, values.shape[1]), dtype=values.dtype, device=values.device)
    spread[batch.columns] = values
    return spread


def _search_level(
    level: DeviceLevel, arenas: tuple[Any, Any], factors: Any, batch: Batch, found: Any
) -> None:
    """Raise the spectra to those of a level; arenas are of stars and of coverages."""
    arena, weights = arenas
    best = arena.new_empty((2, level.n_trials, arena.shape[1]))
    for run in level.runs:
        for table in run.tables:
            _set_rows(table, arena, batch.tile)
            _set_rows_of_coverages(table, weights)
        scales = _scales(run, weights, level.n_widths)
        _scan(run, level, arena, scales, (batch, factors), best)
    _raise_cells(level, best, found, batch.tile)


def _set_rows(table: DeviceTable, arena: Any, tile: int) -> None:
    """Fold rows of tables of all stars."""
    (n_slots, n_rows), columns = table.slots.shape, arena.shape[1]
    gpu_kernels.set_rows[-(-n_rows // _WARPS), -(-table.longest // _STAR_STEPS), columns // tile](
        arena, columns, 0, columns, table.slots, table.rows, n_rows,
        n_slots, _WARPS, tile, _STAR_STEPS, num_warps=_WARPS, **_EXACT,
    )  # fmt: skip


def _set_rows_of_coverages(table: DeviceTable, weights: Any) -> None:
    """Fold rows of tables of all coverages, each of which has an arena of its own."""
    (n_slots, n_rows), (n_coverages, size) = table.slots.shape, weights.shape
    n_steps = -(-table.longest // (_COVERAGE_STEPS * _COVERAGE_BINS))
    gpu_kernels.set_rows[-(-n_rows // _WARPS), n_steps, n_coverages](
        weights, 1, size, _COVERAGE_BINS, table.slots, table.rows, n_rows,
        n_slots, _WARPS, _COVERAGE_BINS, _COVERAGE_STEPS, num_warps=_WARPS, **_EXACT,
    )  # fmt: skip


def _scales(run: DeviceRun, weights: Any, n_widths: int) -> Any:
    """Return what the sums of boxes are multiplied by, of each coverage: tile after tile, bin after bin."""
    (n_slots, n_trials), (n_coverages, size) = run.slots.shape, weights.shape
    sums = weights.new_empty((n_coverages, run.n_sums))
    gpu_kernels.set_sums[-(-n_trials // _SUMMED), n_coverages](
        weights, size, run.slots, run.tiles, n_trials, sums, run.n_sums,
        n_slots, TRIALS, UNROLL, _SUMMED, num_warps=1, **_EXACT,
    )  # fmt: skip
    scales = weights.new_empty((n_coverages, run.n_sums * n_widths))
    gpu_kernels.set_scales[n_trials // TRIALS, -(-run.longest // _SCALED), n_coverages](
        sums, run.bases, run.tiles, run.n_sums, scales, n_widths, TRIALS, _SCALED, **_EXACT
    )
    return scales


def _scan(
    run: DeviceRun, level: DeviceLevel, arena: Any, scales: Any, stars: tuple[Batch, Any], best: Any
) -> None:
    """Set the highest ratio of each trial and star, with the star's noise, and the duration of its box."""
    (batch, factors), (n_slots, n_trials), columns = stars, run.slots.shape, arena.shape[1]
    gpu_kernels.scan[n_trials // TRIALS, columns // batch.tile](
        arena, columns, run.slots, run.tiles, n_trials, run.n_trials, scales, run.n_sums, batch.coverages,
        factors, level.durations, best[0, run.first :], best[1, run.first :], n_slots, level.n_widths,
        TRIALS, UNROLL if n_slots <= _MANY_SLOTS else UNROLL // 2, batch.tile,
        num_warps=TRIALS, maxnreg=_REGISTERS, **_EXACT,
    )  # fmt: skip


def _raise_cells(level: DeviceLevel, best: Any, found: Any, tile: int) -> None:
    """Raise the spectra to the highest trial of each cell."""
    columns = found.shape[2]
    gpu_kernels.raise_cells[level.cells.shape[0], columns // tile](
        best[0], best[1], columns, level.cells, level.starts, level.order, found, found[0].numel(), tile,
        num_warps=1,
    )  # fmt: skip


def _noise_factors(residuals: Any, seen: Any, resolution: Resolution) -> Any:
    """Return what the ratios of each box are multiplied by, shape (widths, columns)."""
    columns = residuals.shape[1]
    tiles = columns // _NOISE_STARS
    full = residuals.new_empty(columns)
    counted = torch.where(seen > 0, seen, torch.inf)
    gpu_noise_kernels.set_medians[tiles,](
        counted, resolution.n_bins, columns, full, _NOISE_ROWS, _NOISE_STARS, num_warps=_WARPS, **_EXACT
    )
    n_boxes = max(resolution.n_boxes)
    ratios = residuals.new_empty((len(resolution.widths), n_boxes, columns))
    for of_box, n_of_box, width in zip(ratios, resolution.n_boxes, resolution.widths, strict=True):
        gpu_noise_kernels.set_ratios[-(-n_of_box // _NOISE_ROWS), tiles](
            residuals, seen, columns, n_of_box, full, of_box, width, _NOISE_ROWS, _NOISE_STARS,
            num_warps=_WARPS, **_EXACT,
        )  # fmt: skip
    factors = residuals.new_empty((len(resolution.widths), columns))
    gpu_noise_kernels.set_factors[tiles, len(resolution.widths)](
        ratios, n_boxes, resolution.n_boxes_there, columns, factors, _NOISE_ROWS, _NOISE_STARS,
        num_warps=_WARPS, **_EXACT,
    )  # fmt: skip
    return factors
