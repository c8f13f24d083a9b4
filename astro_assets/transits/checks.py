"""The checks of the transit wing's assets: which rules each table keeps."""

from functools import partial

import dagster as dg
import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.observations.tables import SELECTED_FILES
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.rules import ArrayRule, RowRule
from astro_assets.orchestration.table_assets import asset_key
from astro_assets.orchestration.table_checks import table_checks
from astro_assets.orchestration.time_series import broken_lengths, broken_times, broken_values
from astro_assets.transits.cluster_pictures import promoted_clusters
from astro_assets.transits.cluster_tables import CLUSTER_LABELS
from astro_assets.transits.clusters.reports import population_stability
from astro_assets.transits.completeness_tables import COMPLETENESS_MAP, COMPLETENESS_TARGETS
from astro_assets.transits.feature_tables import TRANSIT_FEATURES
from astro_assets.transits.invariants import (
    BOUNDED_FEATURES,
    broken_cells,
    epochs_outside_the_data,
    impossible_events,
    impossible_features,
    impossible_memberships,
    impossible_transits,
    periods_beyond_the_data,
    too_few_transits,
    wrong_counts,
)
from astro_assets.transits.recovery_tables import EXPECTED_SIGNALS, RECOVERED_SIGNALS
from astro_assets.transits.single_transit_tables import SINGLE_TRANSITS
from astro_assets.transits.tables import (
    DETRENDED_LIGHT_CURVES,
    FOLDED_VIEWS,
    LABELLED_CANDIDATES,
    TRANSIT_CANDIDATES,
    VARIABILITY,
)
from astro_assets.transits.tsfresh_tables import TSFRESH_FEATURES

#: Population stability index from which a population is said to have changed much (Siddiqi 2006).
_MOST_CHANGED = 0.25
_PERIODS = RowRule(
    "periods_within_the_data",
    "No period is longer than the data.",
    ("period_days", "baseline_days"),
    periods_beyond_the_data,
)


def times_searched(ledger: Ledger) -> pl.LazyFrame:
    """Return the first and last time of what is searched, as ``key``, ``first_btjd``, ``last_btjd``."""
    rows = ledger.open(SELECTED_FILES).rows(["search_id", "start_btjd", "end_btjd"])
    return (
        rows.filter(pl.col("search_id").is_not_null())
        .group_by(pl.col("search_id").alias("key"))
        .agg(pl.col("start_btjd").min().alias("first_btjd"), pl.col("end_btjd").max().alias("last_btjd"))
    )


@dg.asset_check(
    name="population_stable",
    asset=asset_key(CLUSTER_LABELS),
    description="Candidates are spread over the clusters as those that the model was fitted to. A warning: "
    "nothing is stopped.",
)
def population_stable(engine: dg.ResourceParam[Engine]) -> dg.AssetCheckResult:
    """Compare the candidates of each cluster with those when the model was fitted."""
    ledger = engine.ledger()
    model = promoted_clusters(ledger)
    labels = ledger.open(CLUSTER_LABELS).rows(["name"]).collect()["name"]
    if model is None or labels.is_empty():
        return dg.AssetCheckResult(
            passed=True, description="No model is applied.", metadata={"units_looked_at": 0}
        )
    then = {cluster.name: cluster.n_members for cluster in model.clusters}
    now = dict(labels.value_counts().iter_rows())
    index = population_stability(then, now)
    return dg.AssetCheckResult(
        passed=index < _MOST_CHANGED,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "units_looked_at": labels.len(),
            "population_stability_index": index,
            "when_fitted": then,
            "now": now,
        },
    )


def checks() -> list[dg.AssetChecksDefinition]:
    """Return the wing's checks."""
    return [
        table_checks(
            DETRENDED_LIGHT_CURVES,
            ArrayRule(
                "time_increasing",
                "Times are finite and strictly increasing.",
                "light_curve",
                broken_times,
            ),
            ArrayRule(
                "arrays_of_one_length",
                "Every array of a detrended light curve is there and as long as its times.",
                "light_curve",
                partial(broken_lengths, names=("flux", "flux_err", "trend", "segment")),
            ),
            ArrayRule(
                "values_finite",
                "Fluxes and trend are finite, and errors finite and positive.",
                "light_curve",
                partial(broken_values, finite=("flux", "trend"), positive=("flux_err",)),
            ),
            identity=("search_id",),
        ),
        table_checks(VARIABILITY, _PERIODS, identity=("search_id",)),
        table_checks(
            TRANSIT_CANDIDATES,
            _PERIODS,
            RowRule(
                "enough_transits",
                "Every signal has as many observed transits as the search requires.",
                ("n_transits",),
                too_few_transits,
                settings=("min_transits",),
            ),
            RowRule(
                "epochs_inside_the_data",
                "Every epoch is between the first and the last time of the light curves searched.",
                ("epoch_btjd",),
                epochs_outside_the_data,
                beside=times_searched,
            ),
            RowRule(
                "transits_possible",
                "Every transit has a depth, and a duration shorter than its period.",
                ("period_days", "duration_hours", "depth_ppm"),
                impossible_transits,
            ),
            identity=("candidate_id",),
        ),
        table_checks(
            SINGLE_TRANSITS,
            RowRule(
                "events_inside_the_data",
                "Every dip is between the first and the last time of the light curves searched.",
                ("time_btjd",),
                partial(epochs_outside_the_data, column="time_btjd"),
                beside=times_searched,
            ),
            RowRule(
                "events_possible",
                "Every dip has a duration among those tried and reaches the threshold.",
                ("duration_hours", "snr"),
                impossible_events,
                settings=("shortest_hours", "longest_hours", "threshold"),
            ),
            identity=("event_id",),
        ),
        table_checks(FOLDED_VIEWS, identity=("candidate_id",)),
        table_checks(
            TRANSIT_FEATURES,
            RowRule(
                "measures_possible",
                "No more transits are measured than expected, parts are between 0 and 1, errors positive.",
                BOUNDED_FEATURES,
                impossible_features,
            ),
            identity=("candidate_id",),
        ),
        table_checks(TSFRESH_FEATURES, identity=("candidate_id",)),
        table_checks(
            CLUSTER_LABELS,
            RowRule(
                "nearest_cluster",
                "Every candidate is nearer to the centre of its own cluster than to any other.",
                ("distance", "distance_to_second"),
                impossible_memberships,
            ),
            identity=("candidate_id",),
        ),
        population_stable,
        table_checks(LABELLED_CANDIDATES, identity=("candidate_id",)),
        table_checks(EXPECTED_SIGNALS, identity=("signal_id",)),
        table_checks(RECOVERED_SIGNALS, identity=("signal_id",)),
        table_checks(COMPLETENESS_TARGETS, identity=("search_id",)),
        table_checks(
            COMPLETENESS_MAP,
            RowRule(
                "counts_possible",
                "No more planets are found than were put in.",
                ("n_injected", "n_recovered"),
                wrong_counts,
            ),
            ArrayRule(
                "cells_possible",
                "Every cell has a width, and no more planets found than were put in.",
                "cells",
                broken_cells,
            ),
            identity=("search_id",),
        ),
    ]
