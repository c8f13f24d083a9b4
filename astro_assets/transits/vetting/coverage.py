"""Which transits of candidates were observed, and which lie beside gaps: momentum dumps, ends of orbits.

Only times are looked at; depths are measured in `events`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve, Floats
from astro_assets.transits.vetting.folds import Folds, Indices, divided, sums

#: What is beside a transit lies between these distances from its middle, in durations, and not in the dip
#: that may be half a period off.
_INNER, _OUTER = 0.75, 2.0
#: Sides shorter than this, in durations, tell nothing.
_LEAST_SIDE: Final = 0.25
#: A transit is observed if this part of it is; a side lacks data with less than this part.
_LEAST_COVERED: Final = 0.5


@dataclass(frozen=True, slots=True)
class Calendar:
    """All transits of m candidates whose middles lie within the data, k in all, whether observed or not.

    Parameters
    ----------
    first, count, start
        Number of the first of each candidate, how many they are, and where they begin, shape (m,).
    candidate
        Whose each is, in order, shape (k,).
    """

    first: Indices
    count: Indices
    start: Indices
    candidate: Indices

    @property
    def number(self) -> Indices:
        """Numbers counted from the epoch, shape (k,)."""
        place = np.arange(self.candidate.size) - self.start[self.candidate]
        return self.first[self.candidate] + place

    @property
    def size(self) -> int:
        """How many candidates there are."""
        return self.count.size

    def place(self, folds: Folds) -> Indices:
        """Return which of these transits is nearest to each sample, -1 for none, shape (n,)."""
        place = folds.number - self.first[folds.candidate]
        is_known = (place >= 0) & (place < self.count[folds.candidate])
        return np.where(is_known, self.start[folds.candidate] + place, -1)

    def shown(self, folds: Folds, cadence: Floats, chosen: NDArray[np.bool_]) -> Floats:
        """Return the days of each transit that chosen samples show, shape (k,).

        A sample shows the time to its nearer neighbour, at most the candidate's cadence, shape (m,): light
        curves may have several.
        """
        step = np.diff(folds.time, prepend=np.nan, append=np.nan)
        is_new = np.diff(folds.candidate, prepend=-1, append=-1) != 0
        step[is_new] = np.inf
        days = np.minimum(np.minimum(step[:-1], step[1:]), cadence[folds.candidate])
        place = self.place(folds)
        counted = chosen & (place >= 0)
        return sums(place[counted], days[counted], self.candidate.size)


def calendar_of(curves: Sequence[Curve], boxes: Sequence[Box]) -> Calendar:
    """List the transits of each box whose middle is within half a cadence of the data of its curve."""
    spans = [_numbers(curve, box) for curve, box in zip(curves, boxes, strict=True)]
    first, end = np.array(spans, np.int64).reshape(-1, 2).T
    count = end - first
    candidate = np.repeat(np.arange(count.size, dtype=np.int64), count)
    return Calendar(first, count, np.cumsum(count) - count, candidate)


def _numbers(curve: Curve, box: Box) -> tuple[int, int]:
    """Return the number of the first transit, and one more than that of the last; equal without any."""
    if not curve.time.size:
        return 0, 0
    slack = 0.5 * curve.cadence_days
    first = math.ceil((curve.time[0] - slack - box.epoch) / box.period)
    return first, max(math.floor((curve.time[-1] + slack - box.epoch) / box.period) + 1, first)


def near_transits(curve: Curve, box: Box) -> Curve:
    """Return the samples in the transits of a box and beside them."""
    return curve.where(box.covers(curve.time, 2 * _OUTER))


@dataclass(frozen=True, slots=True)
class Sides:
    """What is beside transits.

    Parameters
    ----------
    before, after
        Whether each sample is there, shape (n,).
    length
        Of one side, durations, shape (m,); NaN where periods are too short for sides.
    """

    before: NDArray[np.bool_]
    after: NDArray[np.bool_]
    length: Floats


def sides_of(folds: Folds) -> Sides:
    """Tell what is beside the transits of each candidate."""
    edge = np.minimum(_OUTER, 0.5 * folds.period / folds.duration - 0.5)
    length = np.where(edge - _INNER >= _LEAST_SIDE, edge - _INNER, np.nan)
    beside = (folds.distance >= _INNER) & (folds.distance - _INNER < length[folds.candidate])
    return Sides(beside & (folds.offset < 0), beside & (folds.offset > 0), length)


def observed(shown: Floats, folds: Folds, calendar: Calendar) -> NDArray[np.bool_]:
    """Whether enough days of each transit are shown, shape (k,)."""
    return shown >= _LEAST_COVERED * folds.duration[calendar.candidate]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of m candidates, shape (m,), NaN without a transit within the data.

    Parameters
    ----------
    covered
        Part of the time of all transits that was observed.
    near_gap
        Part of the observed transits that lacks half of the data before or after it; NaN where periods are
        too short for sides.
    """

    covered: Floats
    near_gap: Floats


def coverage_of(folds: Folds, calendar: Calendar, cadence: Floats) -> Coverage:
    """Tell what was observed of each candidate's transits.

    Parameters
    ----------
    folds
        All samples in the transits and beside them, those of other candidates' transits, too.
    calendar
        The transits.
    cadence
        Longest time that a sample stands for, days, shape (m,).
    """
    of = calendar.candidate
    sides = sides_of(folds)
    inside = calendar.shown(folds, cadence, folds.distance < 0.5)
    before, after = (calendar.shown(folds, cadence, side) for side in (sides.before, sides.after))
    is_seen = observed(inside, folds, calendar)
    needed = _LEAST_COVERED * (sides.length * folds.duration)[of]
    lacks = sums(of[is_seen], (np.minimum(before, after) < needed)[is_seen].astype(np.float64), folds.size)
    n_seen = sums(of, is_seen.astype(np.float64), folds.size)
    total = calendar.count * folds.duration
    return Coverage(
        covered=np.minimum(divided(sums(of, inside, folds.size), total), 1.0),
        near_gap=np.where(np.isfinite(sides.length), divided(lacks, n_seen), np.nan),
    )
