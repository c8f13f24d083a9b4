"""The transit in a night's light curve, if there is one: a trapezoid fitted to it.

Only the fit lives here; trends are removed before, in `trends`, such that a dip stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator

Floats = NDArray[np.float64]

#: Trial durations of the fit's starts, as parts of the night, and their number of places in it.
_DURATIONS: Final = (0.15, 0.3, 0.5)
_PLACES: Final = 15
#: The best of these are fitted from.
_STARTS: Final = 3
#: Parameters of the trapezoid: base, mid-time, depth, duration, ingress.
_N_PARAMETERS: Final = 5
_HOURS: Final = 24.0
_FEWEST_POINTS: Final = 10


@dataclass(frozen=True, slots=True)
class Dip:
    """A trapezoid in a light curve.

    Parameters
    ----------
    mid, mid_error
        Mid-time and its standard error, in the unit of the times [d].
    depth, depth_error
        Lost light relative to the base.
    duration_hours, ingress_hours
        First to last contact; first to second contact.
    delta_bic
        By how much the Bayesian information criterion (Schwarz 1978) prefers it to no dip; below 10 there is
        hardly one (Kass & Raftery 1995).
    """

    mid: float
    mid_error: float
    depth: float
    depth_error: float
    duration_hours: float
    ingress_hours: float
    delta_bic: float


def fitted_dip(time: Floats, flux: Floats, error: Floats) -> Dip | None:
    """Fit the dip of a light curve by least squares, from many starts.

    Parameters
    ----------
    time, flux, error
        Days, increasing; relative flux; standard deviations, shape (n,), all finite.

    Returns
    -------
    Dip or None
        None of fewer than 10 points, or where no dip of positive depth lies within the night.
    """
    from scipy.optimize import least_squares

    if time.size < _FEWEST_POINTS:
        return None
    origin, span, level = float(time[0]), float(time[-1] - time[0]), float(np.median(flux))
    x, flux, error = (time - origin) / span, flux / level, error / level
    # Parts of the night; a dip has its middle within it, and one longer than the night is a trend.
    low, high = [0.0, 0.0, 0.0, 0.02, 0.02], [np.inf, 1.0, 1.0, 1.0, 1.0]

    def residuals(parameters: Floats) -> Floats:
        return (trapezoid(x, *parameters) - flux) / error

    best = None
    for start in _starts(x, flux):
        fit = least_squares(residuals, np.clip(start, low, high), bounds=(low, high))
        if best is None or fit.cost < best.cost:
            best = fit
    if best is None or best.x[2] <= 0:
        return None
    base, mid, depth, duration, ingress = (float(value) for value in best.x)
    flat = float(np.sum(((flux - np.average(flux, weights=error**-2)) / error) ** 2))
    gain = flat - 2 * float(best.cost) - (_N_PARAMETERS - 1) * float(np.log(time.size))
    errors = _errors(best.jac)
    return Dip(
        origin + span * mid, span * float(errors[1]), depth / base, float(errors[2]) / base,
        _HOURS * span * duration, _HOURS * span * min(ingress * duration, duration / 2), gain,
    )  # fmt: skip


def trapezoid(x: Floats, base: float, mid: float, depth: float, duration: float, ingress: float) -> Floats:
    """Return a trapezoid: flat at ``base``, ``depth`` lower for all of ``duration`` but ingress and egress.

    Parameters
    ----------
    ingress
        As a part of the duration; from a half on it is a V.
    """
    half = max(duration, 1e-9) / 2
    slope = min(max(ingress, 1e-6), 0.5) * 2 * half
    return base - depth * np.clip((half - np.abs(x - mid)) / slope, 0.0, 1.0)


def _starts(x: Floats, flux: Floats) -> Iterator[Floats]:
    """Yield the best starts: boxes at places all over the night, ordered by how much they explain."""
    base = float(np.median(flux))
    trials = []
    for duration in _DURATIONS:
        for mid in np.linspace(0.05, 0.95, _PLACES):
            inside = np.abs(x - mid) < duration / 2
            if 2 < np.count_nonzero(inside) < x.size - 2:
                depth = float(np.median(flux[~inside]) - np.median(flux[inside]))
                trials.append((depth * np.sqrt(np.count_nonzero(inside)), mid, depth, duration))
    for _, mid, depth, duration in sorted(trials, reverse=True)[:_STARTS]:
        yield np.array([base + max(depth, 0) / 2, mid, max(depth, 1e-6), duration, 0.2])


def _errors(jacobian: Floats) -> Floats:
    """Return standard errors; infinite for what the data say nothing of."""
    information = jacobian.T @ jacobian
    covariance = np.linalg.pinv(information, hermitian=True)
    told = np.diag(information) > 0
    errors: Floats = np.where(told, np.sqrt(np.maximum(np.diag(covariance), 0)), np.inf)
    return errors
