"""The point-spread function of a simulated telescope, and point sources drawn with it.

Profiles and their sums over pixels live here; fluxes and noise are decided elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Image = NDArray[np.float32]
Floats = NDArray[np.float64]

#: Half widths of the squares in which sources are drawn, pixels; the smallest that holds a source is taken.
_HALF_WIDTHS: Final = (4, 7, 11, 16, 24, 36, 54, 80, 120)
#: Samples along a trail, a FWHM.
_TRAIL_SAMPLES: Final = 3
#: Pixels evaluated at once: what fits a processor's cache.
_AT_ONCE: Final = 1 << 17


@dataclass(frozen=True, slots=True)
class Psf:
    """A Moffat (1969, A&A 3, 455) profile, as seen by pixels (the effective PSF of Anderson & King 2000).

    Parameters
    ----------
    fwhm_pixels
        Geometric mean of both axes, in the middle of the field.
    beta
        Exponent: 2.5 where wings are strong, 4.765 for Kolmogorov turbulence (Trujillo et al. 2001).
    elongation
        Major over minor axis, at least 1: wind, or a mirror out of shape.
    angle_rad
        Of the major axis, from increasing columns to increasing rows.
    trail_pixels
        Length of the line along ``angle_rad`` that tracking errors smear everything over.
    field_growth
        By which share the FWHM grows from the middle of the field to its corners, quadratically.
    field_elongation
        Elongation that is added in the corners, along the radius.
    """

    fwhm_pixels: float
    beta: float = 3.0
    elongation: float = 1.0
    angle_rad: float = 0.0
    trail_pixels: float = 0.0
    field_growth: float = 0.0
    field_elongation: float = 0.0

    @property
    def alpha_pixels(self) -> float:
        """Scale radius that belongs to the FWHM."""
        return self.fwhm_pixels / (2 * math.sqrt(2 ** (1 / self.beta) - 1))

    def enclosed(self, radius_pixels: ArrayLike) -> Floats:
        """Return the share of a round source's flux within a radius."""
        ratio = np.asarray(radius_pixels, np.float64) / self.alpha_pixels
        return 1 - (1 + ratio**2) ** (1 - self.beta)

    def noise_pixels(self) -> float:
        """Return the number of pixels whose noise a fit of the profile takes in: 1 / sum of squares."""
        alpha = self.alpha_pixels
        return float(np.pi * alpha**2 * (2 * self.beta - 1) / (self.beta - 1) ** 2)

    def shapes(self, rows: Floats, columns: Floats, shape: tuple[int, int]) -> tuple[Floats, Floats, Floats]:
        """Return a, b, c of the ellipse a x² + 2 b xy + c y² = 1 of the scale radius at places of a frame."""
        y = (rows - (shape[0] - 1) / 2) / (shape[0] / 2)
        x = (columns - (shape[1] - 1) / 2) / (shape[1] / 2)
        distance2 = (x**2 + y**2) / 2
        alpha = self.alpha_pixels * (1 + self.field_growth * distance2)
        # Ellipticities add like vectors of twice the angle.
        own, radial = np.log(self.elongation), np.log1p(self.field_elongation * distance2)
        towards = np.arctan2(y, x)
        e1 = own * np.cos(2 * self.angle_rad) + radial * np.cos(2 * towards)
        e2 = own * np.sin(2 * self.angle_rad) + radial * np.sin(2 * towards)
        size = np.hypot(e1, e2)
        with np.errstate(invalid="ignore"):
            cos, sin = np.where(size > 0, e1 / size, 1.0), np.where(size > 0, e2 / size, 0.0)
        grown, shrunk = np.cosh(size), np.sinh(size)
        scale = 1 / alpha**2
        return scale * (grown - shrunk * cos), -scale * shrunk * sin, scale * (grown + shrunk * cos)


@dataclass(frozen=True, slots=True)
class Part:
    """Where in a frame an image lies.

    Parameters
    ----------
    shape
        Of the frame.
    row, column
        Of the image's first pixel.
    """

    shape: tuple[int, int]
    row: int = 0
    column: int = 0


def add_point_sources(
    image: Image,
    psf: Psf,
    rows: ArrayLike,
    columns: ArrayLike,
    fluxes: ArrayLike,
    faintest: float,
    trail_pixels: ArrayLike = 0.0,
    trail_angle_rad: ArrayLike = 0.0,
    part: Part | None = None,
) -> None:
    """Add point sources to an image, in place.

    Parameters
    ----------
    image
        float32, shape (n_rows, n_columns).
    rows, columns
        Positions, in which pixel centres are whole numbers; may lie outside.
    fluxes
        Sums over all pixels; negative ones take away.
    faintest
        Surface brightness, flux a pixel, below which wings are left out.
    trail_pixels, trail_angle_rad
        Length and direction of the line over which each source moves, besides the PSF's own trail.
    part
        Of which frame the image is a part; positions count in the image. None if it is the frame.
    """
    part = part or Part((image.shape[0], image.shape[1]))
    given = (rows, columns, fluxes, trail_pixels, trail_angle_rad)
    row, column, flux, trail, angle = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(v, np.float64)) for v in given)
    )
    row, column, flux = _along_trails(row, column, flux, trail, angle, psf)
    width = _half_widths(psf, flux, faintest)
    for half in np.unique(width):
        members = np.flatnonzero(width == half)
        at_once = max(1, _AT_ONCE // (2 * int(half) + 1) ** 2)
        for start in range(0, members.size, at_once):
            chunk = members[start : start + at_once]
            _add_stamps(image, psf, row[chunk], column[chunk], flux[chunk], int(half), part)


def kernel(psf: Psf, half_width: int, row_shift: float = 0.0, column_shift: float = 0.0) -> Image:
    """Return the PSF of the middle of the field as an image of ``2 half_width + 1`` pixels a side.

    Its sum is 1, what lies outside the square included in the pixels inside.
    """
    image = np.zeros((2 * half_width + 1,) * 2, np.float32)
    uniform = Psf(psf.fwhm_pixels, psf.beta, psf.elongation, psf.angle_rad, psf.trail_pixels)
    add_point_sources(image, uniform, half_width + row_shift, half_width + column_shift, 1.0, 1e-9)
    found: Image = image / image.sum()
    return found


def _along_trails(
    row: Floats, column: Floats, flux: Floats, trail: Floats, angle: Floats, psf: Psf
) -> tuple[Floats, Floats, Floats]:
    """Replace each source that moves by as many as make a smooth line."""
    for length, direction in (
        (trail, angle),
        (np.full_like(row, psf.trail_pixels), np.full_like(row, psf.angle_rad)),
    ):
        if not length.any():
            continue
        n_samples = 1 + np.ceil(_TRAIL_SAMPLES * length / psf.fwhm_pixels).astype(np.int64)
        of = np.repeat(np.arange(row.size), n_samples)
        position = np.arange(of.size) - np.repeat(np.cumsum(n_samples) - n_samples, n_samples)
        along = ((position + 0.5) / n_samples[of] - 0.5) * length[of]
        row = row[of] + along * np.sin(direction[of])
        column = column[of] + along * np.cos(direction[of])
        flux = flux[of] / n_samples[of]
        if length is trail:
            angle = angle[of]
    return row, column, flux


def _half_widths(psf: Psf, flux: Floats, faintest: float) -> NDArray[np.int64]:
    peak = np.abs(flux) * (psf.beta - 1) / (np.pi * psf.alpha_pixels**2)
    ratio = np.maximum(peak / faintest, 1) ** (1 / psf.beta)
    stretch = np.sqrt(psf.elongation * (1 + psf.field_elongation)) * (1 + psf.field_growth)
    radius = psf.alpha_pixels * np.sqrt(ratio - 1) * stretch
    place = np.searchsorted(_HALF_WIDTHS, radius).clip(max=len(_HALF_WIDTHS) - 1)
    found: NDArray[np.int64] = np.asarray(_HALF_WIDTHS, np.int64)[place]
    return found


def _add_stamps(
    image: Image, psf: Psf, row: Floats, column: Floats, flux: Floats, half: int, part: Part
) -> None:
    n_rows, n_columns = image.shape
    top, left = np.rint(row).astype(np.int64) - half, np.rint(column).astype(np.int64) - half
    size = 2 * half + 1
    seen = (top > -size) & (top < n_rows) & (left > -size) & (left < n_columns)
    if not seen.any():
        return
    row, column, flux, top, left = row[seen], column[seen], flux[seen], top[seen], left[seen]
    a, b, c = (one.astype(np.float32) for one in psf.shapes(row + part.row, column + part.column, part.shape))
    steps = np.arange(size)
    y = (top[:, None] + steps - row[:, None]).astype(np.float32)
    x = (left[:, None] + steps - column[:, None]).astype(np.float32)
    q = (a[:, None] * x * x)[:, None, :] + (c[:, None] * y * y)[:, :, None]
    if b.any():
        q += (2 * b[:, None] * y)[:, :, None] * x[:, None, :]
    peak = (flux * (psf.beta - 1) / np.pi * np.sqrt(a * c - b * b)).astype(np.float32)
    stamps = peak[:, None, None] * np.exp(-psf.beta * np.log1p(q))
    if len(stamps) == 1:
        _add_one(image, stamps[0], int(top[0]), int(left[0]))
        return
    at_row, at_column = top[:, None] + steps, left[:, None] + steps
    inside = ((at_row >= 0) & (at_row < n_rows))[:, :, None] & ((at_column >= 0) & (at_column < n_columns))[
        :, None, :
    ]
    flat = (at_row * n_columns)[:, :, None] + at_column[:, None, :]
    image += np.bincount(flat[inside], stamps[inside], image.size).reshape(image.shape).astype(np.float32)


def _add_one(image: Image, stamp: Image, top: int, left: int) -> None:
    n_rows, n_columns = image.shape
    rows = slice(max(top, 0), min(top + stamp.shape[0], n_rows))
    columns = slice(max(left, 0), min(left + stamp.shape[1], n_columns))
    image[rows, columns] += stamp[
        rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]
