"""How much the stars of a frame scatter about their levels in the night: comparison-star residuals.

Light of the same stars in all frames of a night goes in; how it is measured is decided in `matching`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.photometry.robust import row_medians, row_scatters
from astro_assets.images.quality.expectation import ReferenceStars
from astro_assets.images.quality.matching import MATCH_PIXELS, placed
from astro_assets.images.quality.measures import QualityMeasures

Floats = NDArray[np.float64]

#: So many of the brightest stars are compared: light of fainter ones is mostly noise of the sky.
N_COMPARED: Final = 30
#: Of fewer stars in a frame no scatter is told.
FEWEST_STARS: Final = 5
#: Sweeps of the median polish: more change nothing that is seen.
_SWEEPS: Final = 10


def residuals(light: Floats) -> Floats:
    """Return the robust scatter of stars about their levels, relative to their light.

    Logarithms of light are the sum of a star's level, a frame's zero point and what is left: a median polish
    (Tukey 1977, Exploratory Data Analysis, chapter 11) finds both, as unmoved by stars that vary as by frames
    that are bad.

    Parameters
    ----------
    light
        Of each star in each frame, brightest star first, shape (n_frames, n_stars); NaN where it is not seen.

    Returns
    -------
    ndarray of float64, shape (n_frames,)
        NaN for frames with fewer than :data:`FEWEST_STARS` stars, or none of those a polish starts beside.
    """
    part = light[:, :N_COMPARED]
    seen = np.isfinite(part) & (part > 0)
    left = np.where(seen, np.log(np.where(seen, part, 1.0)), np.nan)
    if not seen.any():
        return np.full(len(light), np.nan)
    left = left - row_medians(left - _start(left, seen))[:, None]
    for _ in range(_SWEEPS):
        left = left - row_medians(left.T)
        left = left - row_medians(left)[:, None]
    return np.where(seen.sum(axis=1) >= FEWEST_STARS, row_scatters(left), np.nan)


def _start(left: Floats, seen: NDArray[np.bool_]) -> Floats:
    """Return what frames are compared with first: the fullest ones, those that see the same stars.

    Where a polish comes to rest depends on where it starts, and so neither a star's level, nor a frame's zero
    point, nor the order of frames has a say in it.
    """
    counts = seen.sum(axis=1)
    fullest = counts == counts.max()
    _, group, sizes = np.unique(seen[fullest], axis=0, return_inverse=True, return_counts=True)
    alike = left[fullest][group.ravel() == sizes.argmax()]
    return np.asarray(np.sort(alike, axis=0).mean(axis=0), np.float64)


def with_residuals(measures: Sequence[QualityMeasures], light: Sequence[Floats]) -> list[QualityMeasures]:
    """Add to the measures of a night's frames how much their stars scatter.

    Parameters
    ----------
    light
        Of each frame, as :func:`astro_assets.images.quality.measures.quality_measures` returns it.
    """
    if not measures:
        return []
    found = residuals(np.stack(light)).tolist()
    return [replace(one, comparison_residual=value) for one, value in zip(measures, found, strict=True)]


def carried(light: Floats, old: ReferenceStars | None, new: ReferenceStars, shape: tuple[int, int]) -> Floats:
    """Return light of the stars of one reference as that of another's stars, where they are the same.

    Parameters
    ----------
    light
        Of frames beside the old reference, shape (n, stars of it).
    old, new
        References of the same field; None if there was none.
    shape
        Of the frames.

    Returns
    -------
    ndarray of float64, shape (n, stars of the new reference)
        NaN for stars that the old one has not.
    """
    from scipy.spatial import cKDTree

    found = np.full((len(light), len(new.measured)), np.nan)
    placement = None if old is None else placed(new.positions, old.positions, shape)
    if old is None or placement is None or not len(old.measured):
        return found
    off, number = cKDTree(placement.from_other(old.measured)).query(
        new.measured, distance_upper_bound=MATCH_PIXELS
    )
    is_same = np.isfinite(off)
    found[:, is_same] = light[:, number[is_same]]
    return found
