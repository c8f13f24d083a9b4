"""The shape of a folded transit: its bottom and its two halves.

After the shape and asymmetry tests of Thompson et al. (2018, ApJS 235, 38, appendix A.3) and Kunimoto et al.
(2025, arXiv:2509.10619), without a fit.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.transits.search.engine import Floats
from astro_assets.transits.vetting.coverage import sides_of
from astro_assets.transits.vetting.folds import Folds, divided

#: The bottom is the third of the transit around its middle.
_BOTTOM: Final = 1 / 6


@dataclass(frozen=True, slots=True)
class Shape:
    """Of each fold, shape (m,).

    Parameters
    ----------
    bottom_over_mean
        Mean depth of the middle third over that of the whole: 1 for a box, 1.1 to 1.3 for planets, 5/3 for a
        V; NaN where nothing is lost.
    asymmetry_sigma
        Depth of the first half less depth of the second, over its error.
    """

    bottom_over_mean: Floats
    asymmetry_sigma: Floats


def shape_of(folds: Folds, red_noise: Floats) -> Shape:
    """Measure the shape of each transit.

    Parameters
    ----------
    folds
        Samples in the transits of m candidates and beside them.
    red_noise
        By how much the noise of a box exceeds white noise, shape (m,).

    Returns
    -------
    Shape
        Arrays of shape (m,), NaN where a part is not observed.
    """
    inside, sides = folds.distance < 0.5, sides_of(folds)
    beside, _ = folds.mean(sides.before | sides.after)
    outside, _ = folds.mean(~inside)
    level = np.where(np.isfinite(beside), beside, outside)
    depth, _ = folds.mean(inside)
    bottom, _ = folds.mean(folds.distance < _BOTTOM)
    first, first_weight = folds.mean(inside & (folds.offset < 0))
    second, second_weight = folds.mean(inside & (folds.offset >= 0))
    weight = divided(first_weight * second_weight, first_weight + second_weight)
    return Shape(
        bottom_over_mean=divided(bottom - level, depth - level),
        asymmetry_sigma=(first - second) * np.sqrt(weight) / red_noise,
    )
