"""Boxes and the transits they cover: depth and strength, transit by transit.

What can be said at once of an ephemeris lives here; the tests of its nature are in `folded_boxes`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.engine import Curve, Floats


@dataclass(frozen=True, slots=True)
class Box:
    """A periodic box-shaped dip: period, mid-time of transit 0 and duration, all in days."""

    period: float
    epoch: float
    duration: float

    def offset(self, time: Floats) -> Floats:
        """Time from the nearest transit, in days, shape of ``time``."""
        since = time - self.epoch
        return since - self.period * np.floor(since / self.period + 0.5)

    def number(self, time: Floats) -> NDArray[np.int64]:
        """Return the number of the nearest transit, shape of ``time``."""
        return np.floor((time - self.epoch) / self.period + 0.5).astype(np.int64)

    def covers(self, time: Floats, widths: float = 1.0) -> NDArray[np.bool_]:
        """Whether each time is within so many durations centred on a transit."""
        return np.abs(self.offset(time)) < 0.5 * widths * self.duration


@dataclass(frozen=True, slots=True)
class Transits:
    """The transits of a box, those at least half observed, and the strength of them all.

    Parameters
    ----------
    depth, error, snr
        Mean depth below ``level``, its standard deviation with red noise, and their ratio; NaN and 0 without
        transits.
    snr_without_strongest
        The ratio without the transit that adds most, scaled as if none were missing, plus by how much chance
        makes the strongest of equal transits stronger.
    numbers, dips, weights
        Number, weighted sum of the depths, and weight of each transit, shape (n,).
    n_points
        Samples in them.
    level
        Flux outside.
    noise_factor
        By how much noise exceeds white noise over one duration.
    """

    depth: float
    error: float
    snr: float
    snr_without_strongest: float
    numbers: NDArray[np.int64]
    dips: Floats
    weights: Floats
    n_points: int
    level: float
    noise_factor: float

    @property
    def n_transits(self) -> int:
        """How many there are."""
        return int(self.numbers.size)

    @property
    def strongest(self) -> int:
        """Number of the transit with the highest signal-to-noise ratio of its own."""
        return int(self.numbers[np.argmax(self.dips / np.sqrt(self.weights))])

    @property
    def strength(self) -> float:
        """Signal-to-noise ratio whatever the cause: a sinusoid must not hide at a multiple of its period."""
        return min(self.snr, self.snr_without_strongest)


_NO_TRANSITS: Final = Transits(
    depth=float("nan"),
    error=float("nan"),
    snr=0.0,
    snr_without_strongest=0.0,
    numbers=np.empty(0, np.int64),
    dips=np.empty(0),
    weights=np.empty(0),
    n_points=0,
    level=float("nan"),
    noise_factor=1.0,
)


def transits_of(curve: Curve, box: Box) -> Transits:
    """Look at the transits of a box, with the red noise that the rest of the curve shows at its duration."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.transit_loops import transits

    if not curve.time.size:
        return _NO_TRANSITS
    least = max(1.0, 0.5 * box.duration / curve.cadence_days)
    samples = curve.time, curve.flux, curve.weight
    numbers, *found = transits(*samples, box.period, box.epoch, box.duration, least)
    if not numbers.size:
        return _NO_TRANSITS
    depth, error, rest, dips, weights, n_points, level, noise = found
    without_strongest = rest + _lead_of_strongest(numbers.size) if numbers.size > 1 else rest
    return Transits(
        depth, error, depth / error, without_strongest, numbers, dips, weights, n_points, level, noise
    )


@lru_cache(maxsize=4096)
def _lead_of_strongest(n_transits: int) -> float:
    """Return by how much the ratio without the strongest of equal transits is lower, by chance alone.

    The expected highest of so many normal values (Blom 1958), which the mean of the others lacks.
    """
    highest = NormalDist().inv_cdf((n_transits - 0.375) / (n_transits + 0.25))
    return math.sqrt(n_transits) * highest / (n_transits - 1)
