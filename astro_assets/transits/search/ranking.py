"""Which of the peaks of a spectrum are most likely transits.

Peaks are compared here by what single transits add up to at their periods; they are refined elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.search.engine import Floats, Spectrum
from astro_assets.transits.search.matched_filter import SingleEvents
from astro_assets.transits.search.periods import transit_duration_days

#: Duration expected, in units of that of a central transit of the Sun.
TYPICAL_DURATION: Final = 0.8
#: How much that of the best of a few boxes differs from it, as a logarithm.
_BOX_SCATTER: Final = 0.4
#: Weight of the spectrum beside the evidence.
_SECOND_OPINION: Final = 0.2
#: Largest ratio of neighbouring durations.
_DURATION_RATIO: Final = 1.3


def event_durations(
    period_range: tuple[float, float], duration_factors: tuple[float, float], shortest_days: float
) -> Floats:
    """Return the durations of single events that are enough for all periods of a range, days."""
    return np.array(_durations(period_range, duration_factors, shortest_days))


@lru_cache(maxsize=64)
def _durations(
    period_range: tuple[float, float], duration_factors: tuple[float, float], shortest_days: float
) -> tuple[float, ...]:
    shortest, longest = np.array(duration_factors) * transit_duration_days(np.array(period_range))
    shortest = max(float(shortest), shortest_days)
    longest = max(float(longest), shortest)
    count = 1 + math.ceil(math.log(longest / shortest) / math.log(_DURATION_RATIO))
    return tuple(np.geomspace(shortest, longest, count).tolist())


@dataclass(frozen=True, slots=True)
class Evidence:
    """The evidence for transits against noise, given a curve's single events.

    Parameters
    ----------
    events
        Of the curve.
    duration_factors
        Shortest and longest duration, in units of a central transit of the Sun.
    least_transits
        Fewest observed transits.
    """

    events: SingleEvents
    duration_factors: tuple[float, float]
    least_transits: int

    def near(self, period: float, duration: float) -> float:
        """Return the logarithm of the evidence near a period, but for a constant.

        The likelihood ratio ``exp(snr^2 / 2)`` of the best ephemeris, times the part of all ephemerides that
        fit as well (its width in period and in phase, each a duration, over what there is of them), times how
        likely the duration is for a star of that period; summed over durations.

        Parameters
        ----------
        period, duration
            Days; periods at which transits drift by three quarters of the duration over the data are tried.
        """
        # Compiling takes a while; the code location must load without it.
        from astro_assets.transits.search.event_folding import log_evidence

        events = self.events
        central = float(transit_duration_days(period))
        return float(
            log_evidence(
                events.strength,
                events.information,
                events.step,
                events.durations,
                (period, duration, central),
                self.duration_factors,
                self.least_transits,
            )
        )

    def most_likely_first(self, spectrum: Spectrum, peaks: NDArray[np.int64]) -> NDArray[np.int64]:
        """Order peaks of a spectrum by their evidence, and by what the spectrum itself says.

        The evidence knows how the noise is correlated, but takes it to be the same all the time; the
        spectrum's noise is a robust scatter. Where noise is not stationary it is the second opinion.
        """
        evidence = np.array(
            [self.near(float(spectrum.periods[peak]), float(spectrum.duration[peak])) for peak in peaks]
        )
        likely = (1 - _SECOND_OPINION) * evidence + _SECOND_OPINION * log_odds(spectrum.at(peaks))
        return peaks[np.argsort(-likely, kind="stable")]


def log_odds(spectrum: Spectrum) -> Floats:
    """Return how likely the box at each period is a transit, logarithms, but for a constant.

    The likelihood ratio of the box, over the number of places where a chance box could be, which grows with
    the period, times how likely the duration is for a star of that period.

    Parameters
    ----------
    spectrum
        Of shape (n,).

    Returns
    -------
    ndarray of float64, shape (n,)
    """
    relative = spectrum.duration / transit_duration_days(spectrum.periods)
    with np.errstate(divide="ignore"):
        likely = ((np.log(relative / TYPICAL_DURATION)) / _BOX_SCATTER) ** 2
    return 0.5 * spectrum.power**2 - np.log(spectrum.periods) - 0.5 * likely
