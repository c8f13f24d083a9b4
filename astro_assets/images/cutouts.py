"""A square of an image around a place on the sky, with its world coordinates.

Cutting and what part of the sky an image covers live here; images are read elsewhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from astropy.wcs import WCS
    from numpy.typing import NDArray

#: Resolution of the cells by which places find images, in HEALPix's N_side: cells of 0.9 degrees.
_CELLS: Final = 64
#: Corners of an image lie on its edge; the cells beside may hold a part of a pixel.
_MARGIN_DEG: Final = 0.01
#: Farthest that a cell reaches from its middle.
_REACH_DEG: Final = 0.955
#: Pixels of a side of the smallest and the largest square: odd, so that the place is in the middle one.
FEWEST_A_SIDE: Final = 3
MOST_A_SIDE: Final = 1025
#: Bits of a mask.
OUTSIDE: Final = 1
MISSING: Final = 2


class SideError(ValueError):
    """A square would have more pixels than are cut out."""


@dataclass(frozen=True, slots=True)
class Cutout:
    """A square of an image.

    Parameters
    ----------
    pixels
        float32, shape (side, side); NaN where the image has no value, or ended.
    x, y
        Column and row of the place in it, from 0 in the middle of the first pixel.
    first_column, first_row
        Of the square in the image; negative where it begins beyond the edge.
    wcs_header
        Its world coordinates.
    is_padded
        Whether a part lies beyond the image's edge.
    """

    pixels: NDArray[np.float32]
    x: float
    y: float
    first_column: int
    first_row: int
    wcs_header: dict[str, Any]
    is_padded: bool


def cell_of(ra_deg: float, dec_deg: float) -> int:
    """Return the cell of the sky (HEALPix, nested, N_side 64) in which a place lies."""
    return int(_sky().lonlat_to_healpix(_angle(ra_deg), _angle(dec_deg)))


def cells_within(ra_deg: float, dec_deg: float, radius_deg: float) -> list[int]:
    """Return all cells that a circle on the sky may touch, in order.

    They are told by where their middles lie: astropy_healpix's own search passes over some near the poles.
    """
    radius = math.radians(min(radius_deg + _MARGIN_DEG + _REACH_DEG, 180.0))
    ra, dec = math.radians(ra_deg), math.radians(dec_deg)
    place = np.array([math.cos(dec) * math.cos(ra), math.cos(dec) * math.sin(ra), math.sin(dec)])
    found: list[int] = np.flatnonzero(_middles() @ place >= math.cos(radius)).tolist()
    return found


@cache
def _middles() -> NDArray[np.float64]:
    """Return the middles of all cells as unit vectors, (n, 3)."""
    ra, dec = (angle.rad for angle in _sky().healpix_to_lonlat(np.arange(12 * _CELLS**2)))
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)


def _sky() -> Any:
    from astropy_healpix import HEALPix

    return HEALPix(nside=_CELLS, order="nested")


def _angle(degrees: float) -> Any:
    from astropy import units

    return degrees * units.deg


def position_in(
    wcs: WCS, ra_deg: float, dec_deg: float, n_columns: int, n_rows: int
) -> tuple[float, float] | None:
    """Return column and row in an image of a place on the sky (ICRS); None if none of its pixels shows it."""
    from astropy.coordinates import SkyCoord
    from astropy.wcs.utils import skycoord_to_pixel

    place = SkyCoord(ra_deg, dec_deg, unit="deg", frame="icrs")
    x, y = (float(value) for value in skycoord_to_pixel(place, wcs))
    # What is NaN is nowhere.
    return (x, y) if -0.5 <= x < n_columns - 0.5 and -0.5 <= y < n_rows - 0.5 else None


def cut_out(
    image: NDArray[np.float32], wcs: WCS, position: tuple[float, float], side_arcsec: float
) -> Cutout:
    """Cut a square around a position out of an image.

    The side is a whole odd number of pixels, at least 3; what lies beyond the edge is filled with NaN, never
    with zero.

    Parameters
    ----------
    image
        Shape (n_rows, n_columns).
    position
        Column and row in the image, from 0 in the middle of the first pixel.
    side_arcsec
        Side of the square on the sky.

    Raises
    ------
    SideError
        If the square has more than 1,025 pixels a side.
    """
    from astropy.nddata import Cutout2D
    from astropy.wcs.utils import proj_plane_pixel_scales

    rows, columns = image.shape
    scale = 3600 * math.sqrt(math.prod(float(side) for side in proj_plane_pixel_scales(wcs)))
    wanted = side_arcsec / scale
    if wanted >= MOST_A_SIDE + 0.5:
        raise SideError(
            f"a side of {side_arcsec:g} arcsec has {wanted:.6g} pixels of {scale:.3g} arcsec; from "
            f"{FEWEST_A_SIDE} to {MOST_A_SIDE} are cut out: ask for at most {MOST_A_SIDE * scale:.4g} arcsec"
        )
    side = 2 * (max(FEWEST_A_SIDE, round(wanted)) // 2) + 1
    square = Cutout2D(image, position, side, wcs=wcs, mode="partial", fill_value=np.nan, copy=True)
    column, row = square.input_position_cutout
    first_column, first_row = round(position[0] - column), round(position[1] - row)
    return Cutout(
        np.asarray(square.data, dtype=np.float32),
        float(column),
        float(row),
        first_column,
        first_row,
        dict(square.wcs.to_header(relax=True)),
        is_padded=bool(outside((rows, columns), first_column, first_row, side).any()),
    )


def outside(shape: tuple[int, int], first_column: int, first_row: int, side: int) -> NDArray[np.bool_]:
    """Tell which pixels of a square lie beyond the edge of its image.

    Parameters
    ----------
    shape
        Rows and columns of the image.
    first_column, first_row
        Of the square in the image.

    Returns
    -------
    array of bool
        Shape (side, side).
    """
    rows, columns = (
        (first + np.arange(side) < 0) | (first + np.arange(side) >= length)
        for first, length in zip((first_row, first_column), shape, strict=True)
    )
    return rows[:, np.newaxis] | columns


def mask_of(pixels: NDArray[np.float32], is_outside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Tell why pixels of a cutout, or of several, have no value.

    Returns
    -------
    array of uint8
        As `pixels`: 0 where there is a value, 1 beyond the edge of the image, 2 where the image has none.
    """
    return np.where(is_outside, OUTSIDE, np.where(np.isfinite(pixels), 0, MISSING)).astype(np.uint8)


def cut_cube(
    images: NDArray[np.float32], first_column: int, first_row: int, side: int
) -> NDArray[np.float32]:
    """Cut a square out of images of one place, NaN beyond their edge.

    Parameters
    ----------
    images
        Shape (n, n_rows, n_columns).
    first_column, first_row
        Of the square in the images; it may lie anywhere.

    Returns
    -------
    array of float32
        Shape (n, side, side).
    """
    n, n_rows, n_columns = images.shape
    cut = np.full((n, side, side), np.nan, dtype=np.float32)
    rows = slice(max(first_row, 0), max(min(first_row + side, n_rows), 0))
    columns = slice(max(first_column, 0), max(min(first_column + side, n_columns), 0))
    part = images[:, rows, columns]
    if part.size:
        row, column = rows.start - first_row, columns.start - first_column
        cut[:, row : row + part.shape[1], column : column + part.shape[2]] = part
    return cut
