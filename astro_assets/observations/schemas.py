"""What the rows of the observation tables look like, and the settings that make them.

Only declarations live here; the tables are in `tables`, and what fills them is in the other modules.
"""

from __future__ import annotations

from typing import Final, Literal

from pydantic import Field, field_validator

from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config
from astro_assets.observations.missions import KEPLER_DEFAULT_BITMASK, TESS_DEFAULT_BITMASK
from astro_assets.observations.other_wings import PASSED_ON
from astro_assets.observations.readers.registry import PRODUCTS
from astro_assets.observations.refusals import REASONS
from astro_assets.observations.selection import CHOICE_REASONS
from astro_assets.observations.standard_form import LEAST_FINITE_FRACTION

#: Columns of ``light_curves`` that the rows of ``selected_files`` repeat; the arrays are stored once.
SEARCHED_COLUMNS: Final = (
    "mission", "segment_kind", "segment", "cadence_s", "product", "light_curve", "start_btjd", "end_btjd",
)  # fmt: skip
#: What is told of the star. Content, not context: measures read it.
_OF_THE_STAR: Final = (
    Column(
        "star_surface_gravity",
        "float64",
        "LOGG of the header, log10 of cm / s2; none if no star's. In selected_files that of the target's "
        "newest file with both; of a file in conflict its own.",
        nullable=True,
    ),
    Column("star_radius_sun", "float64", "RADIUS of the header, likewise.", "solRad", nullable=True),
)

RAW_FILES_SCHEMA: Final = Schema(
    (
        Column("sha256", "file", "The raw file, kept unchanged under its SHA-256."),
        Column("file_name", "string", "Name under which the file first came in."),
        Column("size_bytes", "int64", "Size of the file.", unit="byte"),
        Column(
            "description",
            "string",
            "The cells of the file's line in a targets.csv beside or above it, as a JSON object; none "
            "without one.",
            nullable=True,
        ),
        Column(
            "copies",
            "list[string]",
            "Names of further files of the very same bytes, in order; the content is kept once.",
            nullable=True,
        ),
    )
)

OBSERVATION_FILES_SCHEMA: Final = Schema(
    (
        Column("sha256", "file", "The raw file, kept unchanged under its SHA-256."),
        Column(
            "status",
            "string",
            "'accepted' as a light curve, 'passed_on' when another wing reads it, 'refused' when the file "
            "cannot be used.",
        ),
        Column("reason_code", "string", f"Why, as one of {', '.join(REASONS)}.", nullable=True),
        Column("refusal_reason", "string", "Why the file was refused, for people.", nullable=True),
        Column(
            "product",
            "string",
            f"Format of the file: {', '.join(PRODUCTS)}; of one that is passed on {', '.join(PASSED_ON)}.",
            nullable=True,
        ),
        Column("mission", "string", "'TESS', 'Kepler' or 'K2'.", nullable=True),
        Column("target_id", "string", "Canonical id of the target.", nullable=True),
        Column("segment_kind", "string", "'sector', 'quarter' or 'campaign'.", nullable=True),
        Column("segment", "int32", "Number of the sector, quarter or campaign, if one.", nullable=True),
        Column("cadence_s", "float64", "Time between cadences.", unit="s", nullable=True),
        Column("start_btjd", "float64", "Start of the observation, BJD_TDB - 2457000.", "d", nullable=True),
        Column("end_btjd", "float64", "End of the observation, BJD_TDB - 2457000.", "d", nullable=True),
        Column("n_rows_in_file", "int64", "Cadences the file's table holds, good and bad.", nullable=True),
        Column(
            "finite_fraction",
            "float64",
            "Share of the cadences without a disqualifying flag that have a finite time, flux and error.",
            nullable=True,
        ),
        Column("is_simulated", "bool", "Whether the header says that the data are simulated."),
        Column("data_release", "int32", "Data release number of the mission.", nullable=True),
        Column("file_created", "string", "When the mission wrote the file, ISO 8601.", nullable=True),
        Column("star_temperature_k", "float64", "TEFF of the header; none if no star's.", "K", nullable=True),
        *_OF_THE_STAR,
        Column("description", "string", "What a targets.csv says of a plain table.", nullable=True),
        Column("file_name", "string", "Name under which the file was ingested.", context=True),
        Column("size_bytes", "int64", "Size of the file.", unit="byte", context=True),
        Column("object_name", "string", "OBJECT of the header.", context=True, nullable=True),
        Column("instrument", "string", "INSTRUME of the header.", context=True, nullable=True),
        Column(
            "exposure_s", "float64", "Photon collecting time a cadence.", "s", context=True, nullable=True
        ),
        Column("camera", "int32", "TESS camera, 1 to 4.", context=True, nullable=True),
        Column("ccd", "int32", "TESS CCD of the camera, 1 to 4.", context=True, nullable=True),
        Column("channel", "int32", "Kepler detector channel, 1 to 84.", context=True, nullable=True),
        Column("ra_deg", "float64", "Right ascension, ICRS.", unit="deg", context=True, nullable=True),
        Column("dec_deg", "float64", "Declination, ICRS.", unit="deg", context=True, nullable=True),
        Column(
            "magnitude",
            "float64",
            "Brightness in the mission's band (TESSMAG or KEPMAG).",
            unit="mag",
            context=True,
            nullable=True,
        ),
        Column("creator", "string", "Program that wrote the file.", context=True, nullable=True),
        Column("processing_version", "string", "Version of that program.", context=True, nullable=True),
    )
)

LIGHT_CURVES_SCHEMA: Final = Schema(
    (
        Column("sha256", "string", "SHA-256 of the file."),
        Column("product", "string", f"Format of the file: {', '.join(PRODUCTS)}."),
        Column("data_release", "int32", "Data release number of the mission.", nullable=True),
        Column("file_created", "string", "When the file was written, ISO 8601.", nullable=True),
        Column("target_id", "string", "Canonical id of the target."),
        Column("mission", "string", "'TESS', 'Kepler' or 'K2'."),
        Column("segment_kind", "string", "'sector', 'quarter' or 'campaign'."),
        Column("segment", "int32", "Number of the sector, quarter or campaign, if one.", nullable=True),
        Column("cadence_s", "float64", "Time between cadences.", unit="s"),
        Column("flux_column", "string", "Column of the file that the flux comes from."),
        Column(
            "has_errors", "bool", "Whether flux_err is the file's own, or else the point-to-point scatter."
        ),
        Column(
            "light_curve",
            "arrays",
            "The cadences that are finite and carry no disqualifying quality flag: time (float64, BJD_TDB - "
            "2457000 in d, strictly increasing), flux and flux_err (float32, relative to their median), "
            "centroid_column and centroid_row (float32, pixel, NaN where unknown), cadence_number (int32).",
        ),
        Column("n_points", "int32", "Cadences kept."),
        Column("n_flagged", "int32", "Cadences dropped for their quality flags."),
        Column(
            "n_not_finite",
            "int32",
            "Unflagged cadences whose time or flux is no number, or whose error is no positive one.",
        ),
        Column("n_repeated", "int32", "Rows of a table left out because an earlier one has the same time."),
        Column("start_btjd", "float64", "First time kept, BJD_TDB - 2457000.", unit="d"),
        Column("end_btjd", "float64", "Last time kept, BJD_TDB - 2457000.", unit="d"),
        Column(
            "median_flux",
            "float64",
            "Median of the kept flux, by which it was divided: in electron / s where the file's flux is not "
            "relative already.",
        ),
        *_OF_THE_STAR,
        Column("ra_deg", "float64", "Right ascension, ICRS.", unit="deg", context=True, nullable=True),
        Column("dec_deg", "float64", "Declination, ICRS.", unit="deg", context=True, nullable=True),
        Column(
            "magnitude",
            "float64",
            "Brightness in the mission's band (TESSMAG or KEPMAG).",
            unit="mag",
            context=True,
            nullable=True,
        ),
    )
)

SELECTED_FILES_SCHEMA: Final = Schema(
    (
        Column("target_id", "string", "Canonical id of the target."),
        Column("sha256", "string", "SHA-256 of the file."),
        Column(
            "status",
            "string",
            "'selected', 'not_selected', or 'conflict' with a file that shows another star under the same "
            "id at the same time.",
        ),
        Column(
            "search_id",
            "string",
            "What the light curve is searched as: the target's id, or for each of conflicting files the "
            "id, '~' and the beginning of its SHA-256; none if it is not searched.",
            nullable=True,
        ),
        Column("reason_code", "string", f"Why, as one of {', '.join(CHOICE_REASONS)}.", nullable=True),
        Column("choice_reason", "string", "Why it is not selected, for people.", nullable=True),
        *(LIGHT_CURVES_SCHEMA[name] for name in SEARCHED_COLUMNS),
        *_OF_THE_STAR,
    )
)

SIMULATED_TRUTH_SCHEMA: Final = Schema(
    (
        Column("sha256", "string", "SHA-256 of the simulated file that shows the signal."),
        Column("target_id", "string", "Canonical id of the simulated target."),
        Column("signal", "int32", "Number of the signal within the target, from 1."),
        Column(
            "kind",
            "string",
            "'planet', 'eclipsing_binary', 'background_binary' (in the target's light), 'pulsator' (one row "
            "a mode), 'rotator', 'flare_star'; 'spots', weak ones, and 'granulation', which all stars have, "
            "quiet ones too. What a kind has none of is NaN.",
        ),
        Column("period_days", "float64", "Period of the orbit, the mode or the rotation.", unit="d"),
        Column("epoch_btjd", "float64", "Mid-time of a (primary) transit, BJD_TDB - 2457000.", unit="d"),
        Column("duration_hours", "float64", "First to last contact of the (primary) transit.", unit="h"),
        Column("ingress_hours", "float64", "First to second contact.", unit="h"),
        Column("depth_ppm", "float64", "Lost light in the middle of the (primary) transit.", unit="1e-6"),
        Column("secondary_depth_ppm", "float64", "Depth of the secondary eclipse, 0 for none.", unit="1e-6"),
        Column("secondary_phase", "float64", "Orbital phase of the secondary eclipse, 0 to 1."),
        Column("radius_ratio", "float64", "Radius of the smaller body over that of the larger."),
        Column(
            "impact_parameter", "float64", "Impact parameter of the transit, in radii of the larger body."
        ),
        Column("eccentricity", "float64", "Eccentricity of the orbit."),
        Column(
            "light_share", "float64", "Share of the eclipsing system in the light, 1 for the target's own."
        ),
        Column("centroid_shift_pixels", "float64", "Motion of the centre of light at mid-transit.", "pixel"),
        Column(
            "amplitude_ppm",
            "float64",
            "Semi-amplitude of the mode, as the exposures smear it, or of tidal distortion; standard "
            "deviation of spots and granulation.",
            unit="1e-6",
        ),
        Column("n_flares", "int32", "Flares that the corrected flux shows."),
    )
)


class SelectedFilesConfig(Config):
    """Which of a target's files are searched."""

    products: tuple[str, ...] = Field(
        default=("k2sc", "mission", "k2varcat", "eleanor", "lightkurve", "table"),
        description="Products from the preferred one down, each once. K2SC comes first because the mission's "
        "own K2 fluxes still follow the pointing.",
    )
    least_agreement: float = Field(
        default=0.2,
        ge=-1,
        le=1,
        description="Two files of one target and time show different stars if one shows less than this part "
        "of the other's clear variation or, without any, if their noise correlates by less; -1 for never.",
    )

    @field_validator("products")
    @classmethod
    def _each_once(cls, products: tuple[str, ...]) -> tuple[str, ...]:
        if sorted(products) != sorted(PRODUCTS):
            raise ValueError(f"products must be {', '.join(PRODUCTS)} in some order, each once")
        return products


class ObservationFilesConfig(Config):
    """Which raw files can be used."""

    flux_column: Literal["PDCSAP_FLUX", "SAP_FLUX"] = Field(
        default="PDCSAP_FLUX",
        description="Flux by which a file is judged: set it as that of light_curves.",
    )
    least_finite_fraction: float = Field(
        default=LEAST_FINITE_FRACTION,
        ge=0,
        le=1,
        description="Share of a file's unflagged cadences that must have a finite time, flux and error.",
    )


class LightCurveConfig(Config):
    """How a raw file becomes a light curve."""

    flux_column: Literal["PDCSAP_FLUX", "SAP_FLUX"] = Field(
        default="PDCSAP_FLUX",
        description="Flux used: systematics removed (PDCSAP_FLUX) or as measured (SAP_FLUX); in formats of "
        "other column names what corresponds.",
    )
    tess_quality_bitmask: int = Field(
        default=TESS_DEFAULT_BITMASK,
        ge=0,
        lt=2**31,
        description="TESS QUALITY bits that disqualify a cadence.",
    )
    kepler_quality_bitmask: int = Field(
        default=KEPLER_DEFAULT_BITMASK,
        ge=0,
        lt=2**31,
        description="Kepler and K2 SAP_QUALITY bits that disqualify a cadence.",
    )
