"""How unlike the rest of the fold a transit is: the model-shift uniqueness test.

After Coughlin et al. (2016, ApJS 224, 12, section 3.2.3) and Thompson et al. (2018, ApJS 235, 38, appendix
A.3.4), with a box as long as the transit for the model, and depths in units of the white noise of the samples
instead of the scatter of residuals.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.noise import MAD_TO_SIGMA
from astro_assets.transits.search.engine import Floats
from astro_assets.transits.vetting.folds import Folds, Indices, divided, group_medians, sums

#: Boxes start at each quarter of a duration.
_BINS: Final = 4
#: Fewer boxes than this side by side do not tell what is elsewhere in phase.
_LEAST_CYCLE: Final = 4.0
#: Dips closer than this many durations are one dip; a brightening must be further from dips, whose shoulders
#: detrending lifts.
_APART, _FAR = 2.0, 3.0
#: Noise in phase is told by so many boxes at least, one beside the other.
_FEWEST_BOXES: Final = 10
#: Signals searched for in a survey: of its tests one in so many may be passed by chance.
_SURVEY: Final = 20_000
#: A box with less than this part of the weight that evenly spread samples give it is a gap.
_LEAST_WEIGHT: Final = 0.25


@dataclass(frozen=True, slots=True)
class ModelShift:
    """What stands out of each fold, shape (m,); NaN where there is no such place in the cycle.

    Parameters
    ----------
    primary, secondary, tertiary, positive
        Depth over its white error at the transit, of the deepest box two durations off it, of the deepest
        two durations off both, and of the strongest brightening two durations off both.
    primary_depth, secondary_depth, half_depth
        Relative depths of the first two and of the box half a period from the transit, below one level.
    primary_err, half_err
        Their standard deviations in white noise.
    secondary_phase
        Cycles from the transit, 0 to 1.
    red_noise
        Scatter of the ratios away from transit and secondary, in white noise 1.
    unlikely, unlikely_once
        What a ratio must exceed to be one of a survey's false alarms, and of a single fold's.
    """

    primary: Floats
    secondary: Floats
    tertiary: Floats
    positive: Floats
    primary_depth: Floats
    secondary_depth: Floats
    half_depth: Floats
    primary_err: Floats
    half_err: Floats
    secondary_phase: Floats
    red_noise: Floats
    unlikely: Floats
    unlikely_once: Floats


def model_shift(folds: Folds) -> ModelShift:
    """Measure boxes at all phases of each fold.

    Parameters
    ----------
    folds
        Samples of m candidates.

    Returns
    -------
    ModelShift
        Arrays of shape (m,).
    """
    # Loading it takes a while; the code location must load without it.
    from scipy.special import erfcinv

    boxes = _Boxes.of(folds).balanced(folds)
    away = boxes.is_seen & (boxes.from_primary >= _APART)
    second = boxes.highest(boxes.ratio, away)
    from_second = boxes.distance_to(second)
    apart = away & (from_second >= _APART)
    third = boxes.highest(boxes.ratio, apart)
    brightest = boxes.highest(
        -boxes.ratio, boxes.is_seen & (np.minimum(boxes.from_primary, from_second) >= _FAR)
    )
    middle = boxes.highest(-boxes.from_half, boxes.is_seen & (boxes.from_half <= 0.5))
    primary = boxes.highest(-boxes.from_primary, boxes.is_seen & (boxes.from_primary <= 0.5))
    duty = folds.duration / folds.period
    return ModelShift(
        primary=boxes.at(primary, boxes.ratio),
        secondary=boxes.at(second, boxes.ratio),
        tertiary=boxes.at(third, boxes.ratio),
        positive=-boxes.at(brightest, boxes.ratio),
        primary_depth=boxes.at(primary, boxes.depth),
        secondary_depth=boxes.at(second, boxes.depth),
        half_depth=boxes.at(middle, boxes.depth),
        primary_err=boxes.error(primary),
        half_err=boxes.error(middle),
        secondary_phase=boxes.at(second, boxes.phase),
        red_noise=boxes.scatter(apart),
        unlikely=np.sqrt(2) * erfcinv(np.minimum(duty / _SURVEY, 1.0)),
        unlikely_once=np.sqrt(2) * erfcinv(np.minimum(duty, 1.0)),
    )


@dataclass(frozen=True, slots=True)
class _Boxes:
    """Boxes a duration long at all phases of m folds, b in all, in order of candidate and phase.

    Attributes
    ----------
    first, count
        Where each candidate's begin, and how many they are, shape (m,).
    candidate, phase, depth, weight, ratio
        Of each box; the phase is that of its middle, from the transit, 0 to 1; shape (b,).
    is_seen
        Whether enough was observed.
    from_primary, from_half
        Durations from the transit, and from half a period off it.
    cycle
        Periods in durations, shape (m,).
    """

    first: Indices
    count: Indices
    candidate: Indices
    phase: Floats
    depth: Floats
    weight: Floats
    ratio: Floats
    is_seen: NDArray[np.bool_]
    from_primary: Floats
    from_half: Floats
    cycle: Floats

    @classmethod
    def of(cls, folds: Folds) -> _Boxes:
        """Sum the samples of each quarter of a duration, and four of these for each box."""
        cycle = folds.period / folds.duration
        count = np.maximum(np.rint(_BINS * cycle), 1).astype(np.int64)
        first = np.cumsum(count) - count
        candidate = np.repeat(np.arange(folds.size), count)
        within = np.arange(candidate.size) - first[candidate]
        # Bins begin half a box before the transit, so that one box is centred on it.
        phase = folds.offset / folds.period[folds.candidate] + 0.5 / cycle[folds.candidate]
        place = np.floor((phase % 1.0) * count[folds.candidate]).astype(np.int64)
        bins = first[folds.candidate] + np.minimum(place, count[folds.candidate] - 1)
        weight, excess = (
            cls._over_a_duration(sums(bins, values, candidate.size), first, count, candidate, within)
            for values in (folds.weight, folds.weight * folds.dip)
        )
        level = _level(folds, folds.distance > 0.5 * _APART)
        depth = np.nan_to_num(divided(excess, weight) - level[candidate])
        is_known = (np.isfinite(level) & (cycle >= _LEAST_CYCLE))[candidate]
        middle = within / count[candidate]
        expected = folds.total(folds.weight) / np.maximum(cycle, 1)
        length = cycle[candidate]
        return cls(
            first=first,
            count=count,
            candidate=candidate,
            phase=middle,
            depth=depth,
            weight=weight,
            ratio=depth * np.sqrt(weight),
            is_seen=(weight > _LEAST_WEIGHT * expected[candidate]) & is_known,
            from_primary=np.minimum(middle, 1 - middle) * length,
            from_half=np.abs(middle - 0.5) * length,
            cycle=cycle,
        )

    def balanced(self, folds: Folds) -> _Boxes:
        """Measure depths below the level of what is neither in transit nor in the strongest brightening.

        Without a sinusoid's minimum alone the rest of it is too bright. In short cycles little would be left.
        """
        bright = self.at(self.highest(-self.ratio, self.is_seen & (self.from_primary >= _APART)), self.phase)
        away = np.abs((folds.offset / folds.period[folds.candidate]) % 1.0 - bright[folds.candidate])
        durations = np.minimum(away, 1 - away) * self.cycle[folds.candidate]
        is_bright = (durations <= 0.5 * _APART) & (self.cycle >= _FEWEST_BOXES)[folds.candidate]
        change = _level(folds, (folds.distance > 0.5 * _APART) & ~is_bright) - _level(
            folds, folds.distance > 0.5 * _APART
        )
        depth = self.depth - np.nan_to_num(change)[self.candidate]
        return replace(self, depth=depth, ratio=depth * np.sqrt(self.weight))

    @staticmethod
    def _over_a_duration(
        binned: Floats, first: Indices, count: Indices, candidate: Indices, within: Indices
    ) -> Floats:
        steps = (first[candidate] + (within + step) % count[candidate] for step in range(_BINS))
        total: Floats = np.sum([binned[places] for places in steps], axis=0)
        return total

    def highest(self, values: Floats, among: NDArray[np.bool_]) -> Indices:
        """Return the box of each candidate with the highest value, -1 where none is allowed, shape (m,)."""
        allowed = np.where(among, values, -np.inf)
        order = np.lexsort((allowed, self.candidate))
        best = order[self.first + self.count - 1] if self.first.size else self.first
        return np.where(np.isfinite(allowed[best]), best, -1)

    def at(self, box: Indices, values: Floats) -> Floats:
        """Return the values of chosen boxes, NaN for none, shape (m,)."""
        return np.where(box >= 0, values[box], np.nan) if box.size else np.empty(0)

    def distance_to(self, box: Indices) -> Floats:
        """Return how many durations each box is from its candidate's chosen one, infinite without one."""
        away = np.abs(self.phase - self.at(box, self.phase)[self.candidate])
        durations: Floats = np.minimum(away, 1 - away) * self.cycle[self.candidate]
        return np.where(np.isfinite(durations), durations, np.inf)

    def error(self, box: Indices) -> Floats:
        """Return the standard deviation of chosen boxes' depths in white noise, NaN for none, shape (m,)."""
        return np.sqrt(divided(np.ones(box.size), self.at(box, self.weight)))

    def scatter(self, among: NDArray[np.bool_]) -> Floats:
        """Return 1.4826 times the median distance of ratios from their median, shape (m,)."""
        group, values = self.candidate[among], self.ratio[among]
        middles = group_medians(group, values, self.first.size)
        scatter = MAD_TO_SIGMA * group_medians(group, np.abs(values - middles[group]), self.first.size)
        are_enough = np.bincount(group, minlength=self.first.size) >= _BINS * _FEWEST_BOXES
        return np.where(are_enough, scatter, np.nan)


def _level(folds: Folds, chosen: NDArray[np.bool_]) -> Floats:
    """Median dip of chosen samples, NaN without any, shape (m,)."""
    return group_medians(folds.candidate[chosen], folds.dip[chosen], folds.size)
