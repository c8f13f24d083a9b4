"""Which periods and durations a survey search tries at which resolution, and where they go in the spectrum.

Plans live here: arithmetic that is the same for all stars whose grids are equally long. Nothing is folded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.engine import Floats
from astro_assets.transits.search.grid import Grid
from astro_assets.transits.search.periods import ofir_periods, periods_of_duration

#: Boxes tried on a level, bins. The finest has narrow ones too: no finer level has these.
_WIDTHS: Final = (4, 5, 6)
_WITH_NARROW: Final = (2, 3, *_WIDTHS)
#: Fewest bins of a fold: with the widest box, a vector of phases.
_SHORTEST_BASE: Final = 10
#: Boxes with less than this part of their mean weight are in gaps.
LEAST_FILLED: Final = 0.25
#: Cells of the spectrum while a transit drifts by its duration.
_OVERSAMPLING: Final = 3.0
#: Zeros behind the data beyond what is folded: rows are shifted by so many bins, and read in vectors.
_SHIFTED: Final = 48


@dataclass(frozen=True, slots=True)
class Density:
    """How densely periods and durations are tried.

    Parameters
    ----------
    every
        Of the trials only each ``every``-th is scanned: from one to the next, transits drift over the data by
        so many bins.
    resolved
        Periods at which the middle one of the wide boxes is shorter than this, in units of a central transit
        of the Sun, are left to wider bins: so short transits are rare, and narrow boxes of wider bins see
        them, too.
    """

    every: int = 2
    resolved: float = 0.45


#: Of stars that were observed for months and years, and for at least half of that time: trials are many,
#: and a signal is many transits. The search recovers as many as with the other (benchmarks/bench_density.py).
_OF_YEARS: Final = Density(every=3, resolved=0.5)
_YEARS_BEGIN_DAYS: Final = 180.0
_LEAST_OBSERVED: Final = 0.5


def density_of(grid: Grid) -> Density:
    """Return how densely a star is searched: by how long, and for how much of that, it was observed."""
    is_long = grid.step * grid.coverage.size > _YEARS_BEGIN_DAYS
    return _OF_YEARS if is_long and np.mean(grid.coverage > 0) >= _LEAST_OBSERVED else Density()


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
    widths: tuple[int, ...]
    bases: tuple[int, int]
    cells: NDArray[np.int64]

    @property
    def room(self) -> int:
        """Length of the grid with the zeros that must follow it."""
        return self.n_bins + 2 * self.bases[1] + self.widths[-1] + _SHIFTED


@dataclass(frozen=True, slots=True)
class BaseGroup:
    """Base periods that are searched together.

    Parameters
    ----------
    bases
        The first, and one more than the last, bins.
    counted, scanned
        Trials of all bases before: all, and those that are scanned.
    n_scales
        Boxes of all its scanned trials.
    """

    bases: tuple[int, int]
    counted: int
    scanned: int
    n_scales: int


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The levels of a search, finest first, and the spectrum that they fill; equal to itself alone.

    Parameters
    ----------
    periods
        Cells of the spectrum, days, increasing: those of the grid of Ofir (2014) into which trials fall.
    levels
        What is searched.
    every
        Of the trials only each ``every``-th is scanned.
    """

    periods: Floats
    levels: tuple[Level, ...]
    every: int


@lru_cache(maxsize=64)
def plan_search(
    n_bins: int,
    step: float,
    period_range: tuple[float, float],
    duration_factors: tuple[float, float],
    density: Density,
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
    density
        Of the trials.
    """
    baseline, every = n_bins * step, density.every
    shortest, longest = period_range[0], min(period_range[1], baseline / 2)
    if not shortest < longest:
        return Plan(np.empty(0), (), every)
    periods = ofir_periods(baseline, shortest, longest, _OVERSAMPLING)
    between = 0.5 * (periods[1:] + periods[:-1])
    resolutions = list(_resolutions(n_bins, step, (shortest, longest), duration_factors, density.resolved))
    cells = [
        np.searchsorted(between, level_step * trial_periods(size, bases, every))
        for level_step, size, _, bases in resolutions
    ]
    tried = np.unique(np.concatenate([np.empty(0, np.int64), *cells]))
    levels = tuple(
        Level(*resolution, np.searchsorted(tried, some))
        for resolution, some in zip(resolutions, cells, strict=True)
    )
    return Plan(periods[tried], levels, every)


def _resolutions(
    n_bins: int,
    step: float,
    period_range: tuple[float, float],
    factors: tuple[float, float],
    least_resolved: float,
) -> Iterator[tuple[float, int, tuple[int, ...], tuple[int, int]]]:
    """Double the bins while there are periods long enough for the boxes; leave out what has no bases.

    A resolution has the wide boxes from where they are short enough on, and narrow ones where no finer
    resolution has periods. It ends where its boxes are too short.
    """
    resolved = max(factors[0], min(least_resolved, factors[1])), factors[1]
    covered = 0.0
    while periods_of_duration(step * _WIDTHS[1], factors)[0] < period_range[1]:
        begin, end = periods_of_duration(step * _WIDTHS[1], resolved)
        narrow_begin, narrow_end = periods_of_duration(step * _WITH_NARROW[1], factors)
        limits = begin if covered else narrow_begin, covered, min(narrow_end, end), end
        edges = np.maximum.accumulate(limits).clip(*period_range) / step
        bins = np.ceil(edges).astype(int).clip(min=_SHORTEST_BASE)
        bins[0], bins[-1] = max(int(edges[0]), _SHORTEST_BASE), min(int(edges[-1]) + 1, n_bins)
        # The bases at both ends of the range belong to what is beside them.
        bins[1] = bins[1] if covered else bins[0]
        bins[2] = bins[2] if narrow_end < period_range[1] else bins[3]
        for widths, bases in zip((_WIDTHS, _WITH_NARROW, _WIDTHS), pairwise(bins.tolist()), strict=True):
            if bases[0] < bases[1]:
                yield step, n_bins, widths, bases
        if n_bins % 2:
            return
        step, n_bins, covered = 2 * step, n_bins // 2, end


def trial_periods(n_bins: int, bases: tuple[int, int], every: int) -> Floats:
    """Return the trial periods that ``search_group`` scans, in its order, bins."""
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


@lru_cache(maxsize=256)
def base_groups(
    n_bins: int, bases: tuple[int, int], widths: tuple[int, ...], every: int, most_scales: int
) -> tuple[BaseGroup, ...]:
    """Divide the bases of a level into groups of at most so many boxes, or of one base."""
    base = np.arange(bases[0], min(bases[1], n_bins))
    behind = np.cumsum(-(-n_bins // base) - 1)
    before = np.concatenate([[0], behind[:-1]])
    scanned = np.concatenate([[0], behind // every])
    n_scales = np.diff(scanned) * len(widths) * (base + widths[-1])
    groups, start = [], 0
    while start < base.size:
        size = max(1, int(np.searchsorted(np.cumsum(n_scales[start:]), most_scales, side="right")))
        end = start + size
        limits = int(base[start]), int(base[min(end, base.size) - 1]) + 1
        groups.append(
            BaseGroup(limits, int(before[start]), int(scanned[start]), int(n_scales[start:end].sum()))
        )
        start = end
    return tuple(groups)
