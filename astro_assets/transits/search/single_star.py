"""The search of one star at a time, vectors along phase: for whoever waits for one star, as in a notebook.

The same plan and trials as of the survey engine, whose results are stored: ratios differ by rounding only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.transits.search.aligned import aligned_zeros
from astro_assets.transits.search.engine import Curve, Floats, Spectrum
from astro_assets.transits.search.grid import gridded
from astro_assets.transits.search.levels import LEAST_FILLED, Level, plan_search

_LANES: Final = 16


@dataclass(frozen=True, slots=True)
class SingleStarEngine:
    """Searches stars one by one; for one or two it is faster than the survey engine.

    Parameters
    ----------
    finest_step_days, every
        As of :class:`astro_assets.transits.search.survey.SurveyEngine`.
    """

    finest_step_days: float = 15.0 / 1440
    every: int = 2

    def __call__(
        self,
        curves: Sequence[Curve],
        period_range: tuple[float, float],
        duration_factors: tuple[float, float],
    ) -> list[Spectrum]:
        """See :class:`astro_assets.transits.search.engine.SpectrumEngine`."""
        return [self._spectrum(curve, period_range, duration_factors) for curve in curves]

    def _spectrum(
        self, curve: Curve, period_range: tuple[float, float], duration_factors: tuple[float, float]
    ) -> Spectrum:
        grid = gridded(curve, max(self.finest_step_days, curve.cadence_days))
        plan = plan_search(grid.residual.size, grid.step, period_range, duration_factors, self.every)
        power, duration = np.zeros(plan.periods.size), np.zeros(plan.periods.size)
        residual, weight = grid.residual, grid.weight
        for level in plan.levels:
            while residual.size > level.n_bins:
                residual, weight = residual[::2] + residual[1::2], weight[::2] + weight[1::2]
            found, width = _search(level, residual, weight, self.every)
            # The first of the strongest trials of each cell.
            order = np.lexsort((np.arange(found.size), -found, level.cells))
            best = order[np.diff(level.cells[order], prepend=-1) > 0]
            better = found[best] > power[level.cells[best]]
            cells = level.cells[best][better]
            power[cells] = found[best][better]
            duration[cells] = level.step * width[best][better]
        seen = slice(0, np.searchsorted(plan.periods, curve.longest_period(period_range[1]), side="right"))
        return Spectrum(plan.periods[seen], power[seen], duration[seen])


def _search(level: Level, residual: Floats, weight: Floats, every: int) -> tuple[Floats, Floats]:
    """Return the ratio and the width in bins of each scanned trial."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.noise_lanes import noise_factors
    from astro_assets.transits.search.single_folding import search_level

    grids = aligned_zeros(2, level.room, _LANES)
    grids[0, : level.n_bins, 0], grids[1, : level.n_bins, 0] = residual, weight
    noise = aligned_zeros(len(level.widths), _LANES)
    noise_factors(grids[0].reshape(-1), grids[1].reshape(-1), level.n_bins, level.widths, noise.reshape(-1))
    power, width = np.zeros(level.cells.size), np.zeros(level.cells.size, np.int64)
    search_level(
        grids[0, :, 0].copy(), grids[1, :, 0].copy(), level.n_bins, level.bases, np.array(level.widths),
        1 / noise[:, 0].astype(np.float64), LEAST_FILLED, every, power, width,
    )  # fmt: skip
    return power, width.astype(np.float64)
