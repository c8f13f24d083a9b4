"""The first stage: a frame becomes its sources and its measures.

Each frame on its own; what frames have in common is found in `registration` and `series`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.frame_sources import (
    Booleans,
    FrameMeasures,
    FrameSources,
    SourceFlag,
)
from astro_assets.images.photometry.moments import FWHM_TO_SIGMA, Moments, windowed_moments
from astro_assets.images.photometry.pixels import Pixels, above_the_sky, saturation_of
from astro_assets.images.photometry.robust import scatter
from astro_assets.images.photometry.settings import MeasuringSettings

#: A star is sharper than this part of the frame's FWHM only if it is none.
SHARPEST: Final = 0.55
#: A neighbour within so many FWHM, with so much of the flux, blends.
BLEND_FWHMS: Final = 2.5
BLEND_PART: Final = 0.05
#: The width of a source that rises so far above the noise can be told; of three times that, the shape.
SHAPE_SNR: Final = 10.0
#: Pixels above the threshold that sep holds at once: all of the frame, and some 500 MB at most.
_FEWEST_AT_ONCE, _MOST_AT_ONCE = 300_000, 10_000_000


def measure_frame(frame: Frame, settings: MeasuringSettings) -> FrameSources:
    """Find and measure the sources of a frame, and what the frame is like.

    Sources are those of Bertin & Arnouts (1996), A&AS 117, 393, by sep. Nothing is drawn by chance.

    Parameters
    ----------
    frame
        Its image alone, and its saturation where the header knows it.
    settings
        Background, threshold, hot pixels.

    Returns
    -------
    FrameSources
        The brightest first; none on an empty frame.

    Raises
    ------
    ValueError
        If the frame is too small, too large, mostly masked, or so full that sources cannot be told apart.
    """
    pixels = above_the_sky(frame.image, settings)
    saturation = frame.saturation if frame.saturation is not None else saturation_of(frame.image, pixels)
    found = _extract(pixels, settings)
    kept = np.lexsort((found["x"], found["y"], -found["flux"]))[: settings.most_sources]
    found = found[kept]
    shapes = _shapes(pixels, found)
    flags = _flags(frame, pixels, found, shapes, saturation, settings)
    is_star = (flags & SourceFlag.HOT) == 0
    good = (flags == 0) & (found["peak"] > 3 * SHAPE_SNR * np.median(pixels.noise))
    # Where no star is beyond reproach, any tells more than none.
    good = good if good.any() else is_star
    return FrameSources(
        x=shapes.x,
        y=shapes.y,
        flux=found["flux"].astype(np.float64),
        peak=found["peak"].astype(np.float64),
        fwhm_pixels=shapes.fwhm_pixels,
        elongation=shapes.elongation,
        position_angle_deg=np.degrees(shapes.angle),
        flags=flags,
        shape=(frame.image.shape[0], frame.image.shape[1]),
        saturation=saturation,
        measures=_measures(frame, pixels, shapes, is_star, good, saturation),
    )


def _extract(pixels: Pixels, settings: MeasuringSettings) -> NDArray[Any]:
    import sep

    # Its usual room is for small frames: one with many hot columns has more pixels above the threshold.
    sep.set_extract_pixstack(int(np.clip(pixels.signal.size, _FEWEST_AT_ONCE, _MOST_AT_ONCE)))
    try:
        found = sep.extract(
            pixels.signal,
            settings.detection_sigma,
            err=pixels.noise,
            mask=pixels.is_masked,
            minarea=settings.least_pixels,
            filter_type="conv",
            deblend_nthresh=16,  # half of the usual levels: a third of the time, and hardly a source less
        )
    except Exception as error:  # sep raises nothing narrower
        raise ValueError(f"sources cannot be told apart: {error}") from error
    is_real = np.isfinite(found["x"]) & np.isfinite(found["a"]) & (found["flux"] > 0)
    sources: NDArray[Any] = found[is_real]
    return sources


def _shapes(pixels: Pixels, found: NDArray[Any]) -> Moments:
    """Measure centres and widths; what light alone does not tell, the isophote does."""
    x, y = found["x"].astype(np.float64), found["y"].astype(np.float64)
    isophotal = np.sqrt(found["a"] * found["b"]).astype(np.float64)
    if not found.size:
        return Moments(x, y, isophotal, isophotal, isophotal)
    # The faint are cut at the threshold and look small; of the brighter half, this is about the width.
    sigma = float(np.clip(np.median(isophotal[: isophotal.size // 2 + 1]), 0.8, 20))
    shapes = windowed_moments(pixels.signal, x, y, sigma)
    return Moments(
        np.where(np.isfinite(shapes.x), shapes.x, x),
        np.where(np.isfinite(shapes.x), shapes.y, y),
        np.where(np.isfinite(shapes.fwhm_pixels), shapes.fwhm_pixels, FWHM_TO_SIGMA * isophotal),
        np.where(np.isfinite(shapes.elongation), shapes.elongation, found["a"] / found["b"]),
        np.where(np.isfinite(shapes.angle), shapes.angle, found["theta"]),
    )


def _flags(
    frame: Frame,
    pixels: Pixels,
    found: NDArray[Any],
    shapes: Moments,
    saturation: float | None,
    settings: MeasuringSettings,
) -> NDArray[np.uint8]:
    """Say what speaks against each source, shape (n,)."""
    from scipy.ndimage import binary_dilation

    flags = np.zeros(found.size, np.uint8)
    if not found.size:
        return flags
    row, column = found["ypeak"], found["xpeak"]
    typical = float(np.median(shapes.fwhm_pixels))
    # Noise makes faint sources narrow as well as wide.
    is_bright = found["peak"] > SHAPE_SNR * pixels.noise[row, column]
    is_sharp = is_bright & (shapes.fwhm_pixels < SHARPEST * typical)
    flags[is_sharp | pixels.is_hot[row, column]] |= np.uint8(SourceFlag.HOT)
    if saturation is not None:
        is_full = np.asarray(frame.image >= settings.linear_fraction * saturation)
        # The brightest pixel after filtering need not be the brightest one.
        flags[binary_dilation(is_full, iterations=2)[row, column]] |= np.uint8(SourceFlag.SATURATED)
    rows, columns = frame.image.shape
    margin = 1.5 * typical
    near = np.minimum.reduce([shapes.x, shapes.y, columns - 1 - shapes.x, rows - 1 - shapes.y]) < margin
    if pixels.is_masked.any():
        holes = binary_dilation(pixels.is_masked, iterations=max(1, round(margin)))
        near |= holes[row, column]
    flags[near | ((found["flag"] & 0x2) != 0)] |= np.uint8(SourceFlag.EDGE)  # sep: truncated
    flags[_is_blended(found, shapes, typical) | ((found["flag"] & 0x1) != 0)] |= np.uint8(SourceFlag.BLENDED)
    return flags


def _is_blended(found: NDArray[Any], shapes: Moments, typical: float) -> Booleans:
    from scipy.spatial import cKDTree

    is_blended = np.zeros(found.size, np.bool_)
    positions = np.column_stack([shapes.x, shapes.y])
    pairs = cKDTree(positions).query_pairs(BLEND_FWHMS * typical, output_type="ndarray")
    for one, other in (pairs.T, pairs.T[::-1]):
        is_blended[one[found["flux"][other] > BLEND_PART * found["flux"][one]]] = True
    return is_blended


def _measures(
    frame: Frame,
    pixels: Pixels,
    shapes: Moments,
    is_star: Booleans,
    good: Booleans,
    saturation: float | None,
) -> FrameMeasures:
    fwhm = float(np.median(shapes.fwhm_pixels[good])) if good.any() else np.nan
    # Angles of axes are equal after half a turn, hence the factor 2; round stars hardly have one.
    lengths = 1 - 1 / np.maximum(shapes.elongation[good], 1)
    turning = (
        np.sum(lengths * np.exp(2j * shapes.angle[good])) / max(np.sum(lengths), 1e-9) if good.any() else 0
    )
    return FrameMeasures(
        n_stars=int(np.count_nonzero(is_star)),
        n_hot_pixels=int(np.count_nonzero(pixels.is_hot)),
        fwhm_pixels=fwhm,
        fwhm_spread=scatter(shapes.fwhm_pixels[good]) / fwhm if good.any() else np.nan,
        elongation=float(np.median(shapes.elongation[good])) if good.any() else np.nan,
        direction_coherence=float(np.abs(turning)) if good.any() else np.nan,
        direction_deg=float(np.degrees(np.angle(turning) / 2)) if good.any() else np.nan,
        background_level=float(np.median(pixels.background)),
        background_noise=float(np.median(pixels.noise)),
        background_gradient=_gradient(pixels),
        saturated_fraction=0.0 if saturation is None else float(np.mean(frame.image >= saturation)),
        masked_fraction=float(np.mean(pixels.is_masked)),
    )


def _gradient(pixels: Pixels) -> float:
    """Fit a plane to the background; return its range over the frame, counts."""
    step = 8
    rows, columns = np.mgrid[: pixels.background.shape[0] : step, : pixels.background.shape[1] : step]
    plane = np.column_stack([np.ones(rows.size), rows.ravel(), columns.ravel()])
    slopes = np.linalg.lstsq(plane, pixels.background[::step, ::step].ravel().astype(np.float64), rcond=None)[
        0
    ]
    return float(np.abs(slopes[1]) * rows.max() + np.abs(slopes[2]) * columns.max())
