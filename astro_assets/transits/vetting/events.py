"""The transits of candidates one by one: are they alike, and does the flux come back after them.

After the single- and multiple-event statistics of Jenkins (2002, ApJ 575, 493), the chi-square test of Seader
et al. (2013, ApJS 206, 25), the mean over the median depth (DMM) of Thompson et al. (2018, ApJS 235, 38), and
the tests of single transits of Kunimoto et al. (2025, arXiv:2509.10619).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.engine import Floats
from astro_assets.transits.vetting.coverage import Calendar, observed, sides_of
from astro_assets.transits.vetting.folds import Folds, Indices, divided, group_medians, sums

#: Parts of a transit, at most, in which the mean of all is taken for its shape.
_MOST_PARTS: Final = 20


@dataclass(frozen=True, slots=True)
class Mean:
    """Mean dip of a part of each transit, NaN without samples, and its inverse variance; shape (k,)."""

    value: Floats
    weight: Floats

    def less(self, other: Mean) -> Mean:
        """Return the difference, with the inverse variance of both."""
        weight = np.nan_to_num(divided(self.weight * other.weight, self.weight + other.weight))
        return Mean(np.where(weight > 0, self.value - other.value, np.nan), weight)


@dataclass(frozen=True, slots=True)
class Events:
    """The observed transits of m candidates, k in all, in order of candidate and time.

    Parameters
    ----------
    size
        How many candidates there are.
    candidate, number
        Whose each is, and its number counted from the epoch, shape (k,).
    depth
        Below what is beside it, or where nothing is, below what is beside all of them.
    excess
        Depth less that of the mean transit, by a constant of the candidate, where both are observed: of the
        part of a transit that is there the mean depth is not that of all.
    rise
        Flux after it less flux before it; weight 0 where a side is missing.
    shift
        Below the mean of both sides, whatever their weights: what drifts steadily has none; weight 0 where a
        side is missing.
    """

    size: int
    candidate: Indices
    number: Indices
    depth: Mean
    excess: Mean
    rise: Mean
    shift: Mean

    def count(self) -> Indices:
        """How many each candidate has, shape (m,)."""
        return np.bincount(self.candidate, minlength=self.size).astype(np.int64)

    def mean(self, of: Mean, chosen: NDArray[np.bool_] | None = None) -> tuple[Floats, Floats]:
        """Return the mean over each candidate's transits, or those chosen, and its inverse variance."""
        weight = of.weight if chosen is None else np.where(chosen, of.weight, 0.0)
        total = sums(self.candidate, weight, self.size)
        return divided(sums(self.candidate, weight * np.nan_to_num(of.value), self.size), total), total

    def chi_square(self, of: Mean, about: Floats, n_fitted: int) -> Floats:
        """Return the reduced chi-square about a value of each candidate, of so many numbers; shape (m,)."""
        left = np.nan_to_num(of.value - about[self.candidate])
        known = sums(self.candidate, (of.weight > 0).astype(np.float64), self.size)
        return divided(sums(self.candidate, of.weight * left**2, self.size), known - float(n_fitted))


def events_of(folds: Folds, calendar: Calendar, cadence: Floats) -> Events:
    """Measure each transit that is half observed.

    Parameters
    ----------
    folds
        Samples in the transits of m candidates and beside them, without those of other candidates' transits.
    calendar
        Their transits.
    cadence
        Longest time that a sample stands for, days, shape (m,).
    """
    sides, inside = sides_of(folds), folds.distance < 0.5
    is_seen = observed(calendar.shown(folds, cadence, inside), folds, calendar)
    place = calendar.place(folds)

    def mean(chosen: NDArray[np.bool_], dip: Floats = folds.dip) -> Mean:
        some = chosen & (place >= 0)
        of, weights = place[some], folds.weight[some]
        total = sums(of, weights, is_seen.size)
        value = divided(sums(of, weights * dip[some], is_seen.size), total)
        return Mean(value[is_seen], total[is_seen])

    within, before, after = mean(inside), mean(sides.before), mean(sides.after)
    beside = mean(sides.before | sides.after)
    candidate = calendar.candidate[is_seen]
    elsewhere, weight = folds.mean(~inside)
    # All transits share it: each has its part, so that its error is in the mean once.
    part = divided(within.weight, sums(candidate, within.weight, folds.size)[candidate])
    has_sides = beside.weight > 0
    level = Mean(
        np.where(has_sides, beside.value, elsewhere[candidate]),
        np.where(has_sides, beside.weight, weight[candidate] * part),
    )
    both = Mean(
        0.5 * (before.value + after.value),
        4 * np.nan_to_num(divided(before.weight * after.weight, before.weight + after.weight)),
    )
    return Events(
        size=folds.size,
        candidate=candidate,
        number=calendar.number[is_seen],
        depth=within.less(level),
        excess=mean(inside, folds.dip - _profile(folds, cadence)).less(level),
        rise=before.less(after),
        shift=within.less(both),
    )


def _profile(folds: Folds, cadence: Floats) -> Floats:
    """Return the mean dip of all transits where each sample is in its own, 0 out of transit, shape (n,).

    Parts are not shorter than a cadence; what a single transit shows alone has the mean of all of it.
    """
    inside = folds.distance < 0.5
    of, number = folds.candidate[inside], folds.number[inside]
    dip, weight = folds.dip[inside], folds.weight[inside]
    parts = np.clip(np.floor(folds.duration / cadence), 1, _MOST_PARTS).astype(np.int64)
    start = np.cumsum(parts) - parts
    part = np.floor((folds.offset[inside] / folds.duration[of] + 0.5) * parts[of]).astype(np.int64)
    place = start[of] + np.minimum(part, parts[of] - 1)
    n_places = int(parts.sum())
    means = divided(sums(place, weight * dip, n_places), sums(place, weight, n_places))
    earliest, latest = np.full(n_places, np.iinfo(np.int64).max), np.full(n_places, np.iinfo(np.int64).min)
    np.minimum.at(earliest, place, number)
    np.maximum.at(latest, place, number)
    whole, _ = folds.mean(inside)
    profile = np.zeros(folds.time.size)
    profile[inside] = np.where((latest > earliest)[place], means[place], whole[of])
    return profile


@dataclass(frozen=True, slots=True)
class EventStatistics:
    """What the transits say together, shape (m,); NaN where there are too few.

    Parameters
    ----------
    depth, error
        Mean depth, and its standard deviation with red noise.
    mean_over_median
        Mean depth over the median one: far from 1 where few transits make the depth.
    largest_single
        Largest ratio of a single transit's depth to its error (single-event statistic).
    largest_over_multiple
        The same over the ratio of all (multiple-event statistic): 1 where one transit is all there is.
    chi_square
        Reduced chi-square of single transits about the mean transit.
    odd_even_sigma
        Difference of mean odd and even depths over its error.
    step_sigma
        Flux after the transits less flux before, over its error: what falls and does not come back.
    step_chi_square
        Reduced chi-square of these about none, so that rises do not make up for falls.
    """

    depth: Floats
    error: Floats
    mean_over_median: Floats
    largest_single: Floats
    largest_over_multiple: Floats
    chi_square: Floats
    odd_even_sigma: Floats
    step_sigma: Floats
    step_chi_square: Floats


def event_statistics(events: Events, red_noise: Floats) -> EventStatistics:
    """Compare the transits of each candidate.

    Parameters
    ----------
    events
        Of m candidates.
    red_noise
        By how much the noise of a box exceeds white noise, shape (m,).

    Returns
    -------
    EventStatistics
        Arrays of shape (m,).
    """
    of, depths = events.candidate, events.depth
    depth, weight = events.mean(depths)
    error = red_noise * np.sqrt(divided(np.ones(events.size), weight))
    positive = np.where(depth > 0, depth, np.nan)
    largest = np.full(events.size, np.nan)
    np.fmax.at(largest, of, depths.value * np.sqrt(depths.weight) / red_noise[of])
    is_odd = events.number % 2 == 1
    excess, _ = events.mean(events.excess)
    (odd, odd_weight), (even, even_weight) = (events.mean(events.excess, some) for some in (is_odd, ~is_odd))
    both = divided(odd_weight * even_weight, odd_weight + even_weight)
    rise, rise_weight = events.mean(events.rise)
    return EventStatistics(
        depth=depth,
        error=error,
        mean_over_median=divided(depth, group_medians(of, np.nan_to_num(depths.value), events.size)),
        largest_single=largest,
        largest_over_multiple=largest * error / positive,
        chi_square=events.chi_square(events.excess, excess, 1) / red_noise**2,
        odd_even_sigma=np.abs(odd - even) * np.sqrt(both) / red_noise,
        step_sigma=rise * np.sqrt(rise_weight) / red_noise,
        step_chi_square=events.chi_square(events.rise, np.zeros(events.size), 0) / red_noise**2,
    )
