"""From a peak of a periodogram to the box that fits the data best, and to the right one of its aliases.

Choices between periods live here; spectra are made elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

from astro_assets.transits.search.alternation import alternation_of
from astro_assets.transits.search.boxes import Box, Transits, transits_of
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.periods import transit_duration_days
from astro_assets.transits.search.ranking import Evidence

#: Duration of a central transit of the Sun at a period of a day, days; it grows with the cube root.
_CENTRAL_DAY: Final = float(transit_duration_days(1.0))
#: The ratio of a box is that of its transits but for what is near them; at most it is lower by this factor.
LEAST_RATIO: Final = 0.9
#: And so is that of an alias of a refined period before it is refined itself.
_UNREFINED: Final = 0.9
#: A longer period sees the same transits as strongly if its strength is at least this part: the steps of
#: periods and phases cost up to some percent.
_AS_STRONG: Final = 0.96
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
        expected = _CENTRAL_DAY * math.cbrt(period)
        longest = min(self.duration_factors[1] * expected, 0.45 * period)
        return min(max(self.duration_factors[0] * expected, cadence_days), longest), longest


@dataclass(frozen=True, slots=True)
class Fitted:
    """A box that fits, and its transits."""

    box: Box
    transits: Transits


def refine(
    curve: Curve,
    box: Box,
    half_width: float,
    limits: Limits,
    least_ratio: float = 0.0,
    *,
    is_anywhere: bool = False,
) -> Fitted | None:
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
    least_ratio
        Of the depth to its white noise.
    is_anywhere
        Whether boxes at all phases are tried, not only those within a duration of the box's own.

    Returns
    -------
    Fitted or None
        The best box; None when its ratio is not above the least, or too few of its transits are observed.
    """
    ratio, *found = _best_near(curve, box, half_width, limits, is_anywhere=is_anywhere)
    if not ratio > least_ratio:
        return None
    refined = Box(*found)
    fitted = Fitted(refined, transits_of(curve, refined))
    return fitted if fitted.transits.n_transits >= limits.min_transits else None


def _best_near(curve: Curve, box: Box, half_width: float, limits: Limits, *, is_anywhere: bool) -> Any:
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.box_loops import best_near

    return best_near(
        curve.time,
        curve.flux,
        curve.weight,
        (box.period, box.epoch, box.duration),
        half_width,
        limits.durations(box.period, curve.cadence_days),
        is_anywhere,
    )


def located(curve: Curve, period: float, duration: float) -> Box:
    """Return the deepest box of a period and duration, to a quarter of the duration."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.box_loops import roughly_deepest

    n_bins = max(4, math.ceil(4 * period / duration))
    middle = roughly_deepest(curve.time, curve.flux, curve.weight, period, n_bins, 4)
    return Box(period, float(curve.time[0] + middle * period), duration)


def right_alias(curve: Curve, found: Fitted, limits: Limits, evidence: Evidence | None = None) -> Fitted:
    """Choose among a period, its simple fractions and its multiples.

    A planet's signal-to-noise ratio is highest at its own period: half of it dilutes the depth, twice of it
    leaves out half of the transits. Two cases need more. Where the additional transits of the shorter period
    all fall into gaps, the longer one explains the same with less and is taken. Where odd and even depths
    differ clearly, two eclipses alternate, or each second one is none, and the double period is taken.
    Multiples of a strong signal may be longer than all periods that are searched: of two transits that far
    apart the spectrum sees fractions of their period only, as with K2-3 d.

    Parameters
    ----------
    curve
        The whole curve.
    found
        The refined peak.
    limits
        Periods, durations and transits allowed.
    evidence
        Without more of it, a stronger alias is chance; None where strength decides alone.

    Returns
    -------
    Fitted
        ``found`` or one of its aliases.
    """
    best, best_evidence = found, _of(evidence, found)
    # Where strength decides, boxes that are clearly weaker need not be looked at transit by transit.
    weakest = LEAST_RATIO * _AS_STRONG * found.transits.strength if evidence is None else 0.0
    for ratio in (1 / 3, 1 / 2, 2 / 3, 3 / 2, 2.0, 3.0):
        period = found.box.period * ratio
        if period < limits.periods[0] or (period > limits.periods[1] and evidence is not None):
            continue
        shortest, longest = limits.durations(period, curve.cadence_days)
        trial = Box(period, found.box.epoch, min(max(found.box.duration, shortest), longest))
        # A multiple of a refined period hardly gains by refining.
        unrefined, *_ = _best_near(curve, trial, 0.0, limits, is_anywhere=True)
        if not unrefined > _UNREFINED * weakest:
            continue
        half_width = 0.5 * trial.duration * period / curve.baseline_days
        alias = refine(curve, trial, half_width, limits, weakest, is_anywhere=True)
        if alias is None:
            continue
        its_evidence = _of(evidence, alias)
        is_better = _explains_more(alias, best) if evidence is None else its_evidence > best_evidence
        if is_better or _explains_with_less(alias, best):
            best, best_evidence = alias, its_evidence
    return _double_if_alternating(curve, best, limits)


def _of(evidence: Evidence | None, found: Fitted) -> float:
    return evidence.near(found.box.period, found.box.duration) if evidence else math.nan


def _explains_more(alias: Fitted, best: Fitted) -> bool:
    """Whether a period is stronger, and a shorter one not only by what noise adds to the same transits."""
    longer = alias.box.period > best.box.period
    return alias.transits.strength > best.transits.strength and (
        longer or alias.transits.n_transits > best.transits.n_transits
    )


def _explains_with_less(alias: Fitted, best: Fitted) -> bool:
    """Whether a longer period sees the same transits as strongly."""
    return (
        alias.box.period > 1.5 * best.box.period
        and alias.transits.n_transits >= best.transits.n_transits
        and alias.transits.strength >= _AS_STRONG * best.transits.strength
    )


def _double_if_alternating(curve: Curve, found: Fitted, limits: Limits) -> Fitted:
    """Take the double period, the deeper eclipse as transit, where odd and even depths differ clearly."""
    period = 2 * found.box.period
    turns = alternation_of(found.transits)
    odd, even = turns.depth_odd, turns.depth_even
    part = abs(odd - even) / max(odd, even) if max(odd, even) > 0 else 0.0
    clearly = turns.sigma > _ODD_EVEN_SIGMA and part > _ODD_EVEN_PART
    always = turns.unlike_sigma > _ALTERNATION_SIGMA and found.transits.n_transits >= _MANY_TRANSITS
    if not (clearly or always):
        return found
    epoch = found.box.epoch + (found.box.period if odd > even else 0.0)
    box = Box(period, epoch, found.box.duration)
    doubled = Fitted(box, transits_of(curve, box))
    return doubled if doubled.transits.n_transits >= limits.min_transits else found
