"""Peaks of a periodogram: its trend taken off, distinct maxima, and how they stand out.

What is read off the spectrum alone lives here; refining a peak with the data does not.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.noise import median
from astro_assets.transits.search.engine import Floats, Spectrum

#: The spectrum's own trend is told by the medians of so many equal parts of its trials.
_TREND_PARTS: Final = 25
#: Trials of the smallest part.
_LEAST_PART: Final = 3


def detrended_power(power: Floats) -> Floats:
    """Subtract the medians of 4 % of the trials each, interpolated: chance maxima grow with the phases."""
    n_parts = max(1, min(_TREND_PARTS, power.size // _LEAST_PART))
    edges = np.linspace(0, power.size, n_parts + 1).astype(np.int64)
    medians = [median(power[begin:end]) for begin, end in pairwise(edges.tolist())]
    return power - np.interp(np.arange(power.size), 0.5 * (edges[1:] + edges[:-1] - 1), medians)


def signal_detection_efficiency(height: Floats) -> Floats:
    """Power, trend removed, in standard deviations above its mean (Kovacs et al. 2002, equation 6)."""
    deviation = float(height.std())
    return (height - height.mean()) / deviation if deviation > 0 else np.zeros_like(height)


def distinct_peaks(
    spectrum: Spectrum, height: Floats, n_peaks: int, baseline_days: float
) -> NDArray[np.int64]:
    """Find the highest trials that are different signals.

    Two periods are one signal when transits drift apart by less than two durations over the baseline.

    Parameters
    ----------
    spectrum
        Periods and durations.
    height
        What is ranked, shape of the periods.
    n_peaks
        Most peaks wanted.
    baseline_days
        Length of the data.

    Returns
    -------
    ndarray of int64
        Indices, highest first.
    """
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.peak_loops import distinct

    return distinct(
        spectrum.periods, spectrum.power, spectrum.duration, height, n_peaks, float(baseline_days)
    )


def highest_of_groups(periods: Floats, power: Floats, n_groups: int) -> tuple[Floats, Floats]:
    """Thin a spectrum to at most ``n_groups`` points, each the highest of its neighbours."""
    edges = np.linspace(0, periods.size, min(n_groups, periods.size) + 1).astype(np.int64)
    highest = np.repeat(np.maximum.reduceat(power, edges[:-1]), np.diff(edges))
    best = np.flatnonzero(power == highest)
    first = np.searchsorted(best, edges[:-1])
    return periods[best[first]], power[best[first]]
