"""A trapezoid fitted to all transits of a signal: ephemeris, duration and depth with their errors.

The fit of one known signal lives here; finding it does not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve, Floats

_ITERATIONS: Final = 40
#: The fit sees the samples within this many box durations centred on each transit.
_FITTED_DURATIONS: Final = 3.0


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

    The epoch is moved to the weighted mean transit number, where it and the period are independent. All sums
    are NumPy's own, so that the result does not depend on threads of a linear algebra library.

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
    near = box.covers(curve.time, _FITTED_DURATIONS)
    time, flux, weight = curve.time[near], curve.flux[near], curve.weight[near]
    number = box.number(time)
    failed = Trapezoid(box.period, np.nan, box.epoch, np.nan, box.duration, np.nan, depth)
    inside = box.covers(time)
    if np.unique(number[inside]).size < 2:
        return failed
    middle = round(float(np.sum(weight[inside] * number[inside]) / np.sum(weight[inside])))
    number = number - middle
    start = box.epoch + middle * box.period
    parameters = np.array([1.0, depth, start, box.period, 1.1 * box.duration, 0.2 * box.duration])
    parameters, information = _minimise(parameters, time, flux, weight, number, curve.cadence_days)
    with np.errstate(all="ignore"):
        try:
            variance = np.diag(np.linalg.inv(information)) * noise_factor**2
        except np.linalg.LinAlgError:
            return failed
    _, fitted_depth, epoch, period, duration, ingress = (float(value) for value in parameters)
    drift = abs(epoch - start) + abs(period - box.period) * float(np.abs(number).max())
    if drift > box.duration or fitted_depth <= 0 or not (variance[2:4] > 0).all():
        return failed
    errors = np.sqrt(variance[2:4])
    return Trapezoid(period, float(errors[1]), epoch, float(errors[0]), duration, ingress, fitted_depth)


def _model(parameters: Floats, time: Floats, number: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Flux, shape (n,), and its derivatives by the six parameters, shape (6, n)."""
    level, depth, epoch, period, duration, ingress = parameters
    offset = time - epoch - number * period
    shape = ((0.5 * duration - np.abs(offset)) / ingress).clip(0.0, 1.0)
    ramp = (shape > 0) & (shape < 1)
    by_epoch = -depth * np.where(ramp, np.sign(offset) / ingress, 0.0)
    derivatives = np.stack(
        [
            np.ones_like(time),
            -shape,
            by_epoch,
            by_epoch * number,
            -depth * np.where(ramp, 0.5 / ingress, 0.0),
            depth * np.where(ramp, shape / ingress, 0.0),
        ]
    )
    return level - depth * shape, derivatives


def _bounded(parameters: Floats, longest: float, cadence: float) -> Floats:
    """Keep the duration positive and the ingress between one sample and half the duration."""
    bounded = parameters.copy()
    bounded[4] = np.clip(bounded[4], 0.4 * longest, longest)
    bounded[5] = np.clip(bounded[5], min(max(cadence, 0.03 * bounded[4]), 0.5 * bounded[4]), 0.5 * bounded[4])
    return bounded


def _minimise(
    parameters: Floats, time: Floats, flux: Floats, weight: Floats, number: NDArray[np.int64], cadence: float
) -> tuple[Floats, Floats]:
    """Levenberg-Marquardt; returns the parameters and the information matrix, shape (6, 6), there."""
    longest = 2.0 * parameters[4] / 1.1
    parameters = _bounded(parameters, longest, cadence)
    model, derivatives = _model(parameters, time, number)
    cost = float(np.sum(weight * (flux - model) ** 2))
    damping = 1e-2
    information = _information(derivatives, weight)
    for _ in range(_ITERATIONS):
        gradient = np.sum(derivatives * (weight * (flux - model)), axis=1)
        diagonal = np.diag(np.diag(information).clip(min=1e-12))
        step = np.linalg.solve(information + damping * diagonal, gradient)
        trial = _bounded(parameters + step, longest, cadence)
        trial_model, trial_derivatives = _model(trial, time, number)
        trial_cost = float(np.sum(weight * (flux - trial_model) ** 2))
        if not trial_cost < cost:
            damping *= 5
            if damping > 1e6:
                break
            continue
        gained, cost = cost - trial_cost, trial_cost
        parameters, model, derivatives = trial, trial_model, trial_derivatives
        information = _information(derivatives, weight)
        damping = max(damping / 5, 1e-9)
        if gained < 1e-4:
            break
    return parameters, information


def _information(derivatives: Floats, weight: Floats) -> Floats:
    """Sum of weighted products of derivatives, shape (6, 6)."""
    # Without `optimize` these are NumPy's own sums.
    return np.asarray(np.einsum("in,jn->ij", derivatives * weight, derivatives), dtype=np.float64)
