"""The compiled median of one series: the range in which it must be is narrowed, then what is left is sorted.

Only loops over plain arrays live here. To count is many times faster than to move numbers, and the median is
the same number however it is found.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled, compiled_with

Floats = NDArray[np.float64]

#: So few numbers are sorted; to halve the range of these takes as long.
_FEW: Final = 48
#: Of more numbers than this the range is told by some of them first: each so manieth, and so many of their
#: standard errors on each side of their middle.
_MANY: Final = 1024
_SAMPLE: Final = 256
_ERRORS: Final = 3.0
#: Extremes may be taken in any order; sums may not.
_EXTREMES: Final[Any] = {"nnan", "nsz", "ninf"}


@compiled
def median(values: Floats) -> float:
    """Return the median of finite numbers, at least one; of an even number the mean of the two in the middle.

    Parameters
    ----------
    values
        Shape (n,), contiguous.
    """
    first, last = (values.size - 1) // 2, values.size // 2
    if values.size > _MANY:
        low, high = _likely_range(values)
        n_below, n_lower = _count_below(values, low), _count_below(values, high)
        if n_below <= first and last < n_lower:
            inside = _between(values, low, high, n_lower - n_below)
            return _middle(inside, first - n_below, last - n_below)
    return _middle(values, first, last)


@compiled
def _likely_range(values: Floats) -> Any:
    """Return a range in which the median most likely is, from some of the numbers."""
    some = np.sort(values[:: values.size // _SAMPLE])
    reach = int(_ERRORS * 0.5 * np.sqrt(some.size)) + 1
    return some[some.size // 2 - reach], some[some.size // 2 + reach]


@compiled
def _middle(values: Floats, first: int, last: int) -> float:
    """Return the mean of the numbers at one or two places of their order."""
    low, high = _extremes(values)
    # The places are in the range from ``low`` to below ``high``.
    high = np.nextafter(high, np.inf)
    n_below, n_inside = 0, values.size
    while n_inside > _FEW:
        middle = low + 0.5 * (high - low)
        if not low < middle < high:
            break
        n_lower = _count_below(values, middle)
        if n_lower <= first:
            low, n_inside, n_below = middle, n_inside + n_below - n_lower, n_lower
        elif n_lower > last:
            high, n_inside = middle, n_lower - n_below
        else:
            return _mean_of_neighbours(values, middle)
    some = _between(values, low, high, n_inside)
    _sort(some)
    return float(0.5 * (some[first - n_below] + some[last - n_below]))


@compiled_with(fastmath=_EXTREMES)
def _extremes(values: Floats) -> Any:
    low, high = np.inf, -np.inf
    for value in values:
        low, high = min(low, value), max(high, value)
    return low, high


@compiled
def _count_below(values: Floats, limit: float) -> int:
    count = 0
    for n in range(values.size):
        count += values[n] < limit
    return count


@compiled
def _between(values: Floats, low: float, high: float, n_inside: int) -> Floats:
    """Return what is at least ``low`` and below ``high``."""
    # Each number is written, and written over unless it is inside: that is faster than to choose.
    inside = np.empty(n_inside + 1)
    count = 0
    for value in values:
        inside[count] = value
        count += (low <= value) & (value < high)
    return inside[:n_inside]


@compiled
def _sort(values: Floats) -> None:
    """Sort a few numbers, or many equal ones, by insertion."""
    for n in range(1, values.size):
        value, place = values[n], n
        while place > 0 and values[place - 1] > value:
            values[place] = values[place - 1]
            place -= 1
        values[place] = value


@compiled_with(fastmath=_EXTREMES)
def _mean_of_neighbours(values: Floats, limit: float) -> float:
    """Return the mean of the largest number below a limit and the smallest other one."""
    below, above = -np.inf, np.inf
    for value in values:
        if value < limit:
            below = max(below, value)
        else:
            above = min(above, value)
    return 0.5 * (below + above)
