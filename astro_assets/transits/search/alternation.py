"""Odd and even transits of a box: whether two kinds of dips take turns.

The comparison of a box's own transits lives here; what to conclude for the period is decided in `refinement`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from astro_assets.transits.search.boxes import Transits


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
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search.minima_loops import alternation

    return Alternation(*alternation(transits.numbers, transits.dips, transits.weights, transits.noise_factor))
