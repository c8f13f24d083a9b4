"""Minima that come back: how alike they are from one to the next, and whether two kinds take turns.

Series of depths are compared here; they are measured elsewhere.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.noise import robust_scatter
from astro_assets.transits.search.engine import Floats

#: A dip that is seen so often, with a depth so many times its scatter from one to the next, is periodic
#: whatever its shape: spots do not last for so many rotations.
STEADY_TRANSITS: Final = 200
_STEADY_CONSTANCY: Final = 8.0
#: Minima that take turns and differ by so many standard deviations are those of two stars.
_UNLIKE_SIGMA: Final = 5.0
#: A scatter needs so many transits of each kind.
_FEWEST_TRANSITS: Final = 3


def take_turns(n_transits: int, constancy: float, sigma: float) -> bool:
    """Tell whether two unlike minima took turns hundreds of times, each hardly changed.

    Spots move, noise does not repeat, and the minima of a pulsation are alike: this is a binary in contact.

    Parameters
    ----------
    n_transits
        How many minima were seen.
    constancy
        Of their depth, see :func:`depth_constancy`.
    sigma
        How unlike the two kinds are, see :func:`unlike_sigma`.
    """
    return n_transits >= STEADY_TRANSITS and constancy >= _STEADY_CONSTANCY and sigma >= _UNLIKE_SIGMA


def depth_constancy(depths: Floats, odd: NDArray[np.bool_]) -> float:
    """Mean depth of single transits over their scatter, odd and even apart: a binary's may alternate.

    Parameters
    ----------
    depths
        Of single transits, shape (n,).
    odd
        Which of them are odd, shape (n,).

    Returns
    -------
    float
        NaN with less than 3 odd or even ones, or without scatter.
    """
    groups = [depths[odd], depths[~odd]]
    if min(group.size for group in groups) < _FEWEST_TRANSITS:
        return float("nan")
    scatter = robust_scatter(np.concatenate([group - group.mean() for group in groups]))
    return float(depths.mean()) / scatter if scatter > 0 else float("nan")


def unlike_sigma(first: Floats, second: Floats) -> float:
    """Difference of the mean depths of two kinds of minima over its error; 0 unless both are minima.

    Parameters
    ----------
    first, second
        Depths of single minima, shapes (n,) and (m,). The error comes from their own scatter.
    """
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.search import minima_loops

    return float(minima_loops.unlike_sigma(first, second))
