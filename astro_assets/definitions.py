"""The code location: collects what the wings declare, nothing else."""

from functools import cache
from typing import Any

import dagster as dg

from astro_assets.catalogs import assets as catalogs
from astro_assets.catalogs import checks as catalog_checks
from astro_assets.catalogs import schedules as catalog_schedules
from astro_assets.images import alert_assets, alert_checks
from astro_assets.images import assets as images
from astro_assets.images import checks as image_checks
from astro_assets.images.alert_tables import ALERT_DECISIONS, ALERT_FILTERS, ALERTS
from astro_assets.images.alert_tree_tables import ALERT_LABELS, LABELLED_ALERTS
from astro_assets.images.cutout_tables import CUTOUT_PLACES, CUTOUTS, FRAME_CELLS
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODEL_AUDITS
from astro_assets.ledger.trained_models import TrainedModel
from astro_assets.observations import archive_assets, archive_sensors
from astro_assets.observations import assets as observations
from astro_assets.observations import checks as observation_checks
from astro_assets.observations import sensors as observation_sensors
from astro_assets.observations.tables import ARCHIVE_PRODUCTS
from astro_assets.on_demand import APPLIED, ON_DEMAND, asked_for
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.model_audits import model_audits_asset
from astro_assets.orchestration.refresh import stale_results
from astro_assets.orchestration.resources import engine_resource
from astro_assets.orchestration.table_assets import asset_key
from astro_assets.orchestration.table_checks import table_checks
from astro_assets.orchestration.trained_assets import model_key
from astro_assets.reports.assets import CANDIDATE_REPORTS, reports_asset
from astro_assets.tables import MODEL_SPECS, PRELOAD, TABLES, TRAINED_MODELS
from astro_assets.transits import assets as transits
from astro_assets.transits import checks as transit_checks
from astro_assets.transits import scorer_assets, scorer_checks, scorer_schedules
from astro_assets.transits.cluster_tables import CLUSTER_LABELS, CLUSTER_MODEL
from astro_assets.transits.completeness_tables import COMPLETENESS_MAP, COMPLETENESS_TARGETS
from astro_assets.transits.example_tables import (
    EVENT_FILES,
    EVENTS,
    FALSE_ALARMS,
    INJECTED_TRANSITS,
    TRAINING_EXAMPLES,
)
from astro_assets.transits.recovery_tables import EXPECTED_SIGNALS, RECOVERED_SIGNALS
from astro_assets.transits.scorer_tables import TRANSIT_SCORER, TRANSIT_SCORES
from astro_assets.transits.tables import LABELLED_CANDIDATES
from astro_assets.transits.tsfresh_tables import TSFRESH_FEATURES
from astro_assets.xray import assets as xray
from astro_assets.xray import checks as xray_checks

#: The job that takes files to candidates.
SEARCH_JOB = "search_for_transits"
#: The job that takes catalogue files in and compares the candidates there are with them.
CATALOGS_JOB = "update_catalogs"
#: The job that puts planets into light curves and searches them.
COMPLETENESS_JOB = "measure_completeness"
#: The job that cuts places out of the images there are.
CUTOUTS_JOB = "cut_out"
#: The job that puts labels of objects of alerts in.
LABELS_JOB = "label_alerts"
#: The job that judges the alerts there are by filters.
ALERTS_JOB = "filter_alerts"
#: The job that trains the scorer, and scores candidates with it.
TRAINING_JOB = "train_transit_scorer"
#: The job that brings up to date what was asked for of features, clusters and scores.
SCORING_JOB = "score_candidates"
#: The job that finds groups of candidates.
CLUSTERS_JOB = "fit_clusters"
#: The job that fetches files from archives into the inbox.
FETCH_JOB = "fetch_observations"
#: The job that the sensors start: what is out of date of everything that needs no decision.
REFRESH_JOB = "refresh"
#: Groups of assets.
WINGS = ("catalogs", "observations", "images", "xray", "transits")
#: What is compared with catalogues.
COMPARED = (LABELLED_CANDIDATES, EXPECTED_SIGNALS, RECOVERED_SIGNALS)


def build_definitions(home: Home, engine: Engine | None = None) -> dg.Definitions:
    """Assemble the code location of a home.

    Parameters
    ----------
    engine
        Replaces the default one: other progress, other compute.
    """
    engine = engine or Engine(home, TABLES, preload=PRELOAD)
    jobs, checks = _jobs(), _checks()
    # A training may take hours, and what it reads may change meanwhile.
    beside = {FETCH_JOB, *map(training_job, TRAINED_MODELS)}
    return dg.Definitions(
        assets=[
            *catalogs.assets(home),
            archive_assets.archive_products,
            *observations.assets(home),
            *images.assets(home),
            *alert_assets.assets(home),
            *xray.assets(home),
            *transits.assets(home),
            *scorer_assets.scorer_assets(home),
            model_audits_asset(MODEL_SPECS, check_keys()),
            reports_asset(MODEL_SPECS, check_keys()),
        ],
        asset_checks=checks,
        jobs=list(jobs.values()),
        sensors=[
            *observation_sensors.sensors(
                home, REFRESH_JOB, {SEARCH_JOB}, lambda: _not_asked_for(engine.ledger())
            ),
            stale_results(home, engine, REFRESH_JOB, asked_for=asked_for, beside=beside),
            archive_sensors.archive_sensor(home, engine, FETCH_JOB),
        ],
        schedules=[
            *scorer_schedules.schedules(home, engine, TRAINING_JOB),
            *catalog_schedules.schedules(engine, CATALOGS_JOB),
        ],
        resources={"engine": engine_resource(engine)},
        executor=dg.in_process_executor,
    )


def _not_asked_for(ledger: Ledger) -> set[dg.AssetKey]:
    wanted = asked_for(ledger)
    return {asset_key(table) for table in TABLES if table.is_on_demand and table.name not in wanted}


def check_keys() -> list[dg.AssetCheckKey]:
    """Return the keys of all checks."""
    return [key for checks in _checks() for key in checks.check_keys]


@cache
def _checks() -> tuple[dg.AssetChecksDefinition, ...]:
    wings = (
        catalog_checks, observation_checks, image_checks, alert_checks, xray_checks, transit_checks,
        scorer_checks,
    )  # fmt: skip
    of_wings = [check for wing in wings for check in wing.checks()]
    return (*of_wings, table_checks(MODEL_AUDITS, identity=("model", "model_version")))


def training_job(model: TrainedModel) -> str:
    """Return the name of the job that trains a model."""
    return f"train_{model.short_name}"


def _training(model: TrainedModel) -> dg.AssetSelection:
    """Select a model with the tables that it is trained on alone, and those that apply it."""
    tables = {training.table.name: training.table for training in model.spec.training}
    of_model = [table for table in tables.values() if table.is_on_demand]
    if model.recipes is not None:
        of_model.append(model.recipes.table)
    keys = {asset_key(table) for table in (*of_model, *APPLIED.get(model.name, ()))}
    return dg.AssetSelection.assets(*keys, model_key(model.spec), asset_key(MODEL_AUDITS))


def _jobs() -> dict[str, Any]:
    """Return the jobs by name: what each brings up to date, and for what."""
    audits = asset_key(MODEL_AUDITS)
    of_clusters = (*map(asset_key, (TSFRESH_FEATURES, CLUSTER_LABELS)), model_key(CLUSTER_MODEL), audits)
    examples = (EVENT_FILES, EVENTS, TRAINING_EXAMPLES, FALSE_ALARMS, INJECTED_TRANSITS)
    of_scorer = (
        *map(asset_key, (*examples, TRANSIT_SCORES)),
        model_key(TRANSIT_SCORER),
        audits,
    )
    others = [model for model in TRAINED_MODELS if model.spec is not TRANSIT_SCORER]
    # What a training brings in is given by hand, or follows from its settings.
    given = dg.AssetSelection.assets(
        asset_key(EVENT_FILES),
        *(asset_key(model.recipes.table) for model in others if model.recipes is not None),
    )
    on_demand = dg.AssetSelection.assets(
        *of_clusters,
        *of_scorer,
        *map(asset_key, ON_DEMAND),
        *(model_key(model.spec) for model in others),
    )
    reports = dg.AssetSelection.assets(CANDIDATE_REPORTS)
    fetched = dg.AssetSelection.assets(asset_key(ARCHIVE_PRODUCTS))
    everything = dg.AssetSelection.groups(*WINGS) - fetched
    selected: dict[str, tuple[dg.AssetSelection, str]] = {
        SEARCH_JOB: (everything - on_demand - given, "Takes new files in and searches what changed."),
        REFRESH_JOB: (
            everything - dg.AssetSelection.assets(*map(model_key, MODEL_SPECS)) - given,
            "Brings up to date what is not: the sensors start it with just the tables that they name.",
        ),
        FETCH_JOB: (fetched, "Fetches files from archives into the inbox."),
        CATALOGS_JOB: (
            dg.AssetSelection.groups("catalogs") | dg.AssetSelection.assets(*map(asset_key, COMPARED)),
            "Takes catalogue files in and compares the candidates there are with them.",
        ),
        COMPLETENESS_JOB: (
            dg.AssetSelection.assets(*map(asset_key, (COMPLETENESS_TARGETS, COMPLETENESS_MAP))),
            "Puts planets into the light curves of targets and counts those that are found.",
        ),
        CUTOUTS_JOB: (
            dg.AssetSelection.assets(*map(asset_key, (CUTOUT_PLACES, FRAME_CELLS, CUTOUTS))),
            "Cuts the places that are asked for out of the images there are.",
        ),
        LABELS_JOB: (
            dg.AssetSelection.assets(*map(asset_key, (ALERT_LABELS, LABELLED_ALERTS))),
            "Puts labels of objects of alerts in.",
        ),
        ALERTS_JOB: (
            dg.AssetSelection.assets(*map(asset_key, (ALERTS, ALERT_FILTERS, ALERT_DECISIONS))),
            "Judges the alerts there are by the filters that are applied.",
        ),
        CLUSTERS_JOB: (
            dg.AssetSelection.assets(*of_clusters) | reports,
            "Finds groups of candidates that look alike.",
        ),
        TRAINING_JOB: (
            dg.AssetSelection.assets(*of_scorer) | reports,
            "Trains the scorer, on a file of events or on the home's labelled candidates.",
        ),
        SCORING_JOB: (
            (on_demand - given) | reports,
            "Brings features, clusters and scores of the candidates there are up to date.",
        ),
    }
    for model in others:
        title = model.short_name.replace("_", " ")
        selected[training_job(model)] = (_training(model) | reports, f"Trains the {title} and applies it.")
    return {
        name: dg.define_asset_job(name, selection, description=description)
        for name, (selection, description) in selected.items()
    }


@dg.definitions
def defs() -> dg.Definitions:
    """Return the code location of the default home."""
    return build_definitions(open_home())
