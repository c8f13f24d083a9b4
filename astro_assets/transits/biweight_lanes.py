"""Compiled kernel of the biweight filter: the trend of 16 series at once.

Only loops live here. Each lane takes the same steps whatever its numbers: it does not depend on others.
"""

from __future__ import annotations

from typing import Any, Final

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
    subtract,
    where_above,
)
from astro_assets.transits.median_lanes import median, median_distance

Singles = NDArray[np.float32]

#: Newton steps from a median to the biweight location; one more at each bin begins between two of these.
_STEPS: Final = 8


@compiled
def _step(values: Any, weights: Any, begin: int, end: int, centre: Any, reach: Any) -> Any:
    """Move a centre by the mean of the values around it, each weighted by (1 - (distance / reach)^2)^2."""
    zero, one = splat(np.float32(0.0)), splat(np.float32(1.0))
    total, sum_ = zero, zero
    inverse = divide(one, multiply(reach, reach))
    for n in range(begin, end):
        distance = subtract(load(values, n * LANES), centre)
        rest = maximum(subtract(one, multiply(multiply(distance, distance), inverse)), zero)
        weight = multiply(load(weights, n * LANES), multiply(rest, rest))
        total = add(total, weight)
        sum_ = add(sum_, multiply(weight, distance))
    return where_above(total, zero, add(centre, divide(sum_, total)), centre)


@compiled
def biweight_trends(values: Singles, weights: Singles, half: int, tuning: float, out: Singles) -> None:
    """Find Tukey's biweight location in a window around each bin (Mosteller & Tukey 1977).

    At bins an eighth of the window apart it is iterated from the median, with the median absolute deviation
    there; at each bin, one step from what is interpolated is enough.

    Parameters
    ----------
    values, weights
        Bins one after the other, 16 numbers each, shape (n * 16,). Bins of no weight are empty.
    half
        Bins of the window on each side of its middle; it is cut at the ends.
    tuning
        Distance, in median absolute deviations, from which on values do not count.
    out
        Locations, shape (n * 16,); of no meaning where a window is empty.
    """
    n_bins, apart = out.size // LANES, max(1, half // 4)
    # The last is at or behind the end: where it is may not depend on the longest of the series.
    n_anchors = (n_bins - 1) // apart + 2
    centres, reaches = np.zeros(n_anchors * LANES, np.float32), np.zeros(n_anchors * LANES, np.float32)
    scale = splat(np.float32(tuning))
    for anchor in range(n_anchors):
        begin, end = max(0, anchor * apart - half), min(n_bins, anchor * apart + half + 1)
        centre = median(values, weights, begin, end)
        reach = multiply(scale, median_distance(values, weights, begin, end, centre))
        for _ in range(_STEPS):
            centre = _step(values, weights, begin, end, centre, reach)
        store(centres, anchor * LANES, centre)
        store(reaches, anchor * LANES, reach)
    for n in range(n_bins):
        before = n // apart
        part = splat(np.float32((n - before * apart) / apart))
        centre, reach = _between(centres, before, part), _between(reaches, before, part)
        begin, end = max(0, n - half), min(n_bins, n + half + 1)
        store(out, n * LANES, _step(values, weights, begin, end, centre, reach))


@compiled
def _between(found: Any, before: int, part: Any) -> Any:
    """Interpolate between an anchor and the next."""
    here, there = load(found, before * LANES), load(found, (before + 1) * LANES)
    return add(here, multiply(part, subtract(there, here)))
