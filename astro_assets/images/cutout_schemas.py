"""Columns of the tables of cutouts: which places are asked for, where images lie, the cutouts themselves."""

from __future__ import annotations

from typing import Final

from astro_assets.ledger.schema import Column, Schema

_TARGET: Final = Column("target_id", "string", "Canonical id of the target, if it is one's.", nullable=True)
_OF_FRAMES: Final = (
    Column("filter_name", "string", "As the header of the image writes it.", nullable=True),
    Column("exposure_s", "float64", "Photon collecting time.", "s", nullable=True),
    Column("mid_mjd_utc", "float64", "Middle of the exposure, MJD in UTC.", "d", nullable=True),
)

CUTOUT_PLACES_SCHEMA: Final = Schema(
    (
        Column("place", "string", "As people call it."),
        _TARGET,
        Column("ra_deg", "float64", "Right ascension, ICRS.", "deg"),
        Column("dec_deg", "float64", "Declination, ICRS.", "deg"),
        Column("side_arcsec", "float64", "Side of the square that is wanted.", "arcsec"),
        Column("cell", "int64", "Cell of the sky in which it lies: HEALPix, nested, N_side 64."),
    )
)

FRAME_CELLS_SCHEMA: Final = Schema(
    (
        Column("sha256", "file", "The raw file of the image."),
        Column("frame_sha256", "string", "Its SHA-256."),
        Column("product", "string", "As of frames."),
        Column("n_columns", "int32", "Width.", "pixel"),
        Column("n_rows_of_pixels", "int32", "Height.", "pixel"),
        Column("hdu", "int32", "Number of the HDU that holds the pixels."),
        Column("wcs", "string", "Its world coordinates: FITS cards as a JSON object."),
        *_OF_FRAMES,
        Column("cell", "int64", "A cell of the sky that the image may touch: HEALPix, nested, N_side 64."),
    )
)

CUTOUTS_SCHEMA: Final = Schema(
    (
        Column("place", "string", "As people call it."),
        _TARGET,
        Column("sha256", "string", "SHA-256 of the image's file."),
        Column("product", "string", "As of frames."),
        *_OF_FRAMES,
        Column("ra_deg", "float64", "Right ascension of the place, ICRS.", "deg"),
        Column("dec_deg", "float64", "Declination of the place, ICRS.", "deg"),
        Column("side", "int32", "Columns, and rows.", "pixel"),
        Column("x", "float64", "Column of the place, from 0 in the middle of the first.", "pixel"),
        Column("y", "float64", "Row of the place, likewise.", "pixel"),
        Column("first_column", "int32", "Of the cutout in the image; negative beyond its edge.", "pixel"),
        Column("first_row", "int32", "Likewise.", "pixel"),
        Column("n_columns", "int32", "Width of the image.", "pixel"),
        Column("n_rows_of_pixels", "int32", "Its height.", "pixel"),
        Column("is_padded", "bool", "Whether a part lies beyond the image's edge."),
        Column("n_outside", "int32", "Pixels beyond the image's edge.", "pixel"),
        Column("n_missing", "int32", "Pixels within the image without a value.", "pixel"),
        Column("missing_fraction", "float64", "Share of the pixels without a value, for either reason."),
        Column("wcs", "string", "World coordinates of the cutout: FITS cards as a JSON object."),
        Column(
            "pixels",
            "arrays",
            "value (float32, in the unit of the image, NaN where it has none or ended), row by row.",
        ),
        Column(
            "thumbnail",
            "arrays",
            "The cutout stretched: brightness (uint8, 1 black to 255 white, 0 where it has no value).",
        ),
        Column("thumbnail_columns", "int32", "Width of the thumbnail.", "pixel"),
    )
)
