"""Compiled least squares of a trapezoid in all transits of a signal, by damped steps (Marquardt 1963).

Only loops over one star's plain arrays live here; where to begin and what the outcome means is decided in
`trapezoid`. The six parameters are level, depth, epoch, period, duration and ingress, times in days.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled
from astro_assets.transits.linear_loops import solved

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_PARAMETERS: Final = 6
_ITERATIONS: Final = 40
#: Steps are damped at first by this part of the diagonal, then by 5 times less or more, up to the last.
_FIRST_DAMPING: Final = 1e-2
_LEAST_DAMPING: Final = 1e-9
_MOST_DAMPING: Final = 1e6
#: The fit ends when a step lowers the sum of squares by less than this.
_GAIN: Final = 1e-4


@compiled
def near_transits(
    time: Floats, weight: Floats, period: float, epoch: float, duration: float, widths: float
) -> Any:
    """Find the samples near transits.

    Parameters
    ----------
    time, weight
        Shape (n,).
    period, epoch, duration
        Of the transits, days.
    widths
        So many durations centred on each are near.

    Returns
    -------
    places, numbers : ndarray of int64, shape (near,)
        Which samples they are, and the number of the transit of each.
    n_numbers : int
        Transits from the first to the last of which one is within the duration, 0 for none.
    middle : int
        Their mean number, weighted, rounded.
    """
    places, numbers, n_near = np.empty(time.size, np.int64), np.empty(time.size, np.int64), 0
    first, last, total, sum_ = 0, -1, 0.0, 0.0
    cycles_a_day = 1.0 / period
    for n in range(time.size):
        number = np.floor((time[n] - epoch) * cycles_a_day + 0.5)
        offset = np.abs(time[n] - epoch - number * period)
        if offset < 0.5 * widths * duration:
            places[n_near], numbers[n_near] = n, int(number)
            n_near += 1
        if offset < 0.5 * duration:
            first, last = int(number) if last < first else first, int(number)
            total += weight[n]
            sum_ += weight[n] * number
    middle = int(np.floor(sum_ / total + 0.5)) if total > 0.0 else 0
    return places[:n_near], numbers[:n_near], last - first + 1, middle


@compiled
def minimise(
    parameters: Floats, time: Floats, flux: Floats, weight: Floats, number: Integers, cadence: float
) -> Any:
    """Fit the six parameters.

    Parameters
    ----------
    parameters
        Where to begin, shape (6,).
    time, flux, weight, number
        Samples near transits, each with the number of its transit counted from the epoch, shape (n,).
    cadence
        Length of one sample, days.

    Returns
    -------
    parameters : ndarray of float64, shape (6,)
        At the minimum.
    information : ndarray of float64, shape (6, 6)
        Inverse of their covariance matrix under white noise.
    """
    longest = 2.0 * parameters[4] / 1.1
    best = _bounded(parameters, longest, cadence)
    cost, gradient, information = _squares(best, time, flux, weight, number)
    damping = _FIRST_DAMPING
    for _ in range(_ITERATIONS):
        damped = information.copy()
        for k in range(_PARAMETERS):
            damped[k, k] += damping * max(information[k, k], 1e-12)
        trial = _bounded(best + solved(damped, gradient), longest, cadence)
        trial_cost, trial_gradient, trial_information = _squares(trial, time, flux, weight, number)
        if not trial_cost < cost:
            damping *= 5
            if damping > _MOST_DAMPING:
                break
            continue
        gained, cost = cost - trial_cost, trial_cost
        best, gradient, information = trial, trial_gradient, trial_information
        damping = max(damping / 5, _LEAST_DAMPING)
        if gained < _GAIN:
            break
    return best, information


@compiled
def _bounded(parameters: Floats, longest: float, cadence: float) -> Floats:
    """Keep the duration positive and the ingress between one sample and half the duration."""
    bounded = parameters.copy()
    bounded[4] = min(max(bounded[4], 0.4 * longest), longest)
    shortest = min(max(cadence, 0.03 * bounded[4]), 0.5 * bounded[4])
    bounded[5] = min(max(bounded[5], shortest), 0.5 * bounded[4])
    return bounded


@compiled
def _squares(parameters: Floats, time: Floats, flux: Floats, weight: Floats, number: Integers) -> Any:
    """Weighted sum of squares, half its gradient downwards, and the information matrix."""
    level, depth, epoch, period, duration, ingress = parameters
    slopes = np.zeros(_PARAMETERS)
    gradient, information = np.zeros(_PARAMETERS), np.zeros((_PARAMETERS, _PARAMETERS))
    # Outside only the level counts, in the flat part the level and the depth.
    cost, outside, outside_excess, inside, inside_excess = 0.0, 0.0, 0.0, 0.0, 0.0
    slope = depth / ingress
    for n in range(time.size):
        offset = time[n] - epoch - number[n] * period
        shape = min((0.5 * duration - np.abs(offset)) / ingress, 1.0)
        excess = flux[n] - level + depth * max(shape, 0.0)
        cost += weight[n] * excess * excess
        if not shape > 0.0:
            outside += weight[n]
            outside_excess += weight[n] * excess
        elif shape == 1.0:
            inside += weight[n]
            inside_excess += weight[n] * excess
        else:
            slopes[0], slopes[1] = 1.0, -shape
            slopes[2] = -slope * np.sign(offset)
            slopes[3] = slopes[2] * number[n]
            slopes[4] = -0.5 * slope
            slopes[5] = slope * shape
            for k in range(_PARAMETERS):
                gradient[k] += weight[n] * slopes[k] * excess
                for m in range(k + 1):
                    information[k, m] += weight[n] * slopes[k] * slopes[m]
    gradient[0] += outside_excess + inside_excess
    gradient[1] -= inside_excess
    information[0, 0] += outside + inside
    information[1, 0] -= inside
    information[1, 1] += inside
    for k in range(_PARAMETERS):
        information[:k, k] = information[k, :k]
    return cost, gradient, information
