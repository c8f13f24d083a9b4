"""Which of the peaks of a spectrum are most likely transits.

Peaks are compared here by what single transits add up to at their periods; they are refined elsewhere.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.engine import Floats, Spectrum
from astro_assets.transits.search.matched_filter import SingleEvents
from astro_assets.transits.search.periods import durations_between, transit_duration_days

#: Durations expected, in units of that of a central transit of the Sun: dwarfs at any impact parameter.
_TYPICAL_DURATION: Final = 0.8
_DURATION_SCATTER: Final = 0.5
#: Largest ratio of neighbouring durations.
_DURATION_RATIO: Final = 1.3
#: Periods tried on each side of a peak, and how far apart they are: transits drift over the data by this
#: part of the duration.
_EACH_SIDE: Final = 3
_DRIFT: Final = 0.25


def event_durations(
    period_range: tuple[float, float], duration_factors: tuple[float, float], shortest_days: float
) -> Floats:
    """Return the durations of single events that are enough for all periods of a range, days."""
    shortest, longest = np.array(duration_factors) * transit_duration_days(np.array(period_range))
    shortest = max(float(shortest), shortest_days)
    return durations_between(shortest, max(float(longest), shortest), _DURATION_RATIO)


def log_evidence(
    events: SingleEvents,
    period: float,
    duration: float,
    duration_factors: tuple[float, float],
    least_transits: int,
) -> float:
    """Return the logarithm of the evidence for transits near a period against noise, but for a constant.

    The likelihood ratio ``exp(snr^2 / 2)`` of the best ephemeris, times the part of all ephemerides that fit
    as well (its width in period and in phase, each a duration, over what there is of them), times how likely
    the duration is for a star of that period; summed over durations.

    Parameters
    ----------
    events
        Of the curve.
    period, duration
        Of the peak, days.
    duration_factors
        Shortest and longest duration, in units of a central transit of the Sun.
    least_transits
        Fewest observed transits.
    """
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.event_folding import strongest_repetition

    relative = events.durations / float(transit_duration_days(period))
    chosen = np.flatnonzero((relative >= duration_factors[0]) & (relative <= duration_factors[1]))
    if not chosen.size:
        chosen = np.array([np.argmin(np.abs(np.log(relative)))])
    baseline = events.strength.shape[1] * events.step
    shifts = _DRIFT * np.arange(-_EACH_SIDE, _EACH_SIDE + 1)
    periods = period * (1 + shifts * duration / baseline) / events.step
    snr = np.array(
        [
            strongest_repetition(events.strength[row], events.information[row], periods, least_transits)
            for row in chosen
        ]
    )
    likely = -0.5 * (np.log(relative[chosen] / _TYPICAL_DURATION) / _DURATION_SCATTER) ** 2
    volume = 2 * np.log(events.durations[chosen]) - np.log(period * baseline)
    return float(np.logaddexp.reduce(0.5 * snr**2 + likely + volume))


def most_likely_first(
    events: SingleEvents,
    spectrum: Spectrum,
    peaks: NDArray[np.int64],
    duration_factors: tuple[float, float],
    least_transits: int,
) -> NDArray[np.int64]:
    """Order peaks by their evidence, see :func:`log_evidence`."""
    evidence = np.array(
        [
            log_evidence(
                events, float(spectrum.periods[peak]), float(spectrum.duration[peak]), duration_factors,
                least_transits,
            )
            for peak in peaks
        ]
    )  # fmt: skip
    return peaks[np.argsort(-evidence, kind="stable")]
