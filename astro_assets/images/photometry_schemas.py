"""Columns of the tables of photometry: sources of frames, nights, and the light curves of targets."""

from __future__ import annotations

from typing import Final

from pydantic import Field

from astro_assets.images.photometry.settings import MeasuringSettings, SeriesSettings
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config

_SERIES: Final = Column("series_id", "string", "The night: frames of one field, filter and camera.")
#: What a row of ``frames`` tells and ``frame_sources`` repeats, so that a night is read from one table.
REPEATED: Final = (
    "field_id", "hdu", "target_id", "target_x", "target_y", "filter_name", "exposure_s", "mid_mjd_utc",
    "gain", "airmass", "ra_deg", "dec_deg", "site_latitude_deg", "site_longitude_deg", "site_elevation_m",
)  # fmt: skip

FRAME_SOURCES_SCHEMA: Final = Schema(
    (
        Column("sha256", "file", "The raw file of the image."),
        Column("frame_sha256", "string", "Its SHA-256."),
        Column("series_id", "string", "The night: frames of one field, filter and camera.", nullable=True),
        Column("field_id", "string", "As of frames: the same whatever the night.", nullable=True),
        Column("hdu", "int32", "Number of the HDU that holds the pixels."),
        Column("target_id", "string", "Canonical id of the target, if one is told.", nullable=True),
        Column("target_x", "float64", "Its column in this image, by a targets.csv.", "pixel", nullable=True),
        Column("target_y", "float64", "Its row, likewise.", "pixel", nullable=True),
        Column("filter_name", "string", "As the header writes it.", nullable=True),
        Column("exposure_s", "float64", "Photon collecting time.", "s", nullable=True),
        Column("mid_mjd_utc", "float64", "Middle of the exposure, MJD in UTC.", "d", nullable=True),
        Column("gain", "float64", "Electrons a count.", "electron / adu", nullable=True),
        Column("airmass", "float64", "In the middle of the exposure, by the header.", nullable=True),
        Column("ra_deg", "float64", "Right ascension of the middle, ICRS.", "deg", nullable=True),
        Column("dec_deg", "float64", "Declination of the middle, ICRS.", "deg", nullable=True),
        Column("site_latitude_deg", "float64", "Of the telescope.", "deg", nullable=True),
        Column("site_longitude_deg", "float64", "East of Greenwich.", "deg", nullable=True),
        Column("site_elevation_m", "float64", "Above the sea.", "m", nullable=True),
        Column("n_stars", "int32", "Sources that are no hot pixels."),
        Column("n_hot_pixels", "int32", "Pixels that stand alone above their surroundings."),
        Column("fwhm_pixels", "float64", "Median over unblended stars; NaN without one.", "pixel"),
        Column("fwhm_spread", "float64", "Robust scatter of the stars' FWHM relative to its median."),
        Column("elongation", "float64", "Median ratio of the axes of stars, at least 1."),
        Column(
            "direction_coherence",
            "float64",
            "Whether stars are elongated in one direction: 0 for no, 1 where all trail alike.",
        ),
        Column("direction_deg", "float64", "That direction, from +x to +y.", "deg"),
        Column("background_level", "float64", "Median of the background.", "adu"),
        Column("background_noise", "float64", "Median noise of one pixel of the background.", "adu"),
        Column("background_gradient", "float64", "Range of the plane that fits the background.", "adu"),
        Column("saturated_fraction", "float64", "Share of the pixels at or above the saturation."),
        Column("masked_fraction", "float64", "Share of the pixels that are no measurement."),
        Column("saturation", "float64", "Where pixels saturate: told or estimated.", "adu", nullable=True),
        Column("n_columns", "int32", "Width of the image.", "pixel"),
        Column("n_rows_of_pixels", "int32", "Height of the image.", "pixel"),
        Column(
            "sources",
            "arrays",
            "One value a source, the brightest first: x, y (float64, pixel, 0 in the middle of the first), "
            "flux, peak (adu above the background), fwhm_pixels, elongation, position_angle_deg (from +x to "
            "+y), flags (uint8: 1 saturated, 2 blended, 4 at an edge, 8 hot).",
        ),
    )
)

PHOTOMETRIC_SERIES_SCHEMA: Final = Schema(
    (
        _SERIES,
        Column("reference_sha256", "string", "The frame whose pixels positions are given in."),
        Column("n_frames", "int32", "Frames of the night."),
        Column("n_aligned", "int32", "Frames that could be laid upon the reference."),
        Column("n_stars", "int32", "Stars measured."),
        Column("n_comparison", "int32", "Stars that the others are compared with."),
        Column("fwhm_pixels", "float64", "Median FWHM of the aligned frames.", "pixel"),
        Column("gain", "float64", "Electrons a count; NaN if unknown.", "electron / adu"),
        Column("is_gain_estimated", "bool", "Whether it was estimated from how noise grows with flux."),
        Column("drift_pixels", "float64", "Largest shift between two frames.", "pixel"),
        Column("target_id", "string", "The target, where a targets.csv names one.", nullable=True),
        Column("target_star", "int32", "Which of the stars it is, from 0.", nullable=True),
        Column("target_scatter_ppm", "float64", "Scatter of its flux.", "1e-6", nullable=True),
        Column("target_photon_limit_ppm", "float64", "What photons make of it.", "1e-6", nullable=True),
        Column("target_terms", "list[string]", "Trends removed that stars share.", nullable=True),
        Column("frame_sha256", "list[string]", "The frames in order of time."),
        Column("left_out", "list[string]", "Why a frame is left out, empty if it is not; likewise."),
        Column(
            "frames",
            "arrays",
            "One value a frame: time (float64, BJD_TDB - 2457000, NaN if unknown), mid_mjd_utc, exposure_s, "
            "airmass, shift_x, shift_y (pixel), rotation_deg, scale, rms_pixels, n_matched (int32), "
            "fwhm_pixels, background_level.",
        ),
        Column(
            "stars",
            "arrays",
            "One value a star: x, y (float64, pixel of the reference), flux (adu), radius_pixels (of its "
            "aperture), scatter, photon_limit (relative), weight (float64), is_comparison (uint8).",
        ),
        Column(
            "curves",
            "arrays",
            "One value for each frame of each star, star by star (float32, NaN where left out): relative, "
            "detrended, error (as computed), scaled_error (fits the scatter), dip.",
        ),
    )
)

PHOTOMETRIC_LIGHT_CURVES_SCHEMA: Final = Schema(
    (
        Column("search_id", "string", "What is searched: the target's nights together, 'TIC 1~photometry'."),
        Column("target_id", "string", "Canonical id of the target."),
        _SERIES,
        Column("cadence_s", "float64", "Median time between frames.", "s"),
        Column("n_points", "int32", "Frames in which the target is measured."),
        Column("start_btjd", "float64", "First time, BJD_TDB - 2457000.", "d"),
        Column("end_btjd", "float64", "Last time, BJD_TDB - 2457000.", "d"),
        Column("scatter_ppm", "float64", "Scatter without trends and the deepest dip.", "1e-6"),
        Column("photon_limit_ppm", "float64", "What photons and the detector make of it.", "1e-6"),
        Column(
            "dip_mid_btjd",
            "float64",
            "Mid-time of the trapezoid that fits best, BJD_TDB - 2457000; none where none does.",
            "d",
            nullable=True,
        ),
        Column("dip_mid_error_days", "float64", "Its standard error.", "d", nullable=True),
        Column("dip_depth_ppm", "float64", "Lost light in the middle.", "1e-6", nullable=True),
        Column("dip_depth_error_ppm", "float64", "Its standard error.", "1e-6", nullable=True),
        Column("dip_duration_hours", "float64", "First to last contact.", "h", nullable=True),
        Column("dip_ingress_hours", "float64", "First to second contact.", "h", nullable=True),
        Column(
            "dip_delta_bic",
            "float64",
            "How much the Bayesian information criterion prefers the dip to none; from 10 on there is one.",
            nullable=True,
        ),
        Column("terms", "list[string]", "Trends removed that stars share."),
        Column(
            "light_curve",
            "arrays",
            "One value a frame: time (float64, BJD_TDB - 2457000), flux (float32, relative, trends removed), "
            "flux_err (float32, fits the scatter), error (float32, as computed from photons, detector and "
            "air), trend (float32, what was divided out), airmass (float32).",
        ),
    )
)


class FrameSourcesConfig(MeasuringSettings, Config):
    """Settings of ``images/frame_sources``."""


class PhotometricSeriesConfig(SeriesSettings, Config):
    """Settings of ``images/photometric_series``."""

    measuring: FrameSourcesConfig = Field(
        FrameSourcesConfig(), description="Settings of images/frame_sources."
    )
    fewest_frames: int = Field(
        10, ge=3, le=10_000, description="A night of fewer frames is no series, and no light curve is made."
    )
