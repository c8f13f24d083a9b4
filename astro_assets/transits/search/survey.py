"""The survey engine: box least squares on uniform grids by direct and fast folding, 16 stars a vector.

Which stars are searched together is decided here, and what becomes of their spectra. A star's spectrum is the
same to the bit in any company: each sum is made of its own numbers alone, in an order that only the length of
its grid decides.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.engine import Curve, Floats, Spectrum
from astro_assets.transits.search.grid import Grid, gridded
from astro_assets.transits.search.levels import LEAST_FILLED, Level, Plan, plan_search

#: Stars a vector, as in ``lanes``, which must not be imported before it is used.
_LANES: Final = 16
#: From so many stars of equal weights on it pays to work these out once for all.
_FEWEST_ALIKE: Final = 8
#: So few stars of different weights are searched faster one by one, each sharing its weights with nobody.
_TOO_FEW: Final = 2

Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SurveyEngine:
    """Searches stars in batches; one star takes as long as 16.

    Parameters
    ----------
    finest_step_days
        Width of the grid's bins; the cadence where that is longer.
    every
        Of the trial periods only each ``every``-th is scanned; with 2, transits drift over the data by 2 bins
        from one trial to the next.
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
        grids = [gridded(curve, max(self.finest_step_days, curve.cadence_days)) for curve in curves]
        alike: dict[tuple[float, int], list[int]] = defaultdict(list)
        for number, grid in enumerate(grids):
            alike[grid.step, grid.residual.size].append(number)
        spectra: dict[int, Spectrum] = {}
        for (step, n_bins), numbers in alike.items():
            plan = plan_search(n_bins, step, period_range, duration_factors, self.every)
            for block in _blocks(numbers, grids):
                found = _search(plan, [grids[number] for number in block.stars], is_alike=block.is_alike)
                for number, (power, duration) in zip(block.stars, found, strict=True):
                    seen = plan.is_tried & (plan.periods <= curves[number].longest_period(period_range[1]))
                    spectra[number] = Spectrum(plan.periods[seen], power[seen], duration[seen])
        return [spectra[number] for number in range(len(curves))]


@dataclass(frozen=True, slots=True)
class _Block:
    """Stars that one call of the kernel searches, and whether they have the same weights."""

    stars: Sequence[int]
    is_alike: bool


def _blocks(numbers: Sequence[int], grids: Sequence[Grid]) -> Iterator[_Block]:
    """Put stars of equal weights together, and the others, as they come, in vectors."""
    by_weight: dict[bytes, list[int]] = defaultdict(list)
    for number in numbers:
        by_weight[grids[number].weight.tobytes()].append(number)
    others: list[int] = []
    for stars in by_weight.values():
        if len(stars) >= _FEWEST_ALIKE:
            yield _Block(stars, is_alike=True)
        else:
            others += stars
    for first in range(0, len(others), _LANES):
        some = others[first : first + _LANES]
        if len(some) > _TOO_FEW:
            yield _Block(some, is_alike=False)
        else:
            yield from (_Block([star], is_alike=True) for star in some)


def _search(plan: Plan, grids: Sequence[Grid], *, is_alike: bool) -> list[tuple[Floats, Floats]]:
    """Search all levels: for each star power and duration, days, of each cell of the plan's spectrum."""
    power = np.zeros((len(grids), plan.periods.size))
    duration = np.zeros_like(power)
    for level in plan.levels:
        while grids[0].residual.size > level.n_bins:
            grids = [grid.coarser() for grid in grids]
        found, width = _search_level(plan, level, grids, is_alike=is_alike)
        better = found > power
        power[better] = found[better]
        duration[better] = level.step * width[better]
    return list(zip(power, duration, strict=True))


def _search_level(
    plan: Plan, level: Level, grids: Sequence[Grid], *, is_alike: bool
) -> tuple[Floats, Floats]:
    """Return power and width in bins of each cell of the spectrum, shapes (stars, cells)."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.batch_folding import search_block
    from astro_assets.transits.search.noise_lanes import noise_factors

    n_vectors, n_cells = -(-len(grids) // _LANES), plan.periods.size
    residuals = np.zeros((n_vectors, level.room, _LANES), np.float32)
    weights = np.zeros_like(residuals)
    for number, grid in enumerate(grids):
        vector, lane = divmod(number, _LANES)
        residuals[vector, : level.n_bins, lane] = grid.residual
        weights[vector, : level.n_bins, lane] = grid.weight
    noise = np.ones((n_vectors, 3 * _LANES), np.float32)
    for vector in range(n_vectors):
        noise_factors(
            residuals[vector].reshape(-1),
            weights[vector].reshape(-1),
            level.n_bins,
            level.widths,
            noise[vector],
        )
    found = np.zeros((n_vectors, n_cells, 2, _LANES), np.float32)
    search_block(
        residuals.reshape(-1), weights[0, :, 0].copy() if is_alike else weights[0], level.n_bins, level.bases,
        level.widths, (np.float32(1) / noise).reshape(-1), LEAST_FILLED, plan.every, level.cells, n_cells,
        found.reshape(-1),
    )  # fmt: skip
    by_star = found.transpose(2, 0, 3, 1).reshape(2, n_vectors * _LANES, n_cells)[:, : len(grids)]
    return by_star[0].astype(np.float64), by_star[1].astype(np.float64)
