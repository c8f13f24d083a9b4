"""One frame moved onto the pixels of another that shows the same field.

How frames lie upon one another is found by their stars in `photometry.registration`; plain shifts are found
here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.backgrounds import sky_subtracted
from astro_assets.images.difference_noise import DifferencingSettings, hot_pixels
from astro_assets.images.frame import Frame
from astro_assets.images.photometry.registration import Alignment

Image = NDArray[np.float32]

#: A pixel is lost of which missing ones are more than this part.
_LOST: Final = 0.01


def measured_shift(frame: Frame, onto: Frame) -> tuple[float, float]:
    """Measure by how many rows and columns a frame must be moved to lie on another.

    The peak of the cross-correlation of both frames' sources, and of a parabola through it.

    Raises
    ------
    ValueError
        If shapes differ, or a frame has no sources.
    """
    from scipy.fft import irfft2, next_fast_len, rfft2

    if frame.image.shape != onto.image.shape:
        raise ValueError(f"frames of shape {frame.image.shape} and {onto.image.shape}")
    shape = [next_fast_len(2 * size, real=True) for size in frame.image.shape]
    ours, theirs = (rfft2(_sources(one.image), shape) for one in (frame, onto))
    correlation = irfft2(theirs * np.conj(ours), shape)
    peak = np.unravel_index(int(correlation.argmax()), correlation.shape)
    found = []
    for axis, place in enumerate(peak):
        size = correlation.shape[axis]
        before, middle, after = (
            float(correlation[tuple((place + step) % size if i == axis else peak[i] for i in range(2))])
            for step in (-1, 0, 1)
        )
        bend = before - 2 * middle + after
        at = int(place) + (0.5 * (before - after) / bend if bend else 0.0)
        found.append(float(at - size if at > size / 2 else at))
    return found[0], found[1]


def shifted(frame: Frame, rows: float, columns: float) -> Frame:
    """Move a frame by cubic splines; what came from outside, or from unusable pixels, is NaN."""
    from scipy.ndimage import shift

    missing = unusable(frame)
    filled = np.where(missing, np.float32(np.nanmedian(frame.image)), frame.image)
    moved = splined(filled, (rows, columns))
    lost = shift(missing.astype(np.float32), (rows, columns), order=1, mode="constant", cval=1.0)
    moved[lost > _LOST] = np.nan
    return replace(frame, image=moved)


def splined(image: Image, by: tuple[float, float]) -> Image:
    """Move an image by rows and columns, all of whose pixels are known, by cubic splines."""
    from scipy.ndimage import shift

    found: Image = shift(image, by, order=3, mode="nearest", output="float32")
    return found


def laid_upon(frame: Frame, alignment: Alignment, shape: tuple[int, int]) -> Frame:
    """Move, turn and scale a frame onto the pixels of the one that it is aligned with, by cubic splines.

    Parameters
    ----------
    alignment
        Of the frame with the other.
    shape
        Of the other's image.

    Returns
    -------
    Frame
        Counts a star are kept; what came from outside, or from unusable pixels, is NaN.

    Raises
    ------
    ValueError
        If the frame could not be aligned.
    """
    if not alignment.is_aligned:
        raise ValueError(f"a frame that is not aligned: {alignment.reason}")
    back = np.linalg.inv(alignment.matrix)
    # Images count rows, then columns; alignments x, then y.
    matrix, offset = back[::-1, ::-1], -(back @ alignment.shift)[::-1]

    def moved(image: Image, order: int, outside: float | None) -> Image:
        mode, fill = ("nearest", 0.0) if outside is None else ("constant", outside)
        found: Image = affine_transform(
            image, matrix, offset, shape, order=order, mode=mode, cval=fill, output=np.float32
        )
        return found

    from scipy.ndimage import affine_transform

    missing = unusable(frame)
    filled = np.where(missing, np.float32(np.nanmedian(frame.image)), frame.image)
    image = moved(filled, 3, None) * np.float32(abs(np.linalg.det(back)))
    image[moved(missing.astype(np.float32), 1, 1.0) > _LOST] = np.nan
    return replace(frame, image=image)


def unusable(frame: Frame) -> NDArray[np.bool_]:
    """Return pixels of a frame as it was read that are not to be moved: missing, saturated, hot ones.

    A spline makes a small source with rings of a pixel that stands alone.
    """
    settings = DifferencingSettings()
    image, rms, _, missing = sky_subtracted(frame, settings.mesh_pixels)
    return missing | hot_pixels(image, rms, missing, settings)


def _sources(image: Image) -> Image:
    """Return what is above the background, bright stars held back lest one of them decides alone."""
    level = np.nanmedian(image)
    noise = 1.4826 * np.nanmedian(np.abs(image - level))
    if not noise > 0:
        raise ValueError("a frame without noise or sources")
    above = np.nan_to_num((image - level) / noise, nan=0.0, posinf=0.0, neginf=0.0)
    above = np.where(above > 5, np.sqrt(np.maximum(above, 0)), 0).astype(np.float32)
    if not above.any():
        raise ValueError("a frame without sources")
    return np.asarray(above, np.float32)
