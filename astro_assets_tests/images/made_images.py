"""FITS files of images for tests: plain, packed, with and without world coordinates, and tables of pixels."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS
from numpy.typing import NDArray

#: What a good header of a small telescope says.
CARDS = {
    "OBJECT": "HD 1",
    "DATE-OBS": "2024-03-05T20:00:00",
    "EXPTIME": 60.0,
    "FILTER": "V",
    "TELESCOP": "Small",
    "INSTRUME": "Camera",
    "GAIN": 1.5,
    "RDNOISE": 8.0,
    "SATURATE": 60000.0,
}


def sky(n_rows: int = 60, n_columns: int = 80, seed: int = 1) -> NDArray[np.float32]:
    """Return counts of an empty sky."""
    return np.random.default_rng(seed).normal(1000, 30, (n_rows, n_columns)).astype(np.float32)


def wcs_cards(
    ra_deg: float = 150.0,
    dec_deg: float = 2.0,
    scale_arcsec: float = 2.0,
    n_rows: int = 60,
    n_columns: int = 80,
) -> dict[str, Any]:
    """Return the cards of world coordinates around a place, north up and east to the left."""
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crval = [ra_deg, dec_deg]
    wcs.wcs.crpix = [(n_columns + 1) / 2, (n_rows + 1) / 2]
    wcs.wcs.cdelt = [-scale_arcsec / 3600, scale_arcsec / 3600]
    return dict(wcs.to_header())


def image_file(
    path: Path,
    pixels: NDArray[Any] | None = None,
    *,
    form: str = "plain",
    extension: bool = False,
    **cards: Any,
) -> Path:
    """Write an image with some cards; ``form`` is plain, gzip or tiles."""
    pixels = sky() if pixels is None else pixels
    header = fits.Header({name.replace("_", "-"): value for name, value in cards.items()})
    if form == "tiles":
        hdus = fits.HDUList([fits.PrimaryHDU(), fits.CompImageHDU(pixels, header)])
    elif extension:
        hdus = fits.HDUList([fits.PrimaryHDU(), fits.ImageHDU(pixels, header, name="SCI")])
    else:
        hdus = fits.HDUList([fits.PrimaryHDU(pixels, header)])
    hdus.writeto(path, overwrite=True)
    if form == "gzip":
        path.write_bytes(gzip.compress(path.read_bytes(), mtime=0))
    return path


def pixel_file(path: Path, flux: NDArray[Any], *, quality: NDArray[Any] | None = None, **cards: Any) -> Path:
    """Write a table of small images over time, as TESSCut does; ``flux`` has shape (n, n_rows, n_columns)."""
    n, n_rows, n_columns = flux.shape
    size = n_rows * n_columns
    columns = [
        fits.Column("TIME", "D", array=1500 + np.arange(n) / 48),
        fits.Column("FLUX", f"{size}E", dim=f"({n_columns},{n_rows})", array=flux.astype("f4")),
        fits.Column("QUALITY", "J", array=np.zeros(n, "i4") if quality is None else quality),
    ]
    table = fits.BinTableHDU.from_columns(columns, name="PIXELS")
    table.header.update({"BJDREFI": 2457000, "1CTYP2": "RA---TAN", "2CTYP2": "DEC--TAN"})
    table.header.update({"1CRPX2": (n_columns + 1) / 2, "2CRPX2": (n_rows + 1) / 2})
    table.header.update({"1CRVL2": 84.0, "2CRVL2": -80.0, "1CUNI2": "deg", "2CUNI2": "deg"})
    table.header.update({"1CDLT2": -21 / 3600, "2CDLT2": 21 / 3600})
    primary = fits.PrimaryHDU(header=fits.Header({"TELESCOP": "TESS", "OBJECT": "TIC 42"} | cards))
    fits.HDUList([primary, table]).writeto(path, overwrite=True)
    return path
