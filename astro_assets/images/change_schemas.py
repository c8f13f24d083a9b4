"""Columns of the tables of changes: pairs of frames, what changed between them, what is wanted."""

from __future__ import annotations

from typing import Final

from astro_assets.images.kinds import KINDS, WANTED
from astro_assets.images.reference_frames import ReferenceSettings
from astro_assets.ledger.model_tables import TRAINED_ON
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config

_FIELD: Final = Column("field_id", "string", "The field: as of frames, whatever the night.")
_VERSION: Final = Column("model_version", "string", "Version of the segmenter.")
_MID: Final = Column("mid_mjd_utc", "float64", "Middle of the exposure, MJD in UTC.", "d")


class FieldReferencesConfig(ReferenceSettings, Config):
    """Settings of ``images/field_references``."""


REFERENCE_FRAMES_SCHEMA: Final = Schema(
    (
        Column("sha256", "file", "The raw file of the image."),
        Column("frame_sha256", "string", "Its SHA-256."),
        Column("hdu", "int32", "Number of the HDU that holds the pixels."),
        Column("reference", "file", "The raw file of the image that it is compared with."),
        Column("reference_sha256", "string", "Its SHA-256."),
        Column("reference_hdu", "int32", "Number of the HDU that holds its pixels."),
        _FIELD,
        Column("series_id", "string", "The night of the image."),
        _MID,
        Column("reference_mid_mjd_utc", "float64", "Likewise, of the reference.", "d"),
        Column("xx", "float64", "Of x of the reference by x of the image.", nullable=True),
        Column("xy", "float64", "Of x of the reference by y of the image.", nullable=True),
        Column("yx", "float64", "Of y of the reference by x of the image.", nullable=True),
        Column("yy", "float64", "Of y of the reference by y of the image.", nullable=True),
        Column("shift_x", "float64", "Added to that.", "pixel", nullable=True),
        Column("shift_y", "float64", "Likewise.", "pixel", nullable=True),
        Column("n_matched", "int32", "Stars that both have."),
        Column("rms_pixels", "float64", "Of their residuals.", "pixel", nullable=True),
        Column("not_compared", "string", "Why the image does not lie upon its reference.", nullable=True),
    )
)

FRAME_CHANGES_SCHEMA: Final = Schema(
    (
        Column("frame_sha256", "string", "SHA-256 of the image's file."),
        Column("reference_sha256", "string", "Of the image that it is compared with."),
        _FIELD,
        Column("series_id", "string", "The night of the image."),
        _MID,
        Column("not_compared", "string", "Why the two cannot be compared.", nullable=True),
        Column("n_wanted", "int32", "Objects that somebody would follow up.", nullable=True),
        Column("n_unwanted", "int32", "Objects that only look like it.", nullable=True),
        Column("missing_fraction", "float64", "Share of the pixels that cannot be compared.", nullable=True),
        Column("fwhm_pixels", "float64", "Of the difference.", "pixel", nullable=True),
        Column("wcs", "string", "World coordinates of the reference, as of frames.", nullable=True),
        Column(
            "objects",
            "arrays",
            f"One value an object: x, y (float64, pixel of the reference), snr, score (float64), n_pixels "
            f"(int32), kind (uint8: {', '.join(f'{i} {kind}' for i, kind in enumerate(KINDS))}), is_wanted "
            "(uint8).",
            nullable=True,
        ),
        Column(
            "stamps",
            "arrays",
            "Of wanted objects in the same order, in units of the noise: science, reference, difference "
            "(float32, NaN where nothing was measured), object by object, row by row.",
            nullable=True,
        ),
        Column(
            "masks",
            "arrays",
            "Pixels of the reference in which something is: pixel (uint32, row by row), kinds (uint16, bit k "
            "for kind k of objects).",
            nullable=True,
        ),
        Column(
            "thumbnail",
            "arrays",
            "The difference shrunk and stretched: brightness (uint8, 0 where there is no value).",
            nullable=True,
        ),
        Column("thumbnail_columns", "int32", "Width of the thumbnail.", "pixel", nullable=True),
        _VERSION,
        *TRAINED_ON,
    )
)

ANOMALIES_SCHEMA: Final = Schema(
    (
        Column("anomaly_id", "string", "The image's SHA-256, a dot, and a number within it."),
        Column("frame_sha256", "string", "SHA-256 of the image's file."),
        Column("reference_sha256", "string", "Of the image that it is compared with."),
        _FIELD,
        Column("series_id", "string", "The night of the image."),
        _MID,
        Column("kind", "string", f"One of {', '.join(WANTED)}."),
        Column("x", "float64", "Column in the reference, 0 in the middle of the first.", "pixel"),
        Column("y", "float64", "Row, likewise.", "pixel"),
        Column("ra_deg", "float64", "ICRS, where the reference has world coordinates.", "deg", nullable=True),
        Column("dec_deg", "float64", "Likewise.", "deg", nullable=True),
        Column("snr", "float64", "Signal-to-noise ratio of the change; negative of what faded."),
        Column(
            "score", "float64", "How sure it is, higher is surer; each of the table passed the threshold."
        ),
        Column("n_pixels", "int32", "Of its mask."),
        Column("stamps", "arrays", "science, reference, difference (float32), row by row, noise units."),
        _VERSION,
        *TRAINED_ON,
    )
)
