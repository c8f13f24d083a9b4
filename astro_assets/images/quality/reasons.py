"""What speaks against a frame, in words: measures that lie outside what good frames have.

Which of them weighs most is told by the forest's own paths; the words for each are here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from astro_assets.images.quality.measures import MEASURES, RELATIVE

Floats = NDArray[np.float64]

#: Quantiles of good frames beyond which a measure speaks against a frame.
LOWEST, HIGHEST = 0.01, 0.99
#: Less light than this is none, and its logarithm is told as that of this.
_LEAST_LIGHT: Final = 1e-4
#: Measures of which less is worse, in words.
_LOW: Final[dict[str, str]] = {
    "stars_ratio": "{value:.0%} of the stars that the night's best frames show",
    "transparency": "stars have {value:.0%} of their light, a zero point lower by {loss:.2f} mag",
    "depth": "faint stars keep {value:.0%} of their signal-to-noise ratio",
    "matched_fraction": "the stars of the night are not found at their places",
    "exposure_ratio": "the exposure is {value:.0%} of the usual one",
    "stars_per_megapixel": "{value:.0f} stars a megapixel, fewer than good frames have",
}
#: Measures of which more is worse, in words.
_HIGH: Final[dict[str, str]] = {
    "fwhm_ratio": "stars are {value:.2f} times as wide as in the night's best frames",
    "elongation_ratio": "stars are {value:.2f} times as elongated as in the night's best frames",
    "background_ratio": "the sky is {value:.1f} times as bright as in the night's best frames",
    "noise_ratio": "the noise is {value:.1f} times that of the night's best frames",
    "gradient_ratio": "the sky is uneven, by {value:.2f} of the best frames' level",
    "transparency_spread": "stars are dimmed unevenly, by {value:.0%}",
    "fwhm_pixels": "stars are {value:.1f} pixels wide",
    "fwhm_spread": "the width of stars varies by {value:.0%}",
    "elongation": "stars are elongated, {value:.2f} to 1",
    "trailing": "stars are drawn out in one direction",
    "background_noise": "the sky is rougher than its light explains",
    "gradient": "the sky is uneven, by {value:.2f} of its level",
    "background_rate": "the sky gives {value:.1f} counts a second",
    "saturated_fraction": "{value:.2%} of the pixels are saturated",
    "masked_fraction": "{value:.1%} of the pixels are no measurements",
    "hot_fraction": "{value:.2%} of the pixels are hot",
    "odd_columns": "{value:.1%} of the columns do not fit in with their neighbours",
    "airmass": "airmass {value:.2f}",
    "comparison_residual": "comparison stars scatter by {value:.1%} about their levels in the night",
}


class GoodRange(BaseModel):
    """What good frames have of a measure.

    Attributes
    ----------
    low, high
        Its 1st and 99th percentile.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: float
    high: float


def good_ranges(measures: Floats) -> dict[str, GoodRange]:
    """Find the ranges of good frames, shape (n, len(MEASURES)); measures that no frame has are left out."""
    found = {}
    for name, column in zip(MEASURES, measures.T, strict=True):
        known = column[np.isfinite(column)]
        if known.size:
            low, high = np.quantile(known, (LOWEST, HIGHEST))
            found[name] = GoodRange(low=float(low), high=float(high))
    return found


def reasons_of(
    measures: Sequence[float] | Floats,
    contributions: Sequence[float] | Floats,
    ranges: Mapping[str, GoodRange],
) -> tuple[str, ...]:
    """Say what speaks against a frame, what weighs most first.

    Parameters
    ----------
    measures, contributions
        In the order of :data:`astro_assets.images.quality.measures.MEASURES`: values, NaN where unknown, and
        by how much each moved the forest towards worse grades.
    ranges
        Of good frames.
    """
    told: list[tuple[float, str]] = []
    has_night = np.isfinite(measures[MEASURES.index("fwhm_ratio")])
    for name, value, weight in zip(MEASURES, measures, contributions, strict=True):
        known = ranges.get(name)
        if known is None or not np.isfinite(value):
            continue
        if has_night and f"{name.removesuffix('_pixels')}_ratio" in RELATIVE:
            continue  # told better beside the night
        if name in _LOW and value < known.low:
            loss = -2.5 * np.log10(max(value, _LEAST_LIGHT))
            told.append((-weight, _LOW[name].format(value=value, loss=loss)))
        elif name in _HIGH and value > known.high:
            told.append((-weight, _HIGH[name].format(value=value)))
    return tuple(words for _, words in sorted(told))
