"""Which periods and durations a survey search tries at which resolution, and where they go in the spectrum.

Plans live here: arithmetic that is the same for all stars whose grids are equally long. Nothing is folded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.engine import Floats
from astro_assets.transits.search.periods import ofir_periods, periods_of_duration

#: Boxes tried on a level, bins. The finest has narrow ones too: no finer level has these.
_WIDTHS: Final = (4, 5, 6)
_NARROW_WIDTHS: Final = (2, 3, 4)
#: Those of coarser levels where the finest bins are longer than this, days: 2 to 4 of them are most transits
#: then, and to fold the finest level of years of data twice would take twice as long.
_COARSE_WIDTHS: Final = (3, 4, 5)
_COARSE_STEP: Final = 20 / 1440
#: Boxes with less than this part of their mean weight are in gaps.
LEAST_FILLED: Final = 0.25
#: Cells of the spectrum while a transit drifts by its duration.
_OVERSAMPLING: Final = 3.0
#: Zeros behind the data beyond what is folded: rows may be shifted by so many bins.
_SHIFTED: Final = 32


@dataclass(frozen=True, slots=True)
class Level:
    """A resolution with its boxes and base periods.

    Parameters
    ----------
    step
        Width of a bin, days.
    n_bins
        Length of the grid.
    widths
        Boxes tried, bins.
    bases
        Shortest base period, and one more than the longest, bins.
    cells
        Cell of the spectrum of each trial that is scanned.
    """

    step: float
    n_bins: int
    widths: tuple[int, int, int]
    bases: tuple[int, int]
    cells: NDArray[np.int64]

    @property
    def room(self) -> int:
        """Length of the grid with the zeros that must follow it."""
        return self.n_bins + 2 * self.bases[1] + self.widths[2] + _SHIFTED


@dataclass(frozen=True, slots=True)
class Plan:
    """The levels of a search, finest first, and the spectrum that they fill.

    Parameters
    ----------
    periods
        Cells of the spectrum, days, increasing: the grid of Ofir (2014).
    is_tried
        Whether any trial falls into a cell.
    levels
        What is searched.
    every
        Of the trials only each ``every``-th is scanned.
    """

    periods: Floats
    is_tried: NDArray[np.bool_]
    levels: tuple[Level, ...]
    every: int


@lru_cache(maxsize=64)
def plan_search(
    n_bins: int,
    step: float,
    period_range: tuple[float, float],
    duration_factors: tuple[float, float],
    every: int,
) -> Plan:
    """Plan the search of grids of one length.

    Parameters
    ----------
    n_bins, step
        Length of the finest grid, and the width of its bins, days.
    period_range
        Shortest and longest period, days; half of the grid where that is less.
    duration_factors
        Shortest and longest duration, in units of a central transit of the Sun at that period.
    every
        Of the trials only each ``every``-th is scanned.
    """
    baseline = n_bins * step
    shortest, longest = period_range[0], min(period_range[1], baseline / 2)
    periods = ofir_periods(baseline, shortest, longest, _OVERSAMPLING)
    between = 0.5 * (periods[1:] + periods[:-1])
    is_tried = np.zeros(periods.size, dtype=bool)
    levels = []
    for level_step, size, widths in _resolutions(n_bins, step, longest, duration_factors):
        bases = _bases(level_step, size, widths, (shortest, longest), duration_factors)
        if bases[0] < bases[1]:
            cells = np.searchsorted(between, level_step * trial_periods(size, bases, every))
            is_tried[cells] = True
            levels.append(Level(level_step, size, widths, bases, cells))
    return Plan(periods, is_tried, tuple(levels), every)


def _resolutions(
    n_bins: int, step: float, longest: float, factors: tuple[float, float]
) -> Iterator[tuple[float, int, tuple[int, int, int]]]:
    """Double the bins while there are periods long enough for the boxes."""
    yield step, n_bins, _NARROW_WIDTHS
    widths = _WIDTHS
    if step > _COARSE_STEP and n_bins % 2 == 0:
        step, n_bins, widths = 2 * step, n_bins // 2, _COARSE_WIDTHS
    while periods_of_duration(step * widths[1], factors)[0] < longest:
        yield step, n_bins, widths
        if n_bins % 2:
            return
        step, n_bins = 2 * step, n_bins // 2


def _bases(
    step: float,
    n_bins: int,
    widths: tuple[int, int, int],
    period_range: tuple[float, float],
    factors: tuple[float, float],
) -> tuple[int, int]:
    """Return the base periods at which the middle box makes sense."""
    plausible = periods_of_duration(step * widths[1], factors)
    shortest, longest = max(period_range[0], plausible[0]), min(period_range[1], plausible[1])
    return max(int(shortest / step), widths[2] + 1), min(int(longest / step) + 1, n_bins)


def trial_periods(n_bins: int, bases: tuple[int, int], every: int) -> Floats:
    """Return the trial periods that ``search_block`` scans, in its order, bins."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.folding import DIRECT_ROWS

    base = np.arange(*bases)
    rows = -(-n_bins // base)
    base, rows = base[rows >= 2], rows[rows >= 2]
    bases_of_trials = np.repeat(base, rows - 1)
    rows_of_trials = np.repeat(rows, rows - 1)
    ends = np.cumsum(rows - 1)
    number = np.arange(bases_of_trials.size)
    shift = number - np.repeat(ends - (rows - 1), rows - 1)
    chosen = (number + 1) % every == 0
    p, drift = bases_of_trials[chosen], shift[chosen] / (rows_of_trials[chosen] - 1)
    is_circle = rows_of_trials[chosen] > DIRECT_ROWS
    periods: Floats = np.where(is_circle, p * p / (p - drift), p + drift)
    return periods
