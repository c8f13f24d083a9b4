"""Columns of the tables of frame quality: simulated nights, and what is thought of each frame."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from astro_assets.images.photometry_schemas import FrameSourcesConfig
from astro_assets.images.quality.settings import QualitySettings
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config

SIMULATED_NIGHTS_SCHEMA: Final = Schema(
    (
        Column("night", "string", "What the night is for, its number, and the mark of its recipe."),
        Column("role", "string", "'network' or 'forest' fits, 'calibration' calibrates, 'test' judges."),
        Column("seed", "string", "Of all its random numbers: a JSON list."),
        Column("settings", "string", "Telescope, field and troubles: a JSON object with sorted names."),
        Column("n_frames", "int32", "Frames of the night."),
    )
)

#: Measures as columns, with units: see `quality.measures.QualityMeasures`. Unknown ones are NaN.
MEASURE_COLUMNS: Final = (
    Column("fwhm_pixels", "float64", "Median width of stars.", "pixel"),
    Column("fwhm_spread", "float64", "Scatter of the width across the frame, relative to it."),
    Column("elongation", "float64", "Median ratio of the axes of stars."),
    Column("trailing", "float64", "Common part of the stars' elongation; 0 if they are round."),
    Column("background_rate", "float64", "Background of a second.", "adu / s"),
    Column("background_noise", "float64", "Noise of a pixel over the root of the background's level."),
    Column("gradient", "float64", "Range of a plane through the background over its level."),
    Column("stars_per_megapixel", "float64", "Stars in a million pixels, as in an exposure of a minute."),
    Column("saturated_fraction", "float64", "Share of the pixels at or above the saturation."),
    Column("masked_fraction", "float64", "Share of the pixels that are no measurement."),
    Column("hot_fraction", "float64", "Share of the pixels that stand alone above their surroundings."),
    Column("odd_columns", "float64", "Share of the columns that do not fit in with their neighbours."),
    Column("airmass", "float64", "As the header tells."),
    Column("exposure_s", "float64", "Photon collecting time.", "s"),
    Column("fwhm_ratio", "float64", "Width of stars over that in the night's best frames."),
    Column("elongation_ratio", "float64", "Elongation likewise."),
    Column("background_ratio", "float64", "Background likewise, at equal exposures."),
    Column("noise_ratio", "float64", "Noise likewise."),
    Column("gradient_ratio", "float64", "Range of the background over the best frames' level."),
    Column("stars_ratio", "float64", "Number of stars over that in the night's best frames."),
    Column("exposure_ratio", "float64", "Exposure over the usual one, the median of the night."),
    Column("transparency", "float64", "Light of the same stars over that in the best frame: 1 is clear."),
    Column("relative_zero_point", "float64", "Zero point minus that of the best frame: from it.", "mag"),
    Column("transparency_spread", "float64", "Scatter of that among stars, relative."),
    Column("depth", "float64", "Signal-to-noise ratio of faint stars over the best at the usual exposure."),
    Column("matched_fraction", "float64", "Share of the compared stars that are found at their places."),
    Column(
        "comparison_residual",
        "float64",
        "Scatter of comparison stars about their levels in the night, relative to their light, without what "
        "is common to the frame.",
    ),
)

FRAME_QUALITY_SCHEMA: Final = Schema(
    (
        Column("series_id", "string", "The night: frames of one field, filter and camera."),
        Column("frame_sha256", "string", "SHA-256 of the raw file of the image."),
        Column("mid_mjd_utc", "float64", "Middle of the exposure, MJD in UTC.", "d", nullable=True),
        Column("grade", "string", "'good', 'medium' or 'bad': the median of the probabilities."),
        Column("p_good", "float64", "Probability, calibrated on simulated nights, of being good."),
        Column("p_medium", "float64", "Of being medium."),
        Column("p_bad", "float64", "Of being bad."),
        Column("reasons", "list[string]", "What is outside of what good frames have, the heaviest first."),
        Column(
            "night_p_value",
            "float64",
            "How many frames of the night are at least as unlike the others, over their number; none of "
            "nights of fewer than 20.",
            nullable=True,
        ),
        Column(
            "training_p_value",
            "float64",
            "How often good simulated frames are as far off those that were trained on: small for all frames "
            "of a camera that is unlike simulated ones.",
        ),
        Column("is_beside_night", "bool", "Whether it was judged beside the best frames of its night."),
        Column("n_frames", "int32", "Frames of the night that were judged together."),
        *MEASURE_COLUMNS,
        Column("model_version", "string", "Version of the assessor, as in ledger/models."),
        Column("trained_on_real", "int64", "Real nights that it was trained on."),
        Column("trained_on_injected", "int64", "Nights with something put in."),
        Column("trained_on_simulated", "int64", "Simulated nights."),
    )
)


class FrameAssessorConfig(QualitySettings, Config):
    """Settings of ``images/frame_assessor``."""


class FrameQualityConfig(Config):
    """Settings of ``images/frame_quality``."""

    measuring: FrameSourcesConfig = Field(
        FrameSourcesConfig(), description="Settings of images/frame_sources."
    )
