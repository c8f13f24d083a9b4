"""What single pixels tell: which are measurements, which are hot, where they saturate, what the sky below is.

Nothing here knows of stars; both stages stand on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.photometry.frame_sources import Booleans
from astro_assets.images.photometry.settings import MeasuringSettings

Counts = NDArray[np.float32]

#: A frame is a picture of stars between these sizes, pixels a side; larger mosaics come in their detectors.
SMALLEST_SIDE: Final = 32
LARGEST_SIDE: Final = 16_384
#: A hot pixel rises this far above the background, in its noise.
HOT_SIGMA: Final = 8.0
#: Saturation lies this far above the background, in its noise, or the maxima are those of the sky.
SATURATION_SIGMA: Final = 50.0
#: The noise of single pixels is told by so many.
FEWEST_SKY_PIXELS: Final = 100
#: So many pixels share the maximum where it is a ceiling.
FEWEST_AT_CEILING: Final = 4


@dataclass(frozen=True, slots=True)
class Pixels:
    """A frame's pixels above the sky; arrays of shape (n_rows, n_columns).

    Parameters
    ----------
    signal
        Counts above the background, hot pixels replaced by the mean of their neighbours, masked ones by 0.
    background, noise
        Counts of the sky, and its standard deviation.
    is_masked
        No measurements.
    is_hot
        Stand alone.
    """

    signal: Counts
    background: Counts
    noise: Counts
    is_masked: Booleans
    is_hot: Booleans


def above_the_sky(image: Counts, settings: MeasuringSettings) -> Pixels:
    """Subtract the background and find hot pixels.

    The background is that of Bertin & Arnouts (1996), A&AS 117, 393: clipped modes of boxes, median-filtered.

    Parameters
    ----------
    image
        Counts, NaN where there is no measurement, shape (n_rows, n_columns).
    settings
        Boxes, and what is hot.

    Returns
    -------
    Pixels
        Of the same shape.

    Raises
    ------
    ValueError
        If the frame is no plane, too small, too large, or more than half of it is masked.
    """
    import sep

    if image.ndim != 2 or min(image.shape) < SMALLEST_SIDE or max(image.shape) > LARGEST_SIDE:
        raise ValueError(
            f"a frame has two sides of {SMALLEST_SIDE} to {LARGEST_SIDE} pixels, this one {image.shape}"
        )
    is_masked = ~np.isfinite(image)
    if is_masked.mean() > 0.5:
        raise ValueError(f"{is_masked.mean():.0%} of the frame's pixels are no measurements")
    # What is masked is not looked at, but a filter may carry it to its neighbours.
    filled = np.where(is_masked, np.median(image[~is_masked]), image).astype(np.float32)
    box = min(settings.mesh_pixels, *image.shape)
    sky = sep.Background(filled, mask=is_masked, bw=box, bh=box)
    background, noise = sky.back(), sky.rms()
    # Counts are whole numbers: no sky is quieter than their rounding.
    noise = np.maximum(noise, np.float32(12**-0.5 if _is_whole(image) else 1e-6))
    signal = filled - background
    signal[is_masked] = 0
    is_hot, around = standing_alone(signal, noise, is_masked, settings.hot_pixel_contrast)
    return Pixels(np.where(is_hot, around, signal), background, noise, is_masked, is_hot)


def _is_whole(image: Counts) -> bool:
    few = image[:: max(1, image.shape[0] // 16)]
    return bool(np.all((few == np.round(few)) | ~np.isfinite(few)))


def standing_alone(
    signal: Counts, noise: Counts, is_masked: Booleans, contrast: float
) -> tuple[Booleans, Counts]:
    """Find hot pixels; return them, and the mean of the four neighbours of each pixel.

    Parameters
    ----------
    signal, noise
        Counts above the background, and its standard deviation, shape (n_rows, n_columns).
    is_masked
        No measurements.
    contrast
        The neighbours of a hot pixel have less than this part of its signal.
    """
    wide = np.pad(signal, 1, mode="edge")
    around = (wide[:-2, 1:-1] + wide[2:, 1:-1] + wide[1:-1, :-2] + wide[1:-1, 2:]) / np.float32(4)
    # The mean of four has half the noise of one, and what may be as faint as that is left alone.
    is_hot = (signal > HOT_SIGMA * noise) & (around + 1.5 * noise < contrast * signal) & ~is_masked
    return is_hot, around


def saturation_of(image: Counts, pixels: Pixels) -> float | None:
    """Estimate where pixels saturate from a pile-up of maxima.

    Parameters
    ----------
    image
        Counts, shape (n_rows, n_columns).
    pixels
        The same above the sky.

    Returns
    -------
    float or None
        The largest value, if several pixels that touch one another have exactly that and it is far above the
        sky; else the frame does not show it.
    """
    largest = np.float32(np.max(image[~pixels.is_masked]))
    rows, columns = np.nonzero(image == largest)
    if rows.size < FEWEST_AT_CEILING:
        return None
    first = rows[0], columns[0]
    if largest - pixels.background[first] < SATURATION_SIGMA * pixels.noise[first]:
        return None
    is_there = np.pad(image == largest, 1)
    touching = is_there[1:-1, 1:-1] & (is_there[:-2, 1:-1] | is_there[1:-1, :-2])
    return float(largest) if touching.any() else None


def white_part(pixels: Pixels, is_sky: Booleans) -> float:
    """Return which part of the sky's noise is that of single pixels, at most 1.

    Faint stars that are no sources roughen the sky as well, but they are the same in all frames. What a
    second difference leaves is white (Immerkaer 1996, CVIU 64, 300).

    Parameters
    ----------
    pixels
        Above the sky.
    is_sky
        Pixels that are neither sources nor masked.
    """
    signal = pixels.signal
    rows = signal[:-2] - 2 * signal[1:-1] + signal[2:]
    differences = (rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]) / np.float32(6)
    white = np.abs(differences / pixels.noise[1:-1, 1:-1])[is_sky[1:-1, 1:-1]]
    if white.size < FEWEST_SKY_PIXELS:
        return 1.0
    # Counts are whole numbers, so a median would jump; beyond 4 sigma are the wings of stars.
    for _ in range(2):
        white = white[white < 4 * np.sqrt(np.mean(white**2))]
    return float(min(1.0, np.sqrt(np.mean(white**2))))
