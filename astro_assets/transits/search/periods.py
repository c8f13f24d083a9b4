"""Which periods and durations a search tries.

Grids and the physics behind them live here; nothing here looks at a flux.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from astro_assets.transits.search.engine import Floats

#: Mean density of the Sun in units of 1 / (G day^2): 3 GM_sun / (4 pi R_sun^3) with the IAU 2015 nominal
#: GM_sun = 1.3271244e20 m^3 s^-2 and R_sun = 6.957e8 m, times (86400 s)^2.
_SOLAR_G_DENSITY: Final = 3 * 1.3271244e20 / (4 * math.pi * 6.957e8**3) * 86400.0**2
#: No transit takes more than this part of a period.
_LONGEST_DUTY_CYCLE: Final = 0.45


def transit_duration_days(period_days: Floats | float, density_solar: float = 1.0) -> Floats:
    """Duration of a central transit on a circular orbit.

    ``P / pi * R / a`` with Kepler's third law, as Seager & Mallen-Ornelas (2003), ApJ 585, 1038.

    Parameters
    ----------
    period_days
        Orbital period, shape (n,) or a number.
    density_solar
        Mean density of the star in units of the Sun's.

    Returns
    -------
    ndarray of float64
        Duration in days, the shape of ``period_days``.
    """
    period = np.asarray(period_days, dtype=np.float64)
    return np.cbrt(3 / (math.pi**2 * _SOLAR_G_DENSITY * density_solar) * period)


def ofir_periods(
    baseline_days: float, shortest_days: float, longest_days: float, oversampling: float
) -> Floats:
    """Trial periods with the optimal spacing of Ofir (2014), A&A 561, A138, equations 5 to 7.

    Uniform in the cube root of frequency: from one trial to the next, a transit of the Sun's density
    drifts over the baseline by its duration divided by ``oversampling``.

    Parameters
    ----------
    baseline_days
        Time from the first to the last sample.
    shortest_days, longest_days
        The range; both ends are covered, to within one step.
    oversampling
        Number of trials in which the transit drifts by its own duration.

    Returns
    -------
    ndarray of float64
        Periods in days, increasing.

    Raises
    ------
    ValueError
        If the range is empty, or the baseline or the oversampling is not positive.
    """
    if not 0 < shortest_days < longest_days:
        raise ValueError(f"no periods between {shortest_days} d and {longest_days} d")
    if not (baseline_days > 0 and oversampling > 0):
        raise ValueError("the baseline and the oversampling must be positive")
    # The duty cycle is q = q_1 f^(2/3), q_1 the duration at P = 1 d; the step is df = q / (S * oversampling).
    step = float(transit_duration_days(1.0)) / (baseline_days * oversampling) / 3
    low, high = np.cbrt(1 / longest_days), np.cbrt(1 / shortest_days)
    count = math.ceil((high - low) / step) + 1
    frequency = (low + step * np.arange(count)) ** 3
    periods: Floats = (1 / frequency)[::-1]
    return periods.clip(min=shortest_days, max=longest_days)


def periods_of_duration(duration_days: float, factors: tuple[float, float]) -> tuple[float, float]:
    """Shortest and longest period at which a duration is plausible, days.

    Parameters
    ----------
    duration_days
        Of a transit.
    factors
        Shortest and longest duration at a period, in units of that at the Sun's density.
    """
    central = float(transit_duration_days(1.0))
    shortest, longest = ((duration_days / (factor * central)) ** 3 for factor in reversed(factors))
    return max(shortest, duration_days / _LONGEST_DUTY_CYCLE), longest
