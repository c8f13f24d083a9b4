"""Light curves small enough for a page: of samples that fall into one column of pixels the extremes are kept.

Pure functions of arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
#: Columns of a curve: more than a page has pixels.
N_BINS: Final = 2400


@dataclass(frozen=True, slots=True)
class Binned:
    """A curve in bins of equal time, those without samples left out.

    Attributes
    ----------
    time
        Mean time of the samples, shape (n,).
    low, high, middle
        Least, largest and median value, shape (n,). Where each sample is kept, all are the same.
    """

    time: Floats
    low: Floats
    high: Floats
    middle: Floats

    @property
    def is_whole(self) -> bool:
        """Whether each sample is there."""
        return self.middle is self.low


def binned(time: NDArray[Any], values: NDArray[Any], n_bins: int = N_BINS) -> Binned:
    """Keep least, largest and median of the samples of each bin; short curves as they are.

    Parameters
    ----------
    time
        Days, shape (n,), rising.
    values
        Shape (n,); what is not finite is left out.
    n_bins
        Bins between first and last sample.
    """
    there = np.isfinite(values) & np.isfinite(time)
    time, values = np.asarray(time[there], np.float64), np.asarray(values[there], np.float64)
    if time.size <= 2 * n_bins:
        same = values.astype(np.float32)
        return Binned(time.astype(np.float32), same, same, same)
    width = (time[-1] - time[0]) / n_bins
    place = np.minimum(((time - time[0]) / width).astype(np.int64), n_bins - 1)
    order = np.lexsort((values, place))  # by value within each bin
    first = np.flatnonzero(np.diff(place[order], prepend=-1))
    after = np.append(first[1:], time.size)
    ranked = values[order]
    middle = 0.5 * (ranked[(first + after - 1) // 2] + ranked[(first + after) // 2])
    mean = np.add.reduceat(time[order], first) / (after - first)
    return Binned(*(part.astype(np.float32) for part in (mean, ranked[first], ranked[after - 1], middle)))


def highest(place: NDArray[Any], values: NDArray[Any], most: int) -> tuple[Floats, Floats]:
    """Keep the highest of each group of neighbours, so that at most so many are left."""
    step = -(-values.size // most)
    if step <= 1:
        return place.astype(np.float32), values.astype(np.float32)
    starts = np.arange(0, values.size, step)
    top = np.array([start + np.argmax(values[start : start + step]) for start in starts])
    return place[top].astype(np.float32), values[top].astype(np.float32)


def transit_times(time: NDArray[Any], period: float, epoch: float, duration: float, cadence: float) -> Floats:
    """Return the middles of transits of which at least half was observed: others the search does not count.

    All in the unit of ``time``.
    """
    cycle = np.floor((time - epoch) / period + 0.5)
    inside = np.abs(time - epoch - cycle * period) < duration / 2
    numbers, n_samples = np.unique(cycle[inside], return_counts=True)
    seen = n_samples >= max(1.0, 0.5 * duration / cadence)
    return (epoch + period * numbers[seen]).astype(np.float32)
