"""What the rows of the image wing's tables look like, and the settings that make them.

Only declarations live here; the tables are in `tables`, and what fills them is in the other modules.
"""

from __future__ import annotations

from typing import Final

from pydantic import Field

from astro_assets.images.reading.frames import IMAGE, TARGET_PIXELS
from astro_assets.images.refusals import REASONS
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config

FRAMES_SCHEMA: Final = Schema(
    (
        Column("sha256", "file", "The raw file, kept unchanged under its SHA-256."),
        Column("status", "string", "'accepted', or 'refused' when the image cannot be used."),
        Column("reason_code", "string", f"Why, as one of {', '.join(REASONS)}.", nullable=True),
        Column("refusal_reason", "string", "Why the image was refused, for people.", nullable=True),
        Column("product", "string", f"'{IMAGE}', or '{TARGET_PIXELS}': a table of images over time."),
        Column("hdu", "int32", "Number of the HDU that holds the pixels.", nullable=True),
        Column("n_columns", "int32", "Width.", "pixel", nullable=True),
        Column("n_rows_of_pixels", "int32", "Height.", "pixel", nullable=True),
        Column("n_images", "int32", "Images over time; the median of the good ones is used.", nullable=True),
        Column("missing_fraction", "float64", "Share of the pixels that hold no value.", nullable=True),
        Column("object_name", "string", "What the header says was observed.", nullable=True),
        Column("target_id", "string", "Canonical id of the target, if one is told.", nullable=True),
        Column(
            "target_x",
            "float64",
            "Column of the target in this image by a targets.csv, 0 in the middle of the first pixel.",
            "pixel",
            nullable=True,
        ),
        Column("target_y", "float64", "Its row, likewise.", "pixel", nullable=True),
        Column(
            "series_id",
            "string",
            "Which frames belong together: object, night, filter, telescope, camera and size; none where the "
            "header tells no time.",
            nullable=True,
        ),
        Column(
            "field_id",
            "string",
            "Which frames show the same whatever the night: object, filter, telescope, camera and size.",
            nullable=True,
        ),
        Column("filter_name", "string", "As the header writes it.", nullable=True),
        Column("exposure_s", "float64", "Photon collecting time.", "s", nullable=True),
        Column("mid_mjd_utc", "float64", "Middle of the exposure, MJD in UTC.", "d", nullable=True),
        Column("start_btjd", "float64", "First image over time, BJD_TDB - 2457000.", "d", nullable=True),
        Column("end_btjd", "float64", "Last image over time, BJD_TDB - 2457000.", "d", nullable=True),
        Column("gain", "float64", "Electrons a count.", "electron / adu", nullable=True),
        Column("read_noise_electrons", "float64", "Noise of reading a pixel.", "electron", nullable=True),
        Column("saturation", "float64", "Counts from which a pixel is not linear.", "adu", nullable=True),
        Column("airmass", "float64", "In the middle of the exposure, by the header.", nullable=True),
        Column("ra_deg", "float64", "Right ascension of the middle, ICRS.", "deg", nullable=True),
        Column("dec_deg", "float64", "Declination of the middle, ICRS.", "deg", nullable=True),
        Column(
            "radius_deg",
            "float64",
            "From the middle to the farthest corner; none without world coordinates.",
            "deg",
            nullable=True,
        ),
        Column("scale_arcsec", "float64", "Side of a pixel, likewise.", "arcsec", nullable=True),
        Column("wcs", "string", "Its world coordinates: FITS cards as a JSON object.", nullable=True),
        Column("site_latitude_deg", "float64", "Of the telescope.", "deg", nullable=True),
        Column("site_longitude_deg", "float64", "East of Greenwich.", "deg", nullable=True),
        Column("site_elevation_m", "float64", "Above the sea.", "m", nullable=True),
        Column(
            "thumbnail",
            "arrays",
            "The image shrunk and stretched: brightness (uint8, 1 black to 255 white, 0 where there is no "
            "value), row by row, the first row first.",
            nullable=True,
        ),
        Column("thumbnail_columns", "int32", "Width of the thumbnail.", "pixel", nullable=True),
        Column("telescope", "string", "TELESCOP of the header.", context=True, nullable=True),
        Column("instrument", "string", "INSTRUME of the header.", context=True, nullable=True),
        Column("pixel_unit", "string", "BUNIT of the header.", context=True, nullable=True),
    )
)


class Observatory(Config):
    """Where the telescope stands whose headers do not say it."""

    latitude_deg: float = Field(ge=-90, le=90, description="Geodetic, WGS84.")
    longitude_deg: float = Field(ge=-180, le=180, description="East of Greenwich; west is negative.")
    elevation_m: float = Field(default=0.0, ge=-500, le=9000, description="Above the sea.")


class FramesConfig(Config):
    """Settings of ``images/frames``."""

    hdu: str = Field(
        default="",
        max_length=68,
        description="Name or number of the HDU that holds the image; by default the first that does.",
    )
    observatory: Observatory | None = Field(
        default=None,
        description="Where frames were taken whose headers do not say it; nights are told apart there.",
    )
