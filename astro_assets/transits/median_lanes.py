"""Compiled medians of 16 series at once, by halving the range in which they must be.

Only loops live here. Each lane takes the same steps whatever its numbers: it does not depend on others.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from astro_assets.transits.compiled import compiled
from astro_assets.transits.lanes import LANES, add, load, maximum, multiply, splat, subtract, where_above

#: A median is known to a millionth of the range of the values then.
HALVINGS: Final = 20
#: Beyond any value.
LARGE: Final = 1e30


@compiled
def median(values: Any, weights: Any, begin: int, end: int) -> Any:
    """Return the weighted medians of some bins, 16 numbers each; those of no weight do not count."""
    return _halfway(values, weights, begin, end, splat(np.float32(0.0)), False)


@compiled
def median_distance(values: Any, weights: Any, begin: int, end: int, centre: Any) -> Any:
    """Return the weighted medians of the distances from a centre."""
    return _halfway(values, weights, begin, end, centre, True)


@compiled
def _halfway(values: Any, weights: Any, begin: int, end: int, centre: Any, is_distance: bool) -> Any:
    zero, half = splat(np.float32(0.0)), splat(np.float32(0.5))
    highest, deepest, need = splat(np.float32(-LARGE)), splat(np.float32(-LARGE)), zero
    for n in range(begin, end):
        value, weight = _value(values, n, centre, is_distance), load(weights, n * LANES)
        highest = maximum(where_above(weight, zero, value, highest), highest)
        deepest = maximum(where_above(weight, zero, subtract(zero, value), deepest), deepest)
        need = add(need, weight)
    low, high, need = subtract(zero, deepest), highest, multiply(half, need)
    for _ in range(HALVINGS):
        middle = multiply(half, add(low, high))
        below = zero
        for n in range(begin, end):
            value = _value(values, n, centre, is_distance)
            below = add(below, where_above(middle, value, load(weights, n * LANES), zero))
        low = where_above(need, below, middle, low)
        high = where_above(need, below, high, middle)
    return multiply(half, add(low, high))


@compiled
def _value(values: Any, n: int, centre: Any, is_distance: bool) -> Any:
    value = load(values, n * LANES)
    if is_distance:
        value = subtract(value, centre)
        value = maximum(value, subtract(splat(np.float32(0.0)), value))
    return value
