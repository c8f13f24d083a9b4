"""The compiled loops that fold single events: how likely it is that transits repeat at a period.

Plain arrays in and out; what is done with the evidence is in `ranking`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled
from astro_assets.transits.lanes import (
    LANES,
    add,
    divide,
    load,
    maximum,
    multiply,
    splat,
    store,
    where_above,
)
from astro_assets.transits.search.ranking import TYPICAL_DURATION

Singles = NDArray[np.float32]
Floats = NDArray[np.float64]

#: How much durations differ from what is expected, as a logarithm: dwarfs at any impact parameter.
_DURATION_SCATTER: Final = 0.5
#: Periods tried on each side of a peak, and how far apart they are: transits drift over the data by this
#: part of the duration.
_EACH_SIDE: Final = 3
_DRIFT: Final = 0.25


@compiled
def strongest_repetition(
    strength: Singles, information: Singles, period: float, least_transits: int
) -> float:
    """Return the square of the highest signal-to-noise ratio of transits that repeat.

    Parameters
    ----------
    strength, information
        Of single events, shape (n,).
    period
        In units of the distance between events, at least 1.
    least_transits
        So many must be observed.
    """
    zero, one = splat(np.float32(0.0)), splat(np.float32(1.0))
    enough = splat(np.float32(least_transits - 0.5))
    n_phases, size = int(np.ceil(period)), strength.size
    n_rows = int(np.ceil((size - 0.5) / period))
    firsts, lane = np.empty(n_rows, np.int64), np.arange(LANES).astype(np.float32)
    n_whole = 0
    for row in range(n_rows):
        firsts[row] = int(row * period + 0.5)
        n_whole += firsts[row] + n_phases + LANES <= size
    # The last rows go on with zeros.
    room = n_phases + LANES
    ends = np.zeros((2, (n_rows - n_whole) * room), np.float32)
    for row in range(n_whole, n_rows):
        part, at = slice(firsts[row], firsts[row] + n_phases), (row - n_whole) * room
        for source, end in ((strength[part], ends[0, at:]), (information[part], ends[1, at:])):
            end[: source.size] = source
    best = zero
    for phase in range(0, n_phases, LANES):
        total, known, count = zero, zero, zero
        for row in range(n_rows):
            if row < n_whole:
                depth, seen = load(strength, firsts[row] + phase), load(information, firsts[row] + phase)
            else:
                at = (row - n_whole) * room + phase
                depth, seen = load(ends[0], at), load(ends[1], at)
            total, known = add(total, depth), add(known, seen)
            count = add(count, where_above(seen, zero, one, zero))
        squared = divide(multiply(total, total), where_above(known, zero, known, one))
        squared = where_above(total, zero, where_above(count, enough, squared, zero), zero)
        # The last vector goes on around the circle.
        squared = where_above(splat(np.float32(n_phases - phase)), load(lane, 0), squared, zero)
        best = maximum(squared, best)
    store(lane, 0, best)
    return float(lane.max())


@compiled
def log_evidence(
    strength: Singles,
    information: Singles,
    step: float,
    durations: Floats,
    peak: tuple[float, float, float],
    factors: tuple[float, float],
    least_transits: int,
) -> float:
    """Return the logarithm of the evidence for transits near a peak, but for a constant; see `ranking`.

    Parameters
    ----------
    strength, information
        Of single events, shape (durations, n).
    step
        Distance between events, days.
    durations
        Of the events, days, shape (durations,).
    peak
        Period, duration, and duration of a central transit of the Sun at that period, days.
    factors
        Shortest and longest duration, in units of that of the Sun.
    least_transits
        So many must be observed.
    """
    period, duration, central = peak
    baseline = strength.shape[1] * step
    allowed = (durations >= factors[0] * central) & (durations <= factors[1] * central)
    if not allowed.any():
        allowed[np.argmin(np.abs(np.log(durations / central)))] = True
    total = -np.inf
    for row in np.flatnonzero(allowed):
        squared = 0.0
        for side in range(-_EACH_SIDE, _EACH_SIDE + 1):
            trial = period * (1 + _DRIFT * side * duration / baseline) / step
            squared = max(
                squared, strongest_repetition(strength[row], information[row], trial, least_transits)
            )
        likely = -0.5 * (np.log(durations[row] / central / TYPICAL_DURATION) / _DURATION_SCATTER) ** 2
        volume = 2 * np.log(durations[row]) - np.log(period * baseline)
        total = np.logaddexp(total, 0.5 * squared + likely + volume)
    return float(total)
