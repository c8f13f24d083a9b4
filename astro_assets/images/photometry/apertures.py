"""Light in circles around given places of one frame, with the sky's noise and what forbids a measurement.

Which stars are measured where, and what becomes of their light, is decided in `series`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.frame_sources import Booleans, Floats
from astro_assets.images.photometry.moments import FWHM_TO_SIGMA, windowed_moments
from astro_assets.images.photometry.pixels import Pixels, above_the_sky, white_part
from astro_assets.images.photometry.robust import scatter
from astro_assets.images.photometry.settings import MeasuringSettings

#: Stars with this signal-to-noise ratio tell how a frame is distorted.
BRIGHT_SNR: Final = 50.0
#: So many of them make a quadratic map of the distortion; of fewer, the median is taken.
FEWEST_FOR_MAP: Final = 30
#: Sources above this many times the noise are no sky.
SOURCE_SIGMA: Final = 3.0


@dataclass(frozen=True, slots=True)
class Circles:
    """Radii in pixels: of apertures, shape (n_radii,), and of the ring of sky around them."""

    radii: Floats
    inner: float
    outer: float
    fwhm: float


@dataclass(frozen=True, slots=True)
class ApertureFluxes:
    """Of one frame; arrays of shape (n_radii, n_stars), places of shape (n_stars, 2).

    Parameters
    ----------
    flux, sky_variance
        Counts above the local sky, and the square of the noise that the sky and the detector add.
    is_edge, is_masked, is_saturated
        The circle leaves the frame; holds pixels that are no measurements; holds saturated ones.
    places
        Where it was measured, pixels of the frame.
    """

    flux: Floats
    sky_variance: Floats
    is_edge: Booleans
    is_masked: Booleans
    is_saturated: Booleans
    places: Floats


def measure_apertures(
    frame: Frame, expected: Floats, circles: Circles, saturation: float | None, settings: MeasuringSettings
) -> ApertureFluxes:
    """Measure stars at the places where the registration expects them, moved as far as their light is sure.

    Parameters
    ----------
    frame
        Its image alone.
    expected
        Pixels of the frame, shape (n_stars, 2); may lie outside.
    circles
        Radii.
    saturation
        Counts; None if nothing saturates.
    settings
        Of the background, and from where on a pixel is not linear.

    Returns
    -------
    ApertureFluxes
        Of every star; what is flagged holds numbers of no use, NaN outside the frame.
    """
    import sep

    pixels = above_the_sky(frame.image, settings)
    inside = np.all((expected > 0) & (expected < np.array(frame.image.shape[::-1]) - 1), axis=1)
    places = expected.copy()
    places[inside] = _recentred(pixels, expected[inside], circles)
    x, y = places[inside].T
    is_sky = ~_sources(pixels)
    level, n_sky = _local_sky(pixels, is_sky, places[inside], circles)
    column, row = (np.rint(one).astype(np.int64) for one in expected[inside].T)
    variance = (white_part(pixels, is_sky) * pixels.noise[row, column].astype(np.float64)) ** 2
    area = np.pi * circles.radii[:, None] ** 2
    total = np.stack([sep.sum_circle(pixels.signal, x, y, one, subpix=0)[0] for one in circles.radii])
    flux, sky_variance = np.full((2, circles.radii.size, len(places)), np.nan)
    flux[:, inside] = total - area * level
    sky_variance[:, inside] = area * variance * (1 + area / n_sky)
    is_full: Booleans = np.zeros(frame.image.shape, np.bool_)
    if saturation is not None:
        is_full = np.asarray(frame.image >= settings.linear_fraction * saturation)
    reach = circles.radii[:, None] - 0.5
    rows, columns = frame.image.shape
    nearest = np.minimum(places, np.array([columns, rows]) - 1 - places).min(axis=1)
    return ApertureFluxes(
        flux=flux,
        sky_variance=sky_variance,
        is_edge=(nearest < reach) | ~inside,
        is_masked=_touched(pixels.is_masked, places, circles.radii),
        is_saturated=_touched(is_full, places, circles.radii),
        places=places,
    )


def _touched(is_bad: Booleans, places: Floats, radii: Floats) -> Booleans:
    """Say into which circles bad pixels reach, shape (n_radii, n_stars)."""
    from scipy.spatial import cKDTree

    rows, columns = np.nonzero(is_bad)
    if not rows.size:
        return np.zeros((radii.size, len(places)), np.bool_)
    # A pixel reaches half its diagonal from its centre.
    reach = radii + 0.5**0.5
    distance, _ = cKDTree(np.column_stack([columns, rows])).query(
        places, distance_upper_bound=reach.max() + 1
    )
    touched: Booleans = distance < reach[:, None]
    return touched


def _sources(pixels: Pixels) -> Booleans:
    """Say which pixels are no sky."""
    from scipy.ndimage import binary_dilation

    is_source: Booleans = binary_dilation(pixels.signal > SOURCE_SIGMA * pixels.noise)
    return is_source | pixels.is_masked | pixels.is_hot


def _local_sky(pixels: Pixels, is_sky: Booleans, places: Floats, circles: Circles) -> tuple[Floats, Floats]:
    """Mean of what remains in the ring, sources left out, and of how many pixels; shape (n_stars,)."""
    import sep

    sky = np.where(is_sky, pixels.signal, np.float32(0))
    ring = (places[:, 0], places[:, 1], circles.inner, circles.outer)
    n_sky = sep.sum_circann(is_sky.astype(np.float32), *ring, subpix=1)[0]
    level = sep.sum_circann(sky, *ring, subpix=1)[0] / np.maximum(n_sky, 1)
    # A ring full of stars tells nothing; the background of the box stays.
    fewest = 0.1 * np.pi * (circles.outer**2 - circles.inner**2)
    return np.where(n_sky > fewest, level, 0), np.maximum(n_sky, fewest)


def _recentred(pixels: Pixels, expected: Floats, circles: Circles) -> Floats:
    """Move places to where the light is: together as the bright stars say, then each as far as it is sure."""
    import sep

    if not len(expected):
        return expected
    sigma = circles.fwhm / FWHM_TO_SIGMA
    light = windowed_moments(pixels.signal, expected[:, 0], expected[:, 1], sigma)
    offset = np.column_stack([light.x, light.y]) - expected
    within = sep.sum_circle(pixels.signal, *expected.T, circles.fwhm, subpix=0)[0]
    column, row = (np.clip(np.rint(one), 0, None).astype(np.int64) for one in expected.T)
    snr = within / (pixels.noise[row, column] * np.sqrt(np.pi) * circles.fwhm)
    tells = np.isfinite(offset[:, 0]) & (snr > BRIGHT_SNR)
    together = _smooth(expected, offset, tells)
    own = offset - together
    # How far single stars lie off the map, by the bright ones; and how well each one's light tells.
    spread = max(0.02, scatter(own[tells].ravel())) if tells.any() else 0.1
    error = sigma / np.maximum(snr, 1)
    share = spread**2 / (spread**2 + error**2)
    is_own = np.hypot(*own.T) < 3 * np.hypot(spread, error)
    return expected + together + np.where(is_own[:, None], share[:, None] * own, 0)


def _smooth(places: Floats, offset: Floats, tells: NDArray[np.bool_]) -> Floats:
    """Map the offsets of the stars that tell, robustly; return the map at all places."""
    if tells.sum() < 3:
        return np.zeros_like(offset)
    if tells.sum() < FEWEST_FOR_MAP:
        return np.broadcast_to(np.median(offset[tells], axis=0), offset.shape)
    middle, size = np.median(places, axis=0), np.ptp(places, axis=0).max()
    x, y = ((places - middle) / size).T
    design = np.column_stack([np.ones_like(x), x, y, x * x, x * y, y * y])
    kept = tells.copy()
    for _ in range(4):
        solution = np.linalg.lstsq(design[kept], offset[kept], rcond=None)[0]
        distance = np.hypot(*(offset - design @ solution).T)
        kept = tells & (distance < 3 * max(np.median(distance[kept]), 0.005))
    mapped: Floats = design @ solution
    return mapped
