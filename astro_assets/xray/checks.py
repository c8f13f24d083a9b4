"""The checks of the X-ray wing's assets: which rules each table keeps."""

import dagster as dg

from astro_assets.orchestration.model_checks import model_checks
from astro_assets.orchestration.rules import ArrayRule, RowRule
from astro_assets.orchestration.table_checks import table_checks
from astro_assets.xray.autoencoder_models import XRAY_AUTOENCODER
from astro_assets.xray.autoencoder_tables import XRAY_SCORES
from astro_assets.xray.invariants import impossible_curves, impossible_scores, untold_curves, untold_scores
from astro_assets.xray.pictures import file_names
from astro_assets.xray.simulation_tables import XRAY_SIMULATIONS
from astro_assets.xray.stored import broken_bins
from astro_assets.xray.tables import XRAY_LIGHT_CURVES


def checks() -> list[dg.AssetChecksDefinition]:
    """Return the wing's checks."""
    return [
        table_checks(
            XRAY_LIGHT_CURVES,
            RowRule(
                "xray_curves_told",
                "Accepted light curves have bins, bands and arrays; refused ones a reason.",
                ("status", "reason_code", "n_bins", "n_bands", "light_curve"),
                untold_curves,
            ),
            RowRule(
                "xray_curves_possible",
                "Bands have a width, exposures and counts are not negative, and a bin was exposed.",
                (
                    "n_bins",
                    "n_unexposed",
                    "n_bands",
                    "duration_s",
                    "band_low_kev",
                    "band_high_kev",
                    "exposure_s",
                    "total_counts",
                ),
                impossible_curves,
            ),
            ArrayRule(
                "xray_bins_whole",
                "Times increase, exposures are from 0 to 1, counts not negative, errors positive or unknown.",
                "light_curve",
                broken_bins,
            ),
            identity=("sha256",),
            names=file_names,
        ),
        table_checks(XRAY_SIMULATIONS, identity=("source_name",)),
        model_checks(XRAY_AUTOENCODER),
        table_checks(
            XRAY_SCORES,
            RowRule(
                "xray_scores_told",
                "Light curves have the probability of their counts or a reason why not; verdicts likewise.",
                ("not_scored", "log_evidence", "p_constant", "p_usual", "variability", "no_verdict"),
                untold_scores,
            ),
            RowRule(
                "xray_scores_possible",
                "p-values are from 0 to 1, changes end after they begin, neighbours have distances.",
                (
                    "p_constant",
                    "p_usual",
                    "change_start_s",
                    "change_end_s",
                    "neighbours",
                    "neighbour_distances",
                ),
                impossible_scores,
            ),
            identity=("sha256",),
            names=file_names,
        ),
    ]
