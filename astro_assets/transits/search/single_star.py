"""The search of one star at a time, vectors along phase: for whoever waits for one star, as in a notebook.

The same plan and trials as of the survey engine, whose results are stored: ratios differ by rounding only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.transits.search.engine import Curve, Floats, Spectrum
from astro_assets.transits.search.grid import Grid, gridded
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
        for level in plan.levels:
            while grid.residual.size > level.n_bins:
                grid = grid.coarser()
            found, width = _search(level, grid, self.every)
            # The first of the strongest trials of each cell.
            order = np.lexsort((np.arange(found.size), -found, level.cells))
            best = order[np.diff(level.cells[order], prepend=-1) > 0]
            better = found[best] > power[level.cells[best]]
            cells = level.cells[best][better]
            power[cells] = found[best][better]
            duration[cells] = level.step * width[best][better]
        seen = plan.is_tried & (plan.periods <= curve.longest_period(period_range[1]))
        return Spectrum(plan.periods[seen], power[seen], duration[seen])


def _search(level: Level, grid: Grid, every: int) -> tuple[Floats, Floats]:
    """Return the ratio and the width in bins of each scanned trial."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.folding import search_level
    from astro_assets.transits.search.noise_lanes import noise_factors

    residual, weight = np.zeros((level.room, _LANES), np.float32), np.zeros((level.room, _LANES), np.float32)
    residual[: level.n_bins, 0], weight[: level.n_bins, 0] = grid.residual, grid.weight
    noise = np.ones(3 * _LANES, np.float32)
    noise_factors(residual.reshape(-1), weight.reshape(-1), level.n_bins, level.widths, noise)
    scale = 1 / noise.reshape(3, _LANES)[:, 0].astype(np.float64)
    n_trials = level.cells.size
    periods, power, width = np.zeros(n_trials), np.zeros(n_trials), np.zeros(n_trials, np.int64)
    search_level(
        residual[:, 0].copy(), weight[:, 0].copy(), level.n_bins, level.bases, np.array(level.widths), scale,
        LEAST_FILLED, every, periods, power, width,
    )  # fmt: skip
    return power, width.astype(np.float64)
