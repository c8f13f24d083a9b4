"""Which measures of a candidate are unusual for a planet, and what that may mean.

The bounds are those of `docs/vetting.md`; nothing is decided by them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class Finding:
    """A measure beyond what planets have.

    Attributes
    ----------
    measure
        Column of ``transit_features``.
    usual
        What planets have, in words.
    reason
        What it may mean.
    """

    measure: str
    value: float
    usual: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Bound:
    measure: str
    is_unusual: Callable[[float], bool]
    usual: str
    reason: str


def _above(bound: float) -> Callable[[float], bool]:
    return lambda value: value > bound


def _not_above(bound: float) -> Callable[[float], bool]:
    return lambda value: value <= bound


def _beyond(bound: float) -> Callable[[float], bool]:
    return lambda value: abs(value) > bound


_BOUNDS: Final = (
    _Bound("events_odd_even_sigma", _above(3), "below 3", "odd and even transits differ in depth: a binary"),
    _Bound("weak_secondary_sigma", _above(5), "below 5", "there is another dip: an eclipse of what shines"),
    _Bound("centroid_shift_sigma", _above(3), "below 3", "the light moves: another star may be eclipsed"),
    _Bound("duration_over_star", _above(1.3), "below about 1.3", "it is long for this star"),
    _Bound("bottom_over_mean_depth", _above(1.5), "1.1 to 1.3", "it is a V: a grazing eclipse"),
    _Bound("asymmetry_sigma", _beyond(3), "within 3", "its halves are not equally deep"),
    _Bound("brightening_over_dip", _above(0.3), "below 0.3", "it brightens as it dims: a variable star"),
    _Bound("primary_beyond_noise", _not_above(0), "above 0", "noise makes dips as deep in the fold"),
    _Bound("primary_beyond_tertiary", _not_above(0), "above 0", "the third deepest dip is as deep"),
    _Bound("primary_beyond_positive", _not_above(0), "above 0", "the strongest brightening is as strong"),
    _Bound("event_chi_square", _above(2), "near 1", "the single transits are not alike"),
    _Bound("mean_over_median_depth", _above(1.5), "near 1", "few transits make the depth"),
    _Bound("step_sigma", _beyond(3), "within 3", "the flux is another after it than before"),
    _Bound("near_gap_fraction", _above(0.5), "few", "most transits are at gaps or ends of the data"),
    _Bound("transit_coverage", _not_above(0.5), "most", "half of what is expected was not observed"),
)


def unusual(measures: Mapping[str, Any]) -> list[Finding]:
    """List the measures that are beyond what planets have; what is NaN tells nothing.

    Parameters
    ----------
    measures
        A row of ``transits/transit_features``.
    """
    found = [
        Finding(bound.measure, value, bound.usual, bound.reason)
        for bound in _BOUNDS
        if not math.isnan(value := measures[bound.measure]) and bound.is_unusual(value)
    ]
    return [*found, *_sine(measures)]


def _sine(measures: Mapping[str, Any]) -> list[Finding]:
    """Tell of a sine wave where it is both certain and as large as the depth (SWEET)."""
    names = ("sine_half_period_sigma", "sine_period_sigma", "sine_twice_period_sigma")
    strongest = max(names, key=lambda name: -math.inf if math.isnan(measures[name]) else measures[name])
    if measures[strongest] > 50 and measures["sine_over_depth"] >= 1:
        reason = "the star varies like a sine wave with this period, by as much as the depth"
        return [Finding(strongest, measures[strongest], "below 50, or less than the depth", reason)]
    return []
