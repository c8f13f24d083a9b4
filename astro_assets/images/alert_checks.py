"""The checks of the tables of alerts: which rules each keeps."""

import dagster as dg

from astro_assets.images.alert_invariants import (
    impossible_alerts,
    misnamed_filters,
    unbalanced_examples,
    unexplained_decisions,
    unscored,
    untold_alerts,
)
from astro_assets.images.alert_tables import ALERT_DECISIONS, ALERT_FILTERS, ALERTS
from astro_assets.images.alert_tree_models import TREES
from astro_assets.images.alert_tree_tables import ALERT_LABELS, LABELLED_ALERTS
from astro_assets.images.pictures import file_names
from astro_assets.images.real_bogus_models import REAL_BOGUS
from astro_assets.images.real_bogus_tables import REAL_BOGUS_EXAMPLES, REAL_BOGUS_SCORES
from astro_assets.orchestration.model_checks import model_checks
from astro_assets.orchestration.rules import RowRule
from astro_assets.orchestration.table_checks import table_checks


def checks() -> list[dg.AssetChecksDefinition]:
    """Return the checks of alerts."""
    return [
        table_checks(
            ALERTS,
            RowRule(
                "alerts_told",
                "Accepted packets have an identifier, a survey and a schema; refused ones a reason.",
                ("status", "alert_id", "survey", "schema_name", "has_stamps", "reason_code"),
                untold_alerts,
            ),
            RowRule(
                "alerts_possible",
                "Times, places on the sky and scores of packets are possible ones.",
                ("mjd_utc", "ra_deg", "dec_deg", "real_bogus", "deep_real_bogus"),
                impossible_alerts,
            ),
            identity=("file_sha256", "position"),
            names=file_names,
        ),
        table_checks(
            ALERT_FILTERS,
            RowRule(
                "filters_say_their_version",
                "A filter's version is the hash of what it says, and one version of a name is applied.",
                ("alert_filter", "filter_version", "status", "filter"),
                misnamed_filters,
            ),
            identity=("alert_filter", "filter_version", "score_name"),
        ),
        table_checks(ALERT_LABELS, identity=("object_id",)),
        table_checks(LABELLED_ALERTS, identity=("sha256", "position")),
        model_checks(TREES),
        table_checks(
            ALERT_DECISIONS,
            RowRule(
                "decisions_explained",
                "Each decision has the filter's version, and says what it rejects by.",
                ("verdict", "rejected_by", "filter_version"),
                unexplained_decisions,
            ),
            identity=("sha256", "position", "filter_version"),
            names=file_names,
        ),
        table_checks(
            REAL_BOGUS_EXAMPLES,
            RowRule(
                "examples_balanced",
                "Of each object as many examples are real as bogus.",
                ("kind",),
                unbalanced_examples,
            ),
            identity=("object_id", "alert_id", "number"),
        ),
        model_checks(REAL_BOGUS),
        table_checks(
            REAL_BOGUS_SCORES,
            RowRule(
                "scores_told",
                "Scores are probabilities; where there is none, a reason is.",
                ("score", "why_none"),
                unscored,
            ),
            identity=("sha256", "position"),
            names=file_names,
        ),
    ]
