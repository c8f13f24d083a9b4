"""What a periodogram engine is given and what it returns.

Only the interface and its plain data live here, so that engines can be exchanged without their
callers; no engine is implemented here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Curve:
    """One star's detrended light curve.

    Parameters
    ----------
    time
        Days, strictly increasing, shape (n,).
    flux
        Relative flux, 1 out of transit, shape (n,).
    flux_err
        Standard deviation of each flux from white noise, positive, shape (n,).
    cadence_days
        Length of one sample.

    Attributes
    ----------
    weight
        Inverse variances, shape (n,).

    Raises
    ------
    ValueError
        If the arrays are not of one length, not finite, not sorted, or an error is not positive.
    """

    time: Floats
    flux: Floats
    flux_err: Floats
    cadence_days: float
    weight: Floats = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.time.shape == self.flux.shape == self.flux_err.shape or self.time.ndim != 1:
            raise ValueError("time, flux and flux_err must be one-dimensional and of one length")
        if not (_are_finite(self.time) and _are_finite(self.flux)):
            raise ValueError("time and flux must be finite")
        if not _are_finite(self.flux_err) or (self.flux_err <= 0).any():
            raise ValueError("flux_err must be finite and positive")
        if (self.time[1:] <= self.time[:-1]).any():
            raise ValueError("time must increase strictly")
        if not self.cadence_days > 0:
            raise ValueError("cadence_days must be positive")
        object.__setattr__(self, "weight", 1 / (self.flux_err * self.flux_err))

    @property
    def baseline_days(self) -> float:
        """Time from the first to the last sample, 0 when there are none."""
        return float(self.time[-1] - self.time[0]) if self.time.size else 0.0

    def longest_period(self, longest_days: float) -> float:
        """Return the longest period of which two transits can be in the data, at most ``longest_days``."""
        return min(longest_days, self.baseline_days / 2)

    def where(self, chosen: NDArray[np.bool_]) -> Curve:
        """Return the samples that are chosen."""
        time, flux, flux_err, weight = (
            values[chosen] for values in (self.time, self.flux, self.flux_err, self.weight)
        )
        return Curve.unchecked(time, flux, flux_err, weight, self.cadence_days)

    @classmethod
    def unchecked(
        cls, time: Floats, flux: Floats, flux_err: Floats, weight: Floats, cadence_days: float
    ) -> Curve:
        """Make a curve of arrays that follow from those of another: they need not be checked again."""
        curve = object.__new__(cls)
        values = time, flux, flux_err, cadence_days, weight
        for name, value in zip(cls.__slots__, values, strict=True):
            object.__setattr__(curve, name, value)
        return curve


def _are_finite(values: Floats) -> bool:
    """Whether all are: their sum is then, in one pass, but for numbers that overflow together."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = values.sum()
    return math.isfinite(total) or bool(np.isfinite(values).all())


@dataclass(frozen=True, slots=True)
class Spectrum:
    """How strong the best box at each period is; all arrays of one shape (n,).

    Parameters
    ----------
    periods
        Days, increasing.
    power
        Signal-to-noise ratio of the depth, with the red noise of its duration; at least 0.
    duration
        Duration of the box, days.
    """

    periods: Floats
    power: Floats
    duration: Floats

    def at(self, places: NDArray[np.int64]) -> Spectrum:
        """Return the spectrum at some places."""
        return Spectrum(self.periods[places], self.power[places], self.duration[places])


class SpectrumEngine(Protocol):
    """Searches stars at all periods of a range."""

    def __call__(
        self,
        curves: Sequence[Curve],
        period_range: tuple[float, float],
        duration_factors: tuple[float, float],
        wholes: Sequence[Curve] | None = None,
    ) -> list[Spectrum]:
        """Return the strongest box of each star at each period.

        Parameters
        ----------
        curves
            Detrended, each longer than twice the shortest period. A star's spectrum does not depend on the
            others.
        period_range
            Shortest and longest period, days; half a star's baseline where that is less.
        duration_factors
            Shortest and longest duration, in units of a central transit of the Sun at that period.
        wholes
            The curves of which some is masked: when a star was observed can be told from these.
        """
        ...
