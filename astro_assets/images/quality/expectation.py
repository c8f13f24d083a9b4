"""What a night's best frames are like, at its usual exposure: that by which its other frames are measured.

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
from astro_assets.images.quality.preprocessing import LARGEST

Floats = NDArray[np.float64]

#: This part of the night's frames are its best.
BEST_PART: Final = 0.2
#: So many stars of the best frame are looked for in the others.
N_STARS: Final = 60
#: Limits go with the root of the exposure, and counts of stars as 10^(0.35 m) (Bahcall & Soneira 1980, ApJS
#: 44, 73).
COUNT_EXPONENT: Final = 0.35 * 2.5 / 2


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
        Of those, as in the usual exposure: see :func:`astro_assets.images.quality.matching.star_light`;
        shape (m,).
    n_stars, fwhm_pixels, elongation, background_level, background_noise
        Medians of the best frames, as in the usual exposure.
    exposure_s
        The usual one: the median of the night's.
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


@dataclass(frozen=True, slots=True)
class ReferenceStars:
    """Stars of the frame that others are laid upon and compared with.

    Parameters
    ----------
    positions, measured, flux, filtered
        As of :class:`Expectation`, in the exposure of the frame.
    """

    positions: Floats
    measured: Floats
    flux: Floats
    filtered: Floats


def reference_stars(frame: Frame, sources: FrameSources, settings: MeasuringSettings) -> ReferenceStars:
    """Measure the stars of a frame that is to be a reference."""
    bad = SourceFlag.HOT | SourceFlag.SATURATED | SourceFlag.EDGE
    good = np.flatnonzero((sources.flags & bad) == 0)[:N_STARS]
    measured = np.column_stack([sources.x[good], sources.y[good]])
    flux, filtered = star_light(above_the_sky(frame.image, settings), measured)
    is_known = np.isfinite(flux) & (flux > 0) & (filtered > 0)
    return ReferenceStars(
        bright_stars(sources, N_STARS), measured[is_known], flux[is_known], filtered[is_known]
    )


def expectation_of(
    frames: Sequence[Frame],
    sources: Sequence[FrameSources],
    settings: MeasuringSettings,
    exposures_s: Sequence[float | None],
) -> Expectation:
    """Learn from a night what its frames can be like.

    The best frames are those with the most stars for their blur: noise has its say in how many are seen. What
    they show is scaled to the usual exposure, under a sky whose noise goes with the root of it.

    Parameters
    ----------
    frames
        Of one field and telescope; one of them is asked for, so that they may be read when wanted.
    sources
        Of the same frames.
    settings
        As the sources were found with.
    exposures_s
        Of the same frames; None where unknown, which counts as the usual one.

    Raises
    ------
    ValueError
        If there are no frames, numbers differ, or no frame shows a star.
    """
    if not len(frames) == len(sources) == len(exposures_s) or not sources:
        raise ValueError(f"{len(frames)} frames and {len(sources)} lists of sources: a night has both alike")
    depth = np.array([depth_of(one.measures) for one in sources])
    if not (depth > 0).any():
        raise ValueError(f"none of {len(sources)} frames shows a star: nothing can be expected of this night")
    first = int(np.argmax(depth))
    return expectation_beside(reference_stars(frames[first], sources[first], settings), sources, exposures_s)


def expectation_beside(
    reference: ReferenceStars, sources: Sequence[FrameSources], exposures_s: Sequence[float | None]
) -> Expectation:
    """Learn from a night what its frames can be like, the stars of its deepest frame being known.

    Parameters
    ----------
    reference
        Of the first of the frames with the greatest :func:`depth_of`, which is to be more than 0.
    sources, exposures_s
        As of :func:`expectation_of`.
    """
    usual, longer = _exposures(exposures_s)
    depth = np.array([depth_of(one.measures) for one in sources])
    order = np.argsort(-depth, kind="stable")
    n_best = max(1, round(BEST_PART * len(sources)))
    best = [int(number) for number in order[:n_best] if depth[number] > 0]

    def median(name: str, power: float = 0.0) -> float:
        """Return what the best frames have, which goes with a power of the exposure."""
        values = [getattr(sources[number].measures, name) / longer[number] ** power for number in best]
        return float(np.nanmedian(values))

    return Expectation(
        positions=reference.positions,
        measured=reference.measured,
        flux=reference.flux / longer[best[0]],
        filtered=reference.filtered / np.sqrt(longer[best[0]]),
        n_stars=median("n_stars", COUNT_EXPONENT),
        fwhm_pixels=median("fwhm_pixels"),
        elongation=median("elongation"),
        background_level=median("background_level", 1.0),
        background_noise=median("background_noise", 0.5),
        exposure_s=usual,
    )


def depth_of(measures: FrameMeasures) -> float:
    """Return the number of stars for their blur, by which frames of a night are ranked.

    0 without a star, and where the sky is no count that a detector gives.
    """
    blur = measures.fwhm_pixels * measures.elongation
    is_possible = max(abs(measures.background_level), measures.background_noise) < LARGEST
    return measures.n_stars / blur if blur > 0 and is_possible else 0.0


def _exposures(exposures_s: Sequence[float | None]) -> tuple[float, Floats]:
    """Return the usual exposure, NaN if none is known, and each over it, 1 where unknown."""
    told = np.array([np.nan if one is None or not one > 0 else one for one in exposures_s], np.float64)
    if np.isnan(told).all():
        return float("nan"), np.ones(told.size)
    usual = float(np.nanmedian(told))
    return usual, np.nan_to_num(told / usual, nan=1.0)
