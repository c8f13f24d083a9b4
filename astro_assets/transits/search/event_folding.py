"""The compiled loop that folds single events: the strongest repetition near a period.

Plain arrays in and out; what is done with the ratios is in `ranking`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled

Singles = NDArray[np.float32]


@compiled
def strongest_repetition(
    strength: Singles, information: Singles, periods: NDArray[np.float64], least_transits: int
) -> float:
    """Return the highest signal-to-noise ratio of transits that repeat.

    Parameters
    ----------
    strength, information
        Of single events, shape (n,).
    periods
        In units of the distance between events, each at least 1, shape (m,).
    least_transits
        So many must be observed.
    """
    longest = int(np.ceil(periods.max()))
    sums = np.empty(longest, np.float32)
    known = np.empty(longest, np.float32)
    count = np.empty(longest, np.float32)
    best = np.float32(0)
    for period in periods:
        n_phases = int(np.ceil(period))
        sums[:n_phases] = 0
        known[:n_phases] = 0
        count[:n_phases] = 0
        number = 0
        first = 0
        while first < strength.size:
            # Slices, so that the loop is one of vectors.
            strengths, weights = (
                strength[first : first + n_phases],
                information[first : first + n_phases],
            )
            for phase in range(strengths.size):
                sums[phase] += strengths[phase]
                known[phase] += weights[phase]
                count[phase] += np.float32(1) if weights[phase] > 0 else np.float32(0)
            number += 1
            first = int(number * period + 0.5)
        for phase in range(n_phases):
            if count[phase] >= least_transits and sums[phase] > 0:
                best = max(best, sums[phase] * sums[phase] / known[phase])
    return float(np.sqrt(best))
