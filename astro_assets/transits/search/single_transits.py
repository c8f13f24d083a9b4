"""Dips that happened once: found without a period, with what speaks against each.

Dips of known periodic signals are taken out by the caller's boxes; what repeats is found elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from astro_assets.transits.noise import red_noise_factor, robust_scatter
from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.matched_filter import SingleEvents, single_events

#: Ratio of neighbouring trial durations.
_DURATION_RATIO: Final = 1.35
#: Scatter nearby is that of events within so many durations, at least a day, the dip itself left out.
_NEAR_DURATIONS: Final = 8.0
_LEAST_NEAR_DAYS: Final = 1.0
#: Dips are at least so many durations apart.
_APART: Final = 1.5
#: Dips above this part of the threshold are left out where noise is measured.
_FIRST_LOOK: Final = 0.7
#: How far off the middle may be, in durations.
_MIDDLE: Final = 0.2
#: A dip is compared with its mirror image in so many bins of its duration ...
_MIRRORED_BINS: Final = 8
#: ... and is unlike it only where the difference is this part of it: a time is never exact.
_LEAST_UNLIKE: Final = 0.3
#: With less of the data left than this part, what is left is edges of the signals taken out.
_LEAST_LEFT: Final = 0.5


class SingleTransitSettings(BaseModel):
    """Settings of the search for dips that happened once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    shortest_hours: float = Field(1.5, ge=0.5, le=10, description="Shortest trial duration, hours.")
    longest_hours: float = Field(16.0, ge=2, le=60, description="Longest trial duration, hours.")
    bin_minutes: float = Field(
        15.0, ge=1, le=60, description="Shorter cadences are averaged in bins of this."
    )
    threshold: float = Field(5.5, ge=4, le=100, description="Smallest signal-to-noise ratio of a dip.")
    most: int = Field(5, ge=1, le=100, description="Most dips kept of one star, strongest first.")
    mask_durations: float = Field(
        2.0, ge=1, le=5, description="Width taken out around transits of candidates, in durations."
    )
    edge_durations: float = Field(
        0.25, ge=0, le=5, description="A gap closer to the dip's end than this, in durations, casts doubt."
    )
    longest_gap_hours: float = Field(
        2.0, ge=0.1, le=24, description="Longest stretch without data that is no gap, hours."
    )
    scatter_limit: float = Field(
        2.0, ge=1, le=10, description="Scatter of dips nearby, over that of all, that casts doubt."
    )
    brightening_part: float = Field(
        0.75, gt=0, le=2, description="A brightening elsewhere of this part of the dip's ratio casts doubt."
    )
    asymmetry_limit: float = Field(
        4.0,
        ge=2,
        le=20,
        description="Difference from the mirror image, in standard deviations, that casts doubt.",
    )

    @model_validator(mode="after")
    def _ordered(self) -> SingleTransitSettings:
        if self.shortest_hours >= self.longest_hours:
            raise ValueError("shortest_hours must be below longest_hours")
        return self


@dataclass(frozen=True, slots=True)
class SingleTransit:
    """A dip that happened once; see the columns of the same names in the table of single transits."""

    time: float
    duration: float
    depth: float
    snr: float
    gap_distance: float
    scatter_nearby: float
    brightening_snr: float
    asymmetry_sigma: float
    doubt: str | None


def find_single_transits(
    curve: Curve, known: Sequence[Box], settings: SingleTransitSettings
) -> list[SingleTransit]:
    """Find dips that belong to no known signal.

    Parameters
    ----------
    curve
        Detrended.
    known
        Signals whose dips are taken out.
    settings
        Durations, threshold and limits of doubt.

    Returns
    -------
    list of SingleTransit
        Strongest first.
    """
    left = curve
    for box in known:
        left = left.where(~box.covers(left.time, settings.mask_durations))
    if left.time.size < max(2, _LEAST_LEFT * curve.time.size):
        return []
    ratio = settings.longest_hours / settings.shortest_hours
    count = 1 + max(1, round(np.log(ratio) / np.log(_DURATION_RATIO)))
    durations = np.geomspace(settings.shortest_hours, settings.longest_hours, count) / 24
    step = settings.bin_minutes / 1440
    events = single_events(left, durations, step)
    rest = left
    for row, column in _dips(events, _FIRST_LOOK * settings.threshold, settings.most):
        distance = np.abs(rest.time - events.start - events.step * column)
        rest = rest.where(distance > durations[row])
    if rest.time.size < left.time.size:
        events = single_events(left, durations, step, noise_from=rest)
    brightening = float(-events.snr.min())
    return [
        _judged(left, events, place, brightening, settings)
        for place in _dips(events, settings.threshold, settings.most)
    ]


def _dips(events: SingleEvents, threshold: float, most: int) -> list[tuple[int, int]]:
    """Find the strongest events apart from each other: rows and columns, strongest first."""
    free = events.snr.copy()
    number = np.arange(free.shape[1])
    found: list[tuple[int, int]] = []
    while len(found) < most:
        row, column = (int(place) for place in np.unravel_index(np.argmax(free), free.shape))
        if free[row, column] < threshold:
            break
        found.append((row, column))
        free[:, np.abs(number - column) * events.step < _APART * events.durations[row]] = 0.0
    return found


def _judged(
    curve: Curve,
    events: SingleEvents,
    place: tuple[int, int],
    brightening: float,
    settings: SingleTransitSettings,
) -> SingleTransit:
    row, column = place
    duration = float(events.durations[row])
    # Where data begin or end, the middle of a bin may be beyond them.
    time = float(np.clip(events.start + events.step * column, curve.time[0], curve.time[-1]))
    snr = events.snr
    ratio = float(snr[place])
    # The middle is known to a part of the duration only, and the sides of a dip are steep.
    middles = time + duration * np.linspace(-_MIDDLE, _MIDDLE, 9)
    width = max(duration / _MIRRORED_BINS, curve.cadence_days)
    factor = red_noise_factor(curve.time, curve.flux, curve.weight, curve.cadence_days, width)
    asymmetry, part = min(_asymmetry(curve, float(middle), duration, width, factor) for middle in middles)
    gap = _gap_distance(curve.time, time, duration, settings.longest_gap_hours / 24)
    scatter = _scatter_nearby(events, snr[row], column, duration)
    doubt = None
    if gap < settings.edge_durations * duration:
        doubt = "at a gap"
    elif scatter > settings.scatter_limit:
        doubt = "scatter nearby"
    elif brightening > settings.brightening_part * ratio:
        doubt = "brightening as strong"
    elif asymmetry > settings.asymmetry_limit and part > _LEAST_UNLIKE:
        doubt = "asymmetric"
    return SingleTransit(
        time, duration, _depth(curve, time, duration), ratio, gap, scatter, brightening, asymmetry, doubt
    )


def _depth(curve: Curve, time: float, duration: float) -> float:
    """Mean depth below the neighbourhood; NaN where one side of it or half of the dip is not observed."""
    offset, weight = curve.time - time, curve.weight
    means = []
    for low, high in ((-2.0, -0.75), (-0.5, 0.0), (0.0, 0.5), (0.75, 2.0)):
        part = (offset >= low * duration) & (offset < high * duration)
        if not part.any():
            return float("nan")
        means.append(float(np.average(curve.flux[part], weights=weight[part])))
    return 0.5 * (means[0] + means[3] - means[1] - means[2])


def _asymmetry(
    curve: Curve, time: float, duration: float, width: float, factor: float
) -> tuple[float, float]:
    """How unlike the dip is its mirror image: in standard deviations of chi square, and as a part of it.

    Both are binned; ``factor`` is by how much the noise of a bin of that width exceeds white noise.
    """
    offset = curve.time - time
    near = np.abs(offset) < duration
    bins = np.floor(np.abs(offset[near]) / width).astype(np.int64)
    if not bins.size:
        return 0.0, 0.0
    flux, weight = curve.flux[near], curve.weight[near]
    size = int(bins.max()) + 1
    sides = (offset[near] < 0, offset[near] >= 0)
    weights = np.stack([np.bincount(bins[side], weight[side], size) for side in sides])
    sums = np.stack([np.bincount(bins[side], (weight * (flux - 1))[side], size) for side in sides])
    both = (weights > 0).all(axis=0)
    if not both.any():
        return 0.0, 0.0
    means = sums[:, both] / weights[:, both]
    difference = means[0] - means[1]
    chi_square = float(np.sum(difference**2 / (1 / weights[:, both]).sum(axis=0))) / factor**2
    pairs = difference.size
    part = float(np.sqrt(np.sum(difference**2) / np.sum(means**2)))
    return (chi_square - pairs) / float(np.sqrt(2 * pairs)), part


def _gap_distance(times: NDArray[np.float64], time: float, duration: float, longest: float) -> float:
    """Distance from the ends of a dip to the nearest gap or end of the data, days; negative inside."""
    after = np.flatnonzero(np.diff(times) > longest)
    edges = np.concatenate([times[:1], times[after], times[after + 1], times[-1:]])
    return float(np.abs(edges - time).min()) - 0.5 * duration


def _scatter_nearby(events: SingleEvents, snr: NDArray[np.float64], column: int, duration: float) -> float:
    """Scatter of the ratios of a duration around a dip, over that of all."""
    seen = events.information[np.argmin(np.abs(events.durations - duration))] > 0
    distance = events.step * np.abs(np.arange(snr.size) - column)
    near = seen & (distance > 1.5 * duration)
    near &= distance < max(_NEAR_DURATIONS * duration, _LEAST_NEAR_DAYS)
    if np.count_nonzero(near) < 10:
        return 1.0
    nearby, everywhere = float(np.sqrt(np.mean(np.square(snr[near])))), robust_scatter(snr[seen])
    return nearby / everywhere if everywhere > 0 else 1.0
