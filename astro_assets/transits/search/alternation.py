"""Odd and even transits of a box: whether two kinds of dips take turns.

The comparison of a box's own transits lives here; what to conclude for the period is decided in `refinement`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from astro_assets.transits.search.boxes import Transits
from astro_assets.transits.search.engine import Floats
from astro_assets.transits.search.minima import unlike_sigma


@dataclass(frozen=True, slots=True)
class Alternation:
    """Mean depths of odd and of even transits with their errors, NaN where there are none.

    Parameters
    ----------
    depth_odd, depth_odd_err, depth_even, depth_even_err
        Relative.
    unlike_sigma
        Difference of the means over the error that the scatter of single transits gives.
    """

    depth_odd: float
    depth_odd_err: float
    depth_even: float
    depth_even_err: float
    unlike_sigma: float

    @property
    def sigma(self) -> float:
        """Difference of odd and even depth over its error; NaN when one is unknown."""
        return abs(self.depth_odd - self.depth_even) / math.hypot(self.depth_odd_err, self.depth_even_err)


def alternation_of(transits: Transits) -> Alternation:
    """Compare odd with even transits."""
    dips, weights, factor = transits.dips, transits.weights, transits.noise_factor
    odd = transits.numbers % 2 == 1
    return Alternation(
        *_mean(dips[odd], weights[odd], factor),
        *_mean(dips[~odd], weights[~odd], factor),
        unlike_sigma(dips[odd] / weights[odd], dips[~odd] / weights[~odd]),
    )


def _mean(dips: Floats, weights: Floats, factor: float) -> tuple[float, float]:
    """Weighted mean depth of some transits and its standard deviation, NaN for none."""
    total = float(weights.sum())
    if not total > 0:
        return math.nan, math.nan
    return float(dips.sum()) / total, factor / math.sqrt(total)
