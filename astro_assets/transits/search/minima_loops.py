"""Compiled comparison of the depths of minima; only loops over plain arrays live here."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled
from astro_assets.transits.noise_loops import scatter

Floats = NDArray[np.float64]

#: The shallower minimum is at least this part of the deeper one.
_LEAST_SECOND_MINIMUM: Final = 0.1
#: A scatter needs so many transits of each kind.
FEWEST_TRANSITS: Final = 3


@compiled
def unlike_sigma(first: Floats, second: Floats) -> float:
    """Difference of the mean depths of two kinds of minima over its error; see `minima`."""
    if min(first.size, second.size) < FEWEST_TRANSITS:
        return 0.0
    one, other = first.mean(), second.mean()
    error = np.hypot(scatter(first) / np.sqrt(first.size), scatter(second) / np.sqrt(second.size))
    if not (min(one, other) >= _LEAST_SECOND_MINIMUM * max(one, other) > 0.0 and error > 0.0):
        return 0.0
    return float(np.abs(one - other) / error)


@compiled
def alternation(numbers: NDArray[np.int64], dips: Floats, weights: Floats, noise: float) -> Any:
    """Compare odd transits with even ones.

    Parameters
    ----------
    numbers, dips, weights
        Of the transits, with the weighted sum of the depths and the weight of each, shape (n,).
    noise
        By how much noise exceeds white noise.

    Returns
    -------
    depth_odd, error_odd, depth_even, error_even, unlike_sigma : float
        Mean depths of both kinds with their standard deviations, NaN for none; and as the function of that
        name.
    """
    odd = numbers % 2 == 1
    return (
        *_mean(dips[odd], weights[odd], noise),
        *_mean(dips[~odd], weights[~odd], noise),
        unlike_sigma(dips[odd] / weights[odd], dips[~odd] / weights[~odd]),
    )


@compiled
def _mean(dips: Floats, weights: Floats, noise: float) -> Any:
    total = weights.sum()
    if not total > 0.0:
        return np.nan, np.nan
    return dips.sum() / total, noise / np.sqrt(total)
