"""The survey engine: box least squares on a uniform grid by direct and fast folding, red noise included.

Which periods and durations are tried at which resolution is decided here; the loops are in ``folding``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.engine import Curve, Floats, Spectrum
from astro_assets.transits.search.grid import Grid, gridded
from astro_assets.transits.search.periods import ofir_periods, periods_of_duration

#: Boxes tried on a level, bins. The finest has narrow ones too: no finer level has these.
_WIDTHS: Final = np.array([4, 5, 6])
_FINEST_WIDTHS: Final = np.array([2, 3, 4, 5, 6])
#: Boxes with less than this part of their mean weight are in gaps.
_LEAST_FILLED: Final = 0.25
#: Trials of the spectrum while a transit drifts by its duration.
_OVERSAMPLING: Final = 3.0


@dataclass(frozen=True, slots=True)
class SurveyEngine:
    """Searches a curve at all periods of a range.

    Parameters
    ----------
    finest_step_days
        Width of the grid's bins; the cadence where that is longer.
    every
        Of the trial periods only each ``every``-th is scanned; with 2, transits drift over the data by 2 bins
        from one trial to the next.
    """

    finest_step_days: float = 10.0 / 1440
    every: int = 2

    def __call__(
        self, curve: Curve, period_range: tuple[float, float], duration_factors: tuple[float, float]
    ) -> Spectrum:
        """See :class:`astro_assets.transits.search.engine.SpectrumEngine`."""
        grid = gridded(curve, max(self.finest_step_days, curve.cadence_days))
        found = [_search(level, self.every) for level in _levels(grid, period_range, duration_factors)]
        periods, power, duration = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return _thinned(
            ofir_periods(curve.baseline_days, *period_range, _OVERSAMPLING), periods, power, duration
        )


@dataclass(frozen=True, slots=True)
class _Level:
    """A grid, the widths of the boxes tried on it, and the range of base periods, all in bins."""

    grid: Grid
    widths: NDArray[np.int64]
    bases: tuple[int, int]


def _levels(
    grid: Grid, period_range: tuple[float, float], duration_factors: tuple[float, float]
) -> Iterator[_Level]:
    """Double the bins until no box is short enough; a level has the periods at which its boxes make sense."""
    widths = _FINEST_WIDTHS
    while True:
        narrow, wide = grid.step * float(widths[0]), grid.step * float(widths[-1])
        shortest = max(period_range[0], periods_of_duration(narrow, duration_factors)[0])
        longest = min(period_range[1], periods_of_duration(wide, duration_factors)[1])
        if shortest >= period_range[1]:
            return
        first = max(int(shortest / grid.step), int(widths[-1]) + 1)
        last = min(int(longest / grid.step) + 1, grid.residual.size)
        if first < last:
            yield _Level(grid, widths, (first, last))
        grid, widths = grid.coarser(), _WIDTHS


def _search(level: _Level, every: int) -> tuple[Floats, Floats, Floats]:
    """Search a level: periods, days; power; durations, days."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.folding import search_level

    grid, widths, bases = level.grid, level.widths, level.bases
    n_bins = grid.residual.size
    behind = np.zeros(2 * bases[1] + int(widths[-1]))
    residual = np.concatenate([grid.residual, behind]).astype(np.float32)
    weight = np.concatenate([grid.weight, behind]).astype(np.float32)
    n_trials = int(np.sum(-(-n_bins // np.arange(*bases))))
    periods, power, width = np.zeros(n_trials), np.zeros(n_trials), np.zeros(n_trials, np.int64)
    found = search_level(
        residual, weight, n_bins, bases, widths, 1 / grid.red_noise(widths), _LEAST_FILLED, every,
        periods, power, width,
    )  # fmt: skip
    return periods[:found] * grid.step, power[:found], grid.step * width[:found].astype(np.float64)


def _thinned(cells: Floats, periods: Floats, power: Floats, duration: Floats) -> Spectrum:
    """Keep the strongest trial of each cell of a grid of periods; cells without any are left out."""
    cell = np.searchsorted(0.5 * (cells[1:] + cells[:-1]), periods)
    order = np.lexsort((periods, -power, cell))
    first = np.concatenate([[True], np.diff(cell[order]) > 0])
    chosen = order[first]
    chosen = chosen[np.argsort(periods[chosen], kind="stable")]
    return Spectrum(periods[chosen], power[chosen], duration[chosen])
