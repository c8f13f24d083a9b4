"""From a peak of a periodogram to the box that fits the data best, and to the right one of its aliases.

Choices between periods live here; spectra are made elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.transits.search.boxes import Box, Transits, transits_of
from astro_assets.transits.search.engine import Band, Curve, Engine
from astro_assets.transits.search.folded_boxes import measure
from astro_assets.transits.search.periods import transit_duration_days

#: Trial durations around the peak's.
_DURATION_FACTORS: Final = np.array([0.7, 0.85, 1.0, 1.18, 1.4])
#: Trial periods are so close that transits drift over the baseline by this part of the duration.
_DRIFT: Final = 1 / 6
#: A sample further ahead than this is another time, however rounded.
_LEAST_AHEAD_DAYS: Final = 1e-6
#: Odd and even depths that differ by so many standard deviations, and by such a part, belong to two eclipses.
_ODD_EVEN_SIGMA: Final = 5.0
_ODD_EVEN_PART: Final = 0.2
#: So do those of many eclipses that differ by so many standard deviations by their own scatter.
_ALTERNATION_SIGMA: Final = 7.0
_MANY_TRANSITS: Final = 40


@dataclass(frozen=True, slots=True)
class Limits:
    """What a signal may be.

    Parameters
    ----------
    periods
        Shortest and longest period, days.
    duration_factors
        Shortest and longest duration in units of that at the Sun's density.
    min_transits
        Fewest observed transits.
    """

    periods: tuple[float, float]
    duration_factors: tuple[float, float]
    min_transits: int

    def durations(self, period: float, cadence_days: float) -> tuple[float, float]:
        """Shortest and longest duration at a period, days."""
        expected = float(transit_duration_days(period))
        longest = min(self.duration_factors[1] * expected, 0.45 * period)
        return min(max(self.duration_factors[0] * expected, cadence_days), longest), longest


@dataclass(frozen=True, slots=True)
class Fitted:
    """A box that fits, and its transits."""

    box: Box
    transits: Transits


def refine(curve: Curve, box: Box, half_width: float, limits: Limits, engine: Engine) -> Fitted | None:
    """Search closely around a box.

    Parameters
    ----------
    curve
        The whole curve.
    box
        Where to look.
    half_width
        Periods within this of the box's are tried, days.
    limits
        Durations and transits allowed.
    engine
        Searches the periods.

    Returns
    -------
    Fitted or None
        The best box; None when none is a dip, or too few of its transits are observed.
    """
    shortest, longest = limits.durations(box.period, curve.cadence_days)
    steps = 2 * half_width / box.period * curve.baseline_days / (_DRIFT * box.duration)
    periods = box.period + half_width * np.linspace(-1, 1, 2 * math.ceil(steps / 2) + 1)
    durations = np.unique((box.duration * _DURATION_FACTORS).clip(shortest, longest))
    found = engine(_transit_at_half_phase(curve, box), (Band(periods, durations),))
    best = int(np.argmax(found.power))
    if not found.power[best] > 0:
        return None
    refined = Box(float(found.periods[best]), float(found.epoch[best]), float(found.duration[best]))
    fitted = Fitted(refined, transits_of(curve, refined))
    return fitted if fitted.transits.n_transits >= limits.min_transits else None


def located(curve: Curve, period: float, duration: float) -> Box:
    """Return the deepest box of a period and duration, to a quarter of the duration."""
    n_bins = max(4, math.ceil(4 * period / duration))
    phase = ((curve.time - curve.time[0]) / period) % 1.0
    index = np.minimum((phase * n_bins).astype(np.int64), n_bins - 1)
    weight = np.bincount(index, curve.weight, n_bins)
    dip = np.bincount(index, curve.weight * (curve.flux - 1), n_bins) - weight * (
        float(np.average(curve.flux, weights=curve.weight)) - 1
    )
    circle = np.concatenate([dip, dip[:3]]), np.concatenate([weight, weight[:3]])
    dips, weights = (np.convolve(values, np.ones(4), "valid") for values in circle)
    depth = np.divide(-dips, np.sqrt(weights), out=np.full(n_bins, -np.inf), where=weights > 0)
    middle = (int(np.argmax(depth)) + 2) / n_bins
    return Box(period, float(curve.time[0] + middle * period), duration)


def _transit_at_half_phase(curve: Curve, box: Box) -> Curve:
    """Put a sample of no weight before the first, so that the transit is at half phase counted from there.

    astropy pads the folded curve at phase 1 by only the shortest duration: longer boxes across it are cut.
    """
    ahead = (0.5 * box.period - float(box.epoch - curve.time[0])) % box.period
    start = curve.time[0] - (ahead if ahead > _LEAST_AHEAD_DAYS else box.period)
    return Curve(
        np.concatenate([[start], curve.time]),
        np.concatenate([[1.0], curve.flux]),
        np.concatenate([[1e6 * float(curve.flux_err.max())], curve.flux_err]),
        curve.cadence_days,
    )


def right_alias(curve: Curve, found: Fitted, limits: Limits, engine: Engine) -> Fitted:
    """Choose among a period, its simple fractions and its multiples.

    A planet's signal-to-noise ratio is highest at its own period: half of it dilutes the depth, twice of it
    leaves out half of the transits. Two cases need more. Where the additional transits of the shorter period
    all fall into gaps, the longer one explains the same with less and is taken. Where odd and even depths
    differ clearly, two eclipses alternate and the double period is taken.

    Parameters
    ----------
    curve
        The whole curve.
    found
        The refined peak.
    limits
        Periods, durations and transits allowed.
    engine
        Searches the periods.

    Returns
    -------
    Fitted
        ``found`` or one of its aliases.
    """
    best = found
    for ratio in (1 / 3, 1 / 2, 2 / 3, 3 / 2, 2.0, 3.0):
        period = found.box.period * ratio
        if not limits.periods[0] <= period <= limits.periods[1]:
            continue
        shortest, longest = limits.durations(period, curve.cadence_days)
        trial = Box(period, found.box.epoch, min(max(found.box.duration, shortest), longest))
        half_width = 0.5 * trial.duration * period / curve.baseline_days
        alias = refine(curve, trial, half_width, limits, engine)
        if alias is not None and (_explains_more(alias, best) or _explains_with_less(alias, best)):
            best = alias
    return _double_if_alternating(curve, best, limits)


def _explains_more(alias: Fitted, best: Fitted) -> bool:
    """Whether a period is stronger, and a shorter one not only by what noise adds to the same transits."""
    longer = alias.box.period > best.box.period
    return alias.transits.strength > best.transits.strength and (
        longer or alias.transits.n_transits > best.transits.n_transits
    )


def _explains_with_less(alias: Fitted, best: Fitted) -> bool:
    """Whether a longer period sees the same transits as strongly, to 2 %."""
    return (
        alias.box.period > 1.5 * best.box.period
        and alias.transits.n_transits >= best.transits.n_transits
        and alias.transits.strength >= 0.98 * best.transits.strength
    )


def _double_if_alternating(curve: Curve, found: Fitted, limits: Limits) -> Fitted:
    """Take the double period, the deeper eclipse as transit, where odd and even depths differ clearly."""
    period = 2 * found.box.period
    if period > limits.periods[1]:
        return found
    statistics = measure(curve, found.box)
    odd, even = statistics.depth_odd, statistics.depth_even
    part = abs(odd - even) / max(odd, even) if max(odd, even) > 0 else 0.0
    clearly = statistics.odd_even_sigma > _ODD_EVEN_SIGMA and part > _ODD_EVEN_PART
    always = statistics.alternation_sigma > _ALTERNATION_SIGMA and statistics.n_transits >= _MANY_TRANSITS
    if not (clearly or always):
        return found
    epoch = found.box.epoch + (found.box.period if odd > even else 0.0)
    box = Box(period, epoch, found.box.duration)
    doubled = Fitted(box, transits_of(curve, box))
    return doubled if doubled.transits.n_transits >= limits.min_transits else found
