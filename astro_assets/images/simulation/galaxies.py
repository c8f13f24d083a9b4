"""Galaxies of a simulated field: Sersic profiles before and after the PSF.

Shapes and their light live here; what explodes in them is in `events`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.simulation.psf import Image, Psf, kernel
from astro_assets.images.simulation.stars import draw_magnitudes

Floats = NDArray[np.float64]

#: Pixels around the middle that are sampled finely, and samples a side of each: cusps of large n are steep.
_CORE: Final = 3
_SAMPLES: Final = 9
#: Radius to which a profile is drawn, effective radii: 99 % of the light of n = 1, 91 % of n = 4.
_EXTENT: Final = 7.0
_MOST_PIXELS: Final = 160


@dataclass(frozen=True, slots=True)
class Galaxies:
    """Galaxies of a field; all arrays of one shape (n,).

    Parameters
    ----------
    rows, columns
        Positions, pixels.
    magnitudes
        Total, on the scale of the frame's zero point.
    radii_pixels
        Effective radius along the major axis, which holds half of the light.
    indices
        Sersic index.
    axis_ratios
        Minor over major axis.
    angles_rad
        Of the major axis, from columns to rows.
    """

    rows: Floats
    columns: Floats
    magnitudes: Floats
    radii_pixels: Floats
    indices: Floats
    axis_ratios: Floats
    angles_rad: Floats


def draw_galaxies(
    rng: np.random.Generator, shape: tuple[int, int], per_megapixel: float, brightest: float, faintest: float
) -> Galaxies:
    """Draw discs and spheroids, three to one.

    Counts rise as 10^(0.45 m) (Metcalfe et al. 2001); sizes grow with brightness, with a scatter of 0.3 in
    the natural logarithm as in Shen et al. (2003, MNRAS 343, 978); discs are seen at random inclinations.
    """
    n = int(rng.poisson(per_megapixel * shape[0] * shape[1] / 1e6))
    magnitudes = draw_magnitudes(rng, n, 0.45, brightest, faintest)
    is_disc = rng.random(n) < 0.75
    radii = 2.0 * 10 ** (0.13 * (faintest - magnitudes)) * np.exp(rng.normal(0, 0.3, n))
    indices = np.where(is_disc, rng.normal(1.0, 0.25, n), rng.normal(3.8, 1.0, n)).clip(0.5, 6.0)
    inclined = np.sqrt(0.2**2 + (1 - 0.2**2) * rng.random(n) ** 2)  # a disc a fifth as thick as wide
    ratios = np.where(is_disc, inclined, rng.uniform(0.5, 1.0, n))
    return Galaxies(
        rows=rng.uniform(0, shape[0], n) - 0.5,
        columns=rng.uniform(0, shape[1], n) - 0.5,
        magnitudes=magnitudes,
        radii_pixels=radii,
        indices=indices,
        axis_ratios=ratios,
        angles_rad=rng.uniform(0, np.pi, n),
    )


def concentration(index: float) -> float:
    """Return b of the Sersic profile, so that half of the light lies within the effective radius.

    After Ciotti & Bertin (1999, A&A 352, 447), good to 1e-4 from n = 0.5 on.
    """
    n = index
    return 2 * n - 1 / 3 + 4 / (405 * n) + 46 / (25515 * n**2) + 131 / (1148175 * n**3)


def add_galaxies(image: Image, galaxies: Galaxies, fluxes: NDArray[np.float64]) -> None:
    """Add galaxies to an image in place, as they are above the atmosphere.

    Parameters
    ----------
    image
        float32.
    fluxes
        Total of each, (n,); the part beyond seven effective radii is left out.
    """
    for i in range(galaxies.rows.size):
        _add_galaxy(image, galaxies, i, float(fluxes[i]))


def blurred(image: Image, psf: Psf, row_shift: float = 0.0, column_shift: float = 0.0) -> Image:
    """Convolve an image with the PSF of the middle of the field, and shift it.

    What lies outside the image is taken for empty.
    """
    from scipy.signal import oaconvolve

    half = int(np.ceil(4 * psf.fwhm_pixels + psf.trail_pixels / 2 + max(abs(row_shift), abs(column_shift))))
    return np.asarray(oaconvolve(image, kernel(psf, half, row_shift, column_shift), mode="same"), np.float32)


def _add_galaxy(image: Image, galaxies: Galaxies, i: int, flux: float) -> None:
    from scipy.special import gamma

    radius, index, ratio = (
        float(part[i]) for part in (galaxies.radii_pixels, galaxies.indices, galaxies.axis_ratios)
    )
    half = min(int(np.ceil(_EXTENT * radius)), _MOST_PIXELS)
    row, column = float(galaxies.rows[i]), float(galaxies.columns[i])
    top, left = round(row) - half, round(column) - half
    rows = np.arange(max(top, 0), min(top + 2 * half + 1, image.shape[0]))
    columns = np.arange(max(left, 0), min(left + 2 * half + 1, image.shape[1]))
    if not (rows.size and columns.size):
        return
    b = concentration(index)
    # Total light for unit brightness at the effective radius (Graham & Driver 2005, eq. 4).
    total = 2 * np.pi * radius**2 * ratio * index * np.exp(b) * b ** (-2 * index) * gamma(2 * index)
    angle = float(galaxies.angles_rad[i])

    def brightness(y: Floats, x: Floats) -> Floats:
        """Evaluate the profile on a grid, relative to the middle."""
        y, x = y[:, None], x[None, :]
        major = x * np.cos(angle) + y * np.sin(angle)
        minor = (y * np.cos(angle) - x * np.sin(angle)) / ratio
        distance = np.sqrt(major**2 + minor**2) / radius
        inside: Floats = np.exp(-b * (distance ** (1 / index) - 1))
        return inside

    stamp = brightness(rows - row, columns - column)
    core_rows = rows[np.abs(rows - row) < _CORE + 0.5]
    core_columns = columns[np.abs(columns - column) < _CORE + 0.5]
    if core_rows.size and core_columns.size:
        fine = (np.arange(_SAMPLES) + 0.5) / _SAMPLES - 0.5
        y = (core_rows[:, None] + fine - row).ravel()
        x = (core_columns[:, None] + fine - column).ravel()
        mean = brightness(y, x).reshape(core_rows.size, _SAMPLES, core_columns.size, _SAMPLES).mean((1, 3))
        first_row, first_column = core_rows[0] - rows[0], core_columns[0] - columns[0]
        stamp[first_row : first_row + core_rows.size, first_column : first_column + core_columns.size] = mean
    image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] += (flux / total * stamp).astype(np.float32)
