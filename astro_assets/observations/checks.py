"""The checks of the observation wing's assets: which rules each table keeps."""

from functools import partial

import dagster as dg
import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.observations.invariants import broken_spans, too_few_finite, unidentified
from astro_assets.observations.tables import (
    ARCHIVE_PRODUCTS,
    LIGHT_CURVES,
    OBSERVATION_FILES,
    RAW_FILES,
    SELECTED_FILES,
    SIMULATED_TRUTH,
)
from astro_assets.orchestration.rules import ArrayRule, RowRule
from astro_assets.orchestration.table_checks import table_checks
from astro_assets.orchestration.time_series import broken_lengths, broken_times, broken_values

_ARRAYS = ("flux", "flux_err", "centroid_column", "centroid_row", "cadence_number")
_SPANS = RowRule(
    "times_in_order",
    "Every observation starts before it ends, and has a cadence.",
    ("start_btjd", "end_btjd", "cadence_s"),
    broken_spans,
)


def file_names(ledger: Ledger) -> pl.LazyFrame:
    """Return what the raw files are called, as ``key`` and ``name``."""
    return ledger.open(RAW_FILES).rows(["file_name"]).select("key", name="file_name")


def checks() -> list[dg.AssetChecksDefinition]:
    """Return the wing's checks."""
    return [
        table_checks(ARCHIVE_PRODUCTS, identity=("sha256", "archive", "uri"), names=file_names),
        table_checks(RAW_FILES, identity=("sha256",), names=file_names),
        table_checks(SIMULATED_TRUTH, identity=("sha256", "signal"), names=file_names),
        table_checks(
            OBSERVATION_FILES,
            RowRule(
                "files_identified",
                "Every accepted file has a target, a mission and a product; every other one a reason.",
                ("status", "target_id", "mission", "product", "reason_code"),
                unidentified,
            ),
            RowRule(
                "flux_finite_fraction",
                "Every accepted file has as many cadences of a finite flux as its table's setting asks for.",
                ("status", "finite_fraction"),
                too_few_finite,
                settings=("least_finite_fraction",),
            ),
            identity=("sha256",),
            names=file_names,
        ),
        table_checks(
            LIGHT_CURVES,
            _SPANS,
            ArrayRule(
                "time_increasing",
                "Times are finite and strictly increasing.",
                "light_curve",
                broken_times,
            ),
            ArrayRule(
                "arrays_of_one_length",
                "Every array of a light curve is there and as long as its times.",
                "light_curve",
                partial(broken_lengths, names=_ARRAYS),
            ),
            ArrayRule(
                "values_finite",
                "Fluxes are finite, and their errors finite and positive.",
                "light_curve",
                partial(broken_values, finite=("flux",), positive=("flux_err",)),
            ),
            identity=("sha256",),
            names=file_names,
        ),
        table_checks(SELECTED_FILES, _SPANS, identity=("sha256",)),
    ]
