"""Centres and shapes of sources by Gaussian-weighted moments, all sources of a frame at once.

What is a source is decided elsewhere; here are positions to begin with and pixels above the sky.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.photometry.frame_sources import Booleans, Floats
from astro_assets.images.photometry.pixels import Counts

#: Full width at half maximum of a Gaussian over its standard deviation.
FWHM_TO_SIGMA: Final = 2.3548200450309493
#: Steps of the centroid; each leaves a few per cent of the way.
STEPS: Final = 6
#: The window reaches this many of its standard deviations.
REACH: Final = 3.0


@dataclass(frozen=True, slots=True)
class Moments:
    """Of each source, shape (n,); NaN where its light does not tell.

    Parameters
    ----------
    x, y
        Centre, pixels.
    fwhm_pixels
        Of the round Gaussian with the same area.
    elongation, angle
        Ratio of the axes; direction of the longer, radians from +x to +y, within half a turn around 0.
    """

    x: Floats
    y: Floats
    fwhm_pixels: Floats
    elongation: Floats
    angle: Floats


def windowed_moments(signal: Counts, x: Floats, y: Floats, sigma_pixels: float) -> Moments:
    """Measure centres and shapes under a round Gaussian window, which is taken out of the shape again.

    Centres are those of SExtractor's windowed positions; shapes are weighted second moments, of which the
    window is removed as from a Gaussian (Bernstein & Jarvis 2002, AJ 123, 583, without their iteration).

    Parameters
    ----------
    signal
        Counts above the sky, shape (n_rows, n_columns).
    x, y
        Where to begin, within a pixel or so, shape (n,).
    sigma_pixels
        Of the window; best that of the stars.

    Returns
    -------
    Moments
        NaN for sources whose centre moves away or that are not peaked.
    """
    half = max(2, int(np.ceil(REACH * sigma_pixels)))
    steps = np.arange(-half, half + 1, dtype=np.float64)
    column, row = np.rint(x).astype(np.int64), np.rint(y).astype(np.int64)
    columns, rows = (one[:, None] + np.arange(-half, half + 1) for one in (column, row))
    in_x = (columns >= 0) & (columns < signal.shape[1])
    in_y = (rows >= 0) & (rows < signal.shape[0])
    stamps = signal[
        np.clip(rows, 0, signal.shape[0] - 1)[:, :, None],
        np.clip(columns, 0, signal.shape[1] - 1)[:, None, :],
    ].astype(np.float64)
    stamps *= in_y[:, :, None] & in_x[:, None, :]
    centre_x, centre_y = x - column, y - row
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(STEPS):
            weight_x, weight_y, total = _weighted(stamps, steps, centre_x, centre_y, sigma_pixels)
            moved_x = np.einsum("nyx,ny,nx,nx->n", stamps, weight_y, weight_x, steps - centre_x[:, None])
            moved_y = np.einsum("nyx,ny,nx,ny->n", stamps, weight_y, weight_x, steps - centre_y[:, None])
            # Within a window of the star's own width, the light moves half of the way.
            centre_x, centre_y = centre_x + 2 * moved_x / total, centre_y + 2 * moved_y / total
        return _shaped(stamps, (column, row), (centre_x, centre_y), (x, y), sigma_pixels)


def _weighted(
    stamps: Floats, steps: Floats, x: Floats, y: Floats, sigma: float
) -> tuple[Floats, Floats, Floats]:
    weight_x = np.exp(-0.5 * ((steps - x[:, None]) / sigma) ** 2)
    weight_y = np.exp(-0.5 * ((steps - y[:, None]) / sigma) ** 2)
    return weight_x, weight_y, np.einsum("nyx,ny,nx->n", stamps, weight_y, weight_x)


def _shaped(
    stamps: Floats,
    corner: tuple[NDArray[np.int64], NDArray[np.int64]],
    centre: tuple[Floats, Floats],
    start: tuple[Floats, Floats],
    sigma: float,
) -> Moments:
    """Second moments about the centres, with the window taken out."""
    steps = np.arange(stamps.shape[1]) - stamps.shape[1] // 2
    weight_x, weight_y, total = _weighted(stamps, steps, *centre, sigma)
    dx, dy = steps - centre[0][:, None], steps - centre[1][:, None]
    xx = np.einsum("nyx,ny,nx->n", stamps, weight_y, weight_x * dx**2) / total
    yy = np.einsum("nyx,ny,nx->n", stamps, weight_y * dy**2, weight_x) / total
    xy = np.einsum("nyx,ny,nx->n", stamps, weight_y * dy, weight_x * dx) / total
    # Inverse covariances of Gaussians add up; of their sum, that of the window is known.
    determinant = xx * yy - xy**2
    a, b, c = yy / determinant - sigma**-2, xx / determinant - sigma**-2, -xy / determinant
    inverse = a * b - c**2
    xx, yy, xy = b / inverse, a / inverse, -c / inverse
    middle, apart = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    long, short = middle + apart, middle - apart
    x, y = centre[0] + corner[0], centre[1] + corner[1]
    is_good: Booleans = (total > 0) & (np.hypot(x - start[0], y - start[1]) < max(1.0, 1.2 * sigma))
    is_shaped = is_good & (determinant > 0) & (inverse > 0) & (a > 0) & (short > 0)
    return Moments(
        np.where(is_good, x, np.nan),
        np.where(is_good, y, np.nan),
        np.where(is_shaped, FWHM_TO_SIGMA * (long * short) ** 0.25, np.nan),
        np.where(is_shaped, np.sqrt(long / short), np.nan),
        np.where(is_shaped, np.arctan2(2 * xy, xx - yy) / 2, np.nan),
    )
