"""TESS's and Kepler's tables of pixels over time, as SPOC, TESSCut and lightkurve write them.

All images, or one for each table, are made here, and their world coordinates; light curves are not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astro_assets.images.reading.images import MOST_PIXELS, opened
from astro_assets.images.refusals import FrameRefusedError
from astro_assets.plain_values import as_number

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

#: Keywords of the world coordinates of a column of images, with the number of the column, and their plain
#: ones (FITS standard 4.0, table 22).
_COLUMN_WCS: Final = {
    "1CTYP{}": "CTYPE1", "2CTYP{}": "CTYPE2", "1CRPX{}": "CRPIX1", "2CRPX{}": "CRPIX2", "1CRVL{}": "CRVAL1",
    "2CRVL{}": "CRVAL2", "1CUNI{}": "CUNIT1", "2CUNI{}": "CUNIT2", "1CDLT{}": "CDELT1", "2CDLT{}": "CDELT2",
    "11PC{}": "PC1_1", "12PC{}": "PC1_2", "21PC{}": "PC2_1", "22PC{}": "PC2_2",
}  # fmt: skip


#: The smallest of Kepler's have three.
_FEWEST_PIXELS_A_SIDE: Final = 2
_BTJD_ZERO: Final = 2457000.0


@dataclass(frozen=True, slots=True)
class TargetPixels:
    """The images of a target's pixels.

    Parameters
    ----------
    headers
        Of the table and the file.
    wcs_header
        The world coordinates of the pixels, as an image's header has them.
    image
        Median over all cadences without a quality flag, NaN where no cadence has a value; float32, shape
        (n_rows, n_columns), electron / s.
    start_btjd, end_btjd
        First and last of these cadences, BJD_TDB - 2457000 [d]; None if no time or its zero is told.
    n_images
        Cadences used.
    """

    headers: tuple[Any, ...]
    wcs_header: dict[str, Any]
    image: NDArray[np.float32]
    start_btjd: float | None
    end_btjd: float | None
    n_images: int


@dataclass(frozen=True, slots=True)
class PixelCube:
    """All images of a target's pixels.

    Parameters
    ----------
    headers
        Of the table and the file.
    wcs_header
        The world coordinates of the pixels, as an image's header has them.
    flux
        float32, shape (n_times, n_rows, n_columns), electron / s; NaN where there is no value.
    time_btjd
        BJD_TDB - 2457000 [d], one each; NaN where no time or no zero of times is told.
    quality
        Flags, one each; zero where none are told.
    """

    headers: tuple[Any, ...]
    wcs_header: dict[str, Any]
    flux: NDArray[np.float32]
    time_btjd: NDArray[np.float64]
    quality: NDArray[np.int64]


def read_target_pixels(path: Path) -> TargetPixels:
    """Read a table of pixels over time as one image.

    Raises
    ------
    FrameRefusedError
        If it has no column FLUX of images, or no cadence can be used.
    """
    cube = read_cube(path)
    good = (cube.quality == 0) & np.isfinite(cube.flux).any(axis=(1, 2))
    if not good.any():
        raise FrameRefusedError(
            "no_finite_pixel", "no cadence without a quality flag has a pixel with a value"
        )
    timed = cube.time_btjd[good & np.isfinite(cube.time_btjd)]
    return TargetPixels(
        cube.headers,
        cube.wcs_header,
        _median(cube.flux[good]),
        float(timed.min()) if timed.size else None,
        float(timed.max()) if timed.size else None,
        int(np.count_nonzero(good)),
    )


def read_cube(path: Path) -> PixelCube:
    """Read a table of pixels over time, flagged cadences too.

    Raises
    ------
    FrameRefusedError
        If it has no column FLUX of images, or they are too many, too large or too small.
    """
    with opened(path) as hdus:
        number = pixels_hdu(hdus)
        if number is None:
            raise FrameRefusedError("no_image", "no table with a column FLUX of images")
        table = hdus[number]
        size, shape = table.header["NAXIS2"], table.columns["FLUX"].dim
        n_columns, n_rows = (int(length) for length in shape.strip("()").split(","))
        if int(size) * n_columns * n_rows > MOST_PIXELS:
            raise FrameRefusedError("too_large", f"{size} images of {n_columns} x {n_rows} pixels")
        if min(n_columns, n_rows) < _FEWEST_PIXELS_A_SIDE:
            raise FrameRefusedError("too_small", f"images of {n_columns} columns and {n_rows} rows")
        return _read(table, hdus[0].header)


def pixels_hdu(hdus: Any) -> int | None:
    """Return the number of the table that holds images over time; None if there is none."""
    from astropy.io import fits

    for number, hdu in enumerate(hdus):
        if isinstance(hdu, fits.BinTableHDU) and not isinstance(hdu, fits.CompImageHDU):
            columns = {column.name: column.dim for column in hdu.columns}
            if columns.get("FLUX") is not None and columns["FLUX"].count(",") == 1:
                return number
    return None


def _read(table: Any, primary: Any) -> PixelCube:
    names = set(table.columns.names)
    flux = np.array(table.data["FLUX"], dtype=np.float32)  # a copy: the file is closed
    # Cutouts write zeros where the camera did not see.
    flux[~(np.nan_to_num(flux) != 0).any(axis=(1, 2))] = np.nan
    flux[~np.isfinite(flux)] = np.nan
    zero = as_number(table.header.get("BJDREFI", primary.get("BJDREFI")))
    is_timed = "TIME" in names and zero is not None
    time = np.array(table.data["TIME"], dtype=float) if is_timed else np.full(len(flux), np.nan)
    has_flags = "QUALITY" in names
    quality = np.array(table.data["QUALITY"], dtype=np.int64) if has_flags else np.zeros(len(flux), np.int64)
    return PixelCube(
        (table.header, primary),
        _wcs_header(table.header, table.columns.names.index("FLUX") + 1),
        flux,
        time + ((zero or 0.0) - _BTJD_ZERO),
        quality,
    )


def _median(images: NDArray[np.float32]) -> NDArray[np.float32]:
    seen = np.isfinite(images).any(axis=0)
    median = np.full(seen.shape, np.nan, dtype=np.float32)
    median[seen] = np.nanmedian(images[:, seen], axis=0)
    return median


def _wcs_header(header: Any, column: int) -> dict[str, Any]:
    found = {plain: header.get(name.format(column)) for name, plain in _COLUMN_WCS.items()}
    told = {name: value for name, value in found.items() if value is not None}
    return {**told, "RADESYS": header.get("RADESYS") or "ICRS"} if "CTYPE1" in told else {}
