"""Cutouts as FITS files: one image with its mask, or a cube over time with its times and flags.

Bytes are made here from rows and arrays; where they go is not known here.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astro_assets.images.cutouts import cut_cube, mask_of, outside
from astro_assets.images.reading.images import tolerated
from astro_assets.images.reading.target_pixels import read_cube

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

#: Of a cube: 200 MB of numbers.
MOST_CUBE_PIXELS: Final = 50_000_000
#: Columns of ``cutouts`` that are looked at.
COLUMNS: Final = (
    "place", "sha256", "product", "mid_mjd_utc", "side", "first_column", "first_row", "n_columns",
    "n_rows_of_pixels", "wcs",
)  # fmt: skip


class CubeTooLargeError(ValueError):
    """A cube has more pixels than are held at once."""


def cutout_file(row: Mapping[str, Any], pixels: NDArray[np.float32]) -> bytes:
    """Return a cutout as a FITS file.

    Parameters
    ----------
    row
        Of ``cutouts``, with `COLUMNS`.
    pixels
        Shape (side, side).

    Returns
    -------
    bytes
        The image, with its world coordinates; and ``MASK``, as `mask_of` makes it.
    """
    return _file(_header(row), pixels, mask_of(pixels, _outside(row)))


def cube_file(row: Mapping[str, Any], path: Path) -> bytes:
    """Return the square of a cutout at all times of its table of pixels as a FITS file.

    Parameters
    ----------
    row
        Of ``cutouts``, with `COLUMNS`; its product is ``target_pixels``.
    path
        The table of pixels that it is cut out of.

    Returns
    -------
    bytes
        The images, shape (n_times, side, side), with the world coordinates of the cutout; ``MASK``, likewise;
        and ``TIMES``, a table with ``TIME`` [BJD - 2457000, d] and ``QUALITY`` of each. Cadences that carry a
        flag are in it.

    Raises
    ------
    CubeTooLargeError
        If it has more pixels than are held at once.
    FrameRefusedError
        If the file cannot be used.
    """
    from astropy.io import fits

    with tolerated():
        cube = read_cube(path)
    n_pixels = len(cube.flux) * row["side"] ** 2
    if n_pixels > MOST_CUBE_PIXELS:
        told = f"{len(cube.flux)} images of {row['side']} x {row['side']} pixels"
        raise CubeTooLargeError(f"a cube of {told} has more than {MOST_CUBE_PIXELS}: ask for a smaller side")
    pixels = cut_cube(cube.flux, row["first_column"], row["first_row"], row["side"])
    header = _header({**row, "mid_mjd_utc": None})
    header["BUNIT"] = "electron / s"
    # The third axis counts images: their times are in the table.
    header["WCSAXES"] = 3
    header.update({"CTYPE3": "", "CRPIX3": 1.0, "CRVAL3": 1.0, "CDELT3": 1.0})
    times = fits.BinTableHDU.from_columns(
        [
            fits.Column("TIME", "D", unit="d", array=cube.time_btjd),
            fits.Column("QUALITY", "K", array=cube.quality),
        ],
        name="TIMES",
    )
    times.header.update({"BJDREFI": 2457000, "BJDREFF": 0.0, "TIMESYS": "TDB", "TIMEUNIT": "d"})
    return _file(header, pixels, mask_of(pixels, _outside(row)), times)


def _outside(row: Mapping[str, Any]) -> NDArray[np.bool_]:
    shape = row["n_rows_of_pixels"], row["n_columns"]
    return outside(shape, row["first_column"], row["first_row"], row["side"])


def _header(row: Mapping[str, Any]) -> Any:
    from astropy.io import fits

    header = fits.Header(json.loads(row["wcs"]))
    name = "".join(c if c.isprintable() else " " for c in row["place"])
    header["OBJECT"] = name.encode("ascii", "replace").decode()[:60]
    header["FRAME"] = row["sha256"]  # no room for a comment
    if row["mid_mjd_utc"] is not None:
        header["MJD-AVG"] = (row["mid_mjd_utc"], "middle of the exposure, UTC")
    return header


def _file(header: Any, pixels: NDArray[np.float32], mask: NDArray[np.uint8], *more: Any) -> bytes:
    from astropy.io import fits

    masked = fits.ImageHDU(mask, name="MASK")
    masked.header["COMMENT"] = "0 a value, 1 beyond the edge of the image, 2 the image has no value"
    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(pixels, header), masked, *more]).writeto(buffer, checksum=True)
    return buffer.getvalue()
