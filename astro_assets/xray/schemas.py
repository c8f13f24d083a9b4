"""What the rows of the X-ray wing's tables look like, and the settings that make them.

Only declarations live here; the tables are in `tables`, and what fills them is in the other modules.
"""

from __future__ import annotations

from typing import Final

from pydantic import Field

from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config
from astro_assets.xray.reading.files import FORMS
from astro_assets.xray.refusals import REASONS

XRAY_LIGHT_CURVES_SCHEMA: Final = Schema(
    (
        Column("sha256", "file", "The raw file, kept unchanged under its SHA-256."),
        Column("status", "string", "'accepted', or 'refused' when the light curve cannot be used."),
        Column("reason_code", "string", f"Why, as one of {', '.join(REASONS)}.", nullable=True),
        Column("refusal_reason", "string", "Why it was refused and what to do, for people.", nullable=True),
        Column("form", "string", f"Form of the file: {', '.join(FORMS)}.", nullable=True),
        Column("hdu", "int32", "Number of the HDU that holds the table, in FITS.", nullable=True),
        Column("n_bins", "int32", "Bins in time, those without exposure included.", nullable=True),
        Column("n_unexposed", "int32", "Of these, bins that saw nothing in any band.", nullable=True),
        Column("n_bands", "int32", "Energy bands.", nullable=True),
        Column("band_low_kev", "list[float64]", "Low energies, soft to hard.", "keV", nullable=True),
        Column("band_high_kev", "list[float64]", "High energies.", "keV", nullable=True),
        Column(
            "has_told_bands",
            "bool",
            "Whether the file tells its bands; else they are the telescope's by default.",
            nullable=True,
        ),
        Column(
            "has_overlapping_bands", "bool", "Whether a photon may be counted in two bands.", nullable=True
        ),
        Column(
            "has_counts", "bool", "Whether counts are told; else rates alone, which fit no Poisson law.",
            nullable=True,
        ),
        Column(
            "total_counts", "list[float64]", "In the source's aperture by band; none without counts.", "ct",
            nullable=True,
        ),
        Column("exposure_s", "list[float64]", "Effective exposure by band.", "s", nullable=True),
        Column("mean_rate", "list[float64]", "Of the rates by band, weighted by exposure.", nullable=True),
        Column("rate_unit", "string", "Of rates and errors: 'ct / s' or 'erg / (s cm2)'.", nullable=True),
        Column("is_net", "bool", "Whether the background is subtracted from the rates.", nullable=True),
        Column("has_asymmetric_errors", "bool", "Whether errors down and up differ.", nullable=True),
        Column("n_repeated", "int32", "Rows of the file with the time of an earlier one.", nullable=True),
        Column("n_limits", "int32", "Bins whose rate is an upper limit, and so unknown here.", nullable=True),
        Column("mjd_reference", "float64", "MJD at which times are zero, by the file.", "d", nullable=True),
        Column("time_system", "string", "Scale of the times: TT, TDB, UTC.", nullable=True),
        Column("time_frame", "string", "Where they hold: LOCAL, GEOCENTRIC, SOLARSYSTEM.", nullable=True),
        Column("start_mjd", "float64", "Beginning of the first bin, in that scale.", "d", nullable=True),
        Column("end_mjd", "float64", "End of the last bin.", "d", nullable=True),
        Column("median_width_s", "float64", "Median length of the bins.", "s", nullable=True),
        Column("duration_s", "float64", "From the first bin to the last.", "s", nullable=True),
        Column("object_name", "string", "What the file says was observed.", nullable=True),
        Column("target_id", "string", "Canonical id of the target, if it is told.", nullable=True),
        Column("ra_deg", "float64", "Right ascension of the source by the file, ICRS.", "deg", nullable=True),
        Column("dec_deg", "float64", "Declination, likewise.", "deg", nullable=True),
        Column(
            "light_curve",
            "arrays",
            "The bins in order of time: time_s (seconds since mjd_reference), width_s; and of each band, "
            "with its number from 0: counts, background_counts, background_ratio, fractional_exposure, rate, "
            "rate_error_minus, rate_error_plus; NaN where unknown.",
            nullable=True,
        ),
        Column("telescope", "string", "TELESCOP of the file.", context=True, nullable=True),
        Column("instrument", "string", "INSTRUME of the file.", context=True, nullable=True),
    )
)  # fmt: skip


class XrayLightCurvesConfig(Config):
    """Settings of ``xray/xray_light_curves``."""

    hdu: str = Field(
        default="",
        max_length=68,
        description="Name or number of the HDU that holds the light curve; by default the first that does.",
    )
