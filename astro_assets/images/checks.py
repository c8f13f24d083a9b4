"""The checks of the image wing's assets: which rules each table keeps."""

from functools import partial

import dagster as dg

from astro_assets.images.change_tables import ANOMALIES, FIELD_REFERENCES, FRAME_CHANGES, REFERENCE_FRAMES
from astro_assets.images.cutout_tables import CUTOUT_PLACES, CUTOUTS, FRAME_CELLS
from astro_assets.images.invariants import (
    impossible_anomalies,
    impossible_frames,
    impossible_grades,
    impossible_nights,
    misplaced_cutouts,
    unaccounted_frames,
    untold_changes,
    untold_frames,
)
from astro_assets.images.photometry_tables import (
    FRAME_SOURCES,
    PHOTOMETRIC_LIGHT_CURVES,
    PHOTOMETRIC_SERIES,
)
from astro_assets.images.pictures import file_names
from astro_assets.images.quality_models import ASSESSOR
from astro_assets.images.quality_tables import FRAME_QUALITY, SIMULATED_NIGHTS
from astro_assets.images.segmenter_models import ANOMALY_SEGMENTER
from astro_assets.images.segmenter_tables import INJECTED_SCENES, SIMULATED_SCENES
from astro_assets.images.tables import FRAMES
from astro_assets.orchestration.model_checks import model_checks
from astro_assets.orchestration.rules import ArrayRule, RowRule
from astro_assets.orchestration.table_checks import table_checks
from astro_assets.orchestration.time_series import broken_times, broken_values


def checks() -> list[dg.AssetChecksDefinition]:
    """Return the wing's checks."""
    return [
        table_checks(
            FRAMES,
            RowRule(
                "frames_told",
                "Accepted frames have pixels and a thumbnail; refused ones a reason.",
                ("status", "reason_code", "n_columns", "n_rows_of_pixels", "thumbnail"),
                untold_frames,
            ),
            RowRule(
                "frames_possible",
                "Exposures, gains, airmasses and places on the sky are possible ones.",
                ("exposure_s", "gain", "airmass", "ra_deg", "dec_deg", "missing_fraction"),
                impossible_frames,
            ),
            identity=("sha256",),
            names=file_names,
        ),
        table_checks(
            FRAME_SOURCES,
            ArrayRule(
                "sources_somewhere",
                "Positions and fluxes of sources are finite.",
                "sources",
                partial(broken_values, finite=("x", "y", "flux")),
            ),
            identity=("frame_sha256",),
            names=file_names,
        ),
        table_checks(
            PHOTOMETRIC_SERIES,
            RowRule(
                "frames_accounted_for",
                "Each frame of a night is aligned, or it is told why not.",
                ("n_frames", "n_aligned", "frame_sha256", "left_out"),
                unaccounted_frames,
            ),
            identity=("series_id",),
        ),
        table_checks(
            PHOTOMETRIC_LIGHT_CURVES,
            ArrayRule(
                "time_increasing",
                "Times are finite and strictly increasing.",
                "light_curve",
                broken_times,
            ),
            ArrayRule(
                "values_finite",
                "Fluxes are finite, and errors finite and positive.",
                "light_curve",
                partial(broken_values, finite=("flux", "trend"), positive=("flux_err", "error")),
            ),
            identity=("series_id",),
        ),
        table_checks(
            SIMULATED_NIGHTS,
            RowRule(
                "nights_can_be_simulated",
                "Each simulated night has a known role, a seed, and as many frames as its settings say.",
                ("role", "seed", "settings", "n_frames"),
                impossible_nights,
            ),
            identity=("night",),
        ),
        model_checks(ASSESSOR),
        table_checks(
            FRAME_QUALITY,
            RowRule(
                "grades_possible",
                "Probabilities of the grades are possible ones and add up to 1, and the grade is their "
                "median.",
                (
                    "frame_sha256",
                    "grade",
                    "p_good",
                    "p_medium",
                    "p_bad",
                    "night_p_value",
                    "training_p_value",
                ),
                impossible_grades,
            ),
            identity=("series_id", "frame_sha256"),
        ),
        table_checks(FRAME_CELLS, identity=("frame_sha256", "cell"), names=file_names),
        table_checks(CUTOUT_PLACES, identity=("place",)),
        table_checks(
            CUTOUTS,
            RowRule(
                "cutouts_show_their_place",
                "The place lies within its cutout, of which not all is missing.",
                ("x", "y", "side", "missing_fraction"),
                misplaced_cutouts,
            ),
            identity=("place", "sha256"),
        ),
        table_checks(SIMULATED_SCENES, identity=("scene_set",)),
        table_checks(INJECTED_SCENES, identity=("frame_sha256",), names=file_names),
        model_checks(ANOMALY_SEGMENTER),
        table_checks(FIELD_REFERENCES, identity=("field_id",), names=file_names),
        table_checks(REFERENCE_FRAMES, identity=("frame_sha256",), names=file_names),
        table_checks(
            FRAME_CHANGES,
            RowRule(
                "changes_told",
                "Each frame has what changed in it, or a reason why that cannot be told.",
                ("not_compared", "n_wanted", "n_unwanted", "missing_fraction"),
                untold_changes,
            ),
            identity=("frame_sha256",),
            names=file_names,
        ),
        table_checks(
            ANOMALIES,
            RowRule(
                "anomalies_within_their_frame",
                "Places are finite, and signal-to-noise ratios and scores are.",
                ("x", "y", "snr", "score", "n_pixels"),
                impossible_anomalies,
            ),
            identity=("anomaly_id",),
        ),
    ]
