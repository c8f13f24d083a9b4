"""A trapezoid fitted to all transits of a signal: ephemeris, duration and depth with their errors.

The fit of one known signal lives here; finding it does not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve

#: The fit sees the samples within this many box durations centred on each transit.
_FITTED_DURATIONS: Final = 3.0
#: A period needs two transits.
_FEWEST_TRANSITS: Final = 2
#: Places of epoch and period among the parameters.
_TIMES: Final = (2, 3)


@dataclass(frozen=True, slots=True)
class Trapezoid:
    """A fitted transit; times in days, errors NaN when the fit failed and the box's values stand.

    Parameters
    ----------
    period, period_err
        Period and its standard deviation.
    epoch, epoch_err
        Mid-transit time near the middle of the transits fitted, and its standard deviation.
    duration
        First to last contact.
    ingress
        First to second contact.
    depth
        Relative depth of the flat part.
    """

    period: float
    period_err: float
    epoch: float
    epoch_err: float
    duration: float
    ingress: float
    depth: float

    def near(self, number: int) -> tuple[float, float]:
        """Mid-time of a transit counted from the epoch and its standard deviation."""
        return self.epoch + number * self.period, float(np.hypot(self.epoch_err, number * self.period_err))


def fit_trapezoid(curve: Curve, box: Box, depth: float, noise_factor: float) -> Trapezoid:
    """Fit baseline, depth, epoch, period, duration and ingress by damped least squares.

    The epoch is moved to the weighted mean transit number, where it and the period are independent. No sum
    is that of a linear algebra library, which may depend on threads.

    Parameters
    ----------
    curve
        Detrended, stronger signals masked.
    box
        Where to begin.
    depth
        Depth of the box.
    noise_factor
        Errors are larger than white noise makes them by this factor.

    Returns
    -------
    Trapezoid
        The box's own values and NaN errors when the fit leaves the box's neighbourhood or has no solution.
    """
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.linear_loops import solved
    from astro_assets.transits.search.trapezoid_loops import minimise, near_transits

    failed = Trapezoid(box.period, np.nan, box.epoch, np.nan, box.duration, np.nan, depth)
    ephemeris = box.period, box.epoch, box.duration
    near, number, n_numbers, middle = near_transits(curve.time, curve.weight, *ephemeris, _FITTED_DURATIONS)
    if n_numbers < _FEWEST_TRANSITS:
        return failed
    time, flux, weight = curve.time[near], curve.flux[near], curve.weight[near]
    number -= middle
    start = box.epoch + middle * box.period
    parameters = np.array([1.0, depth, start, box.period, 1.1 * box.duration, 0.2 * box.duration])
    parameters, information = minimise(parameters, time, flux, weight, number, curve.cadence_days)
    unit = np.eye(parameters.size)
    variance = [float(solved(information, unit[k])[k]) * noise_factor**2 for k in _TIMES]
    _, fitted_depth, epoch, period, duration, ingress = (float(value) for value in parameters)
    drift = abs(epoch - start) + abs(period - box.period) * float(np.abs(number).max())
    if drift > box.duration or fitted_depth <= 0 or not min(variance) > 0:
        return failed
    epoch_err, period_err = (math.sqrt(value) for value in variance)
    return Trapezoid(period, period_err, epoch, epoch_err, duration, ingress, fitted_depth)
