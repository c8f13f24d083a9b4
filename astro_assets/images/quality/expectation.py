"""What a night's best frames are like: that by which its other frames are measured.

Frames and their sources go in; which is best is decided here, by the stars alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.frame_sources import FrameMeasures, FrameSources, SourceFlag
from astro_assets.images.photometry.pixels import above_the_sky
from astro_assets.images.photometry.settings import MeasuringSettings
from astro_assets.images.quality.matching import bright_stars, star_light

Floats = NDArray[np.float64]

#: This part of the night's frames are its best.
BEST_PART: Final = 0.2
#: So many stars of the best frame are looked for in the others.
N_STARS: Final = 60


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a frame of this night may be like at best; NaN where it is not known.

    Parameters
    ----------
    positions
        Of stars of the best frame, x and y, brightest first, shape (n, 2), to place frames by.
    measured
        Of stars whose light is compared, shape (m, 2).
    flux, filtered
        Of those: see :func:`astro_assets.images.quality.matching.star_light`; shape (m,).
    n_stars, fwhm_pixels, elongation, background_level, background_noise
        Medians of the best frames.
    exposure_s
        Of the best frame.
    """

    positions: Floats
    measured: Floats
    flux: Floats
    filtered: Floats
    n_stars: float
    fwhm_pixels: float
    elongation: float
    background_level: float
    background_noise: float
    exposure_s: float


def expectation_of(
    frames: Sequence[Frame], sources: Sequence[FrameSources], settings: MeasuringSettings
) -> Expectation:
    """Learn from a night what its frames can be like.

    The best frames are those with the most stars for their blur: noise has its say in how many are seen.

    Parameters
    ----------
    frames
        Of one field and telescope; one of them is asked for, so that they may be read when wanted.
    sources
        Of the same frames.
    settings
        As the sources were found with.

    Raises
    ------
    ValueError
        If there are no frames, numbers differ, or no frame shows a star.
    """
    if len(frames) != len(sources) or not sources:
        raise ValueError(f"{len(frames)} frames and {len(sources)} lists of sources: a night has both alike")
    depth = np.array([depth_of(one.measures) for one in sources])
    if not (depth > 0).any():
        raise ValueError(f"none of {len(sources)} frames shows a star: nothing can be expected of this night")
    order = np.argsort(-depth, kind="stable")
    n_best = max(1, round(BEST_PART * len(sources)))
    best = [sources[number].measures for number in order[:n_best] if depth[number] > 0]
    first = int(order[0])
    frame, stars = frames[first], sources[first]
    good = np.flatnonzero((stars.flags & (SourceFlag.HOT | SourceFlag.SATURATED | SourceFlag.EDGE)) == 0)[
        :N_STARS
    ]
    measured = np.column_stack([stars.x[good], stars.y[good]])
    flux, filtered = star_light(above_the_sky(frame.image, settings), measured)
    is_known = np.isfinite(flux) & (flux > 0) & (filtered > 0)

    def median(name: str) -> float:
        return float(np.nanmedian([float(getattr(one, name)) for one in best]))

    return Expectation(
        positions=bright_stars(stars, N_STARS),
        measured=measured[is_known],
        flux=flux[is_known],
        filtered=filtered[is_known],
        n_stars=median("n_stars"),
        fwhm_pixels=median("fwhm_pixels"),
        elongation=median("elongation"),
        background_level=median("background_level"),
        background_noise=median("background_noise"),
        exposure_s=float("nan") if frame.exposure_s is None else frame.exposure_s,
    )


def depth_of(measures: FrameMeasures) -> float:
    """Return the number of stars for their blur, by which frames of a night are ranked; 0 without a star."""
    blur = measures.fwhm_pixels * measures.elongation
    return measures.n_stars / blur if blur > 0 else 0.0
