"""Runs whose tables are checked, some of them computed wrongly for one star, and what the runs recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import dagster as dg

from astro_assets.catalogs import assets as catalog_assets
from astro_assets.catalogs import checks as catalog_checks
from astro_assets.definitions import SEARCH_JOB, build_definitions
from astro_assets.ledger.home import Home
from astro_assets.ledger.table import Parents, Table
from astro_assets.observations import assets as observation_assets
from astro_assets.observations import checks as observation_checks
from astro_assets.observations.light_curves import compute_light_curves
from astro_assets.observations.tables import (
    LIGHT_CURVES,
)
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.instance import open_instance
from astro_assets.orchestration.launch import run_job
from astro_assets.orchestration.resources import engine_resource
from astro_assets.orchestration.table_assets import asset_key, table_asset
from astro_assets.tables import TABLES
from astro_assets.transits import assets as transit_assets
from astro_assets.transits import checks as transit_checks
from astro_assets.transits.tables import TRANSIT_CANDIDATES, compute_transit_candidates

STAR = "KIC 101"
ALONE = "check_alone"


def unsorted(key: str, parents: Parents, config: Any) -> list[dict[str, Any]]:
    """Read a light curve, and of one star exchange two times."""
    rows = compute_light_curves(key, parents, config)
    for row in rows:
        if row["target_id"] == STAR:
            time = row["light_curve"]["time"].copy()
            time[[10, 11]] = time[[11, 10]]
            row["light_curve"] = {**row["light_curve"], "time": time}
    return rows


def late(keys: Sequence[str], parents: Sequence[Parents], config: Any) -> list[list[dict[str, Any]]]:
    """Search stars, and of one move the epochs to long after its data."""
    return [
        [{**row, "epoch_btjd": row["epoch_btjd"] + 1000 * (key == STAR)} for row in rows]
        for key, rows in zip(keys, compute_transit_candidates(keys, parents, config), strict=True)
    ]


def long(keys: Sequence[str], parents: Sequence[Parents], config: Any) -> list[list[dict[str, Any]]]:
    """Search stars, and of one make the periods longer than its data."""
    return [
        [{**row, "period_days": row["period_days"] * (100 if key == STAR else 1)} for row in rows]
        for key, rows in zip(keys, compute_transit_candidates(keys, parents, config), strict=True)
    ]


UNSORTED = replace(LIGHT_CURVES, compute=unsorted)
LATE = replace(TRANSIT_CANDIDATES, compute=late)
LONG = replace(TRANSIT_CANDIDATES, compute=long)


def definitions(home: Home, engine: Engine, variant: Table | None) -> dg.Definitions:
    """Assemble the code location, with a job of checks alone, and one table computed in another way."""
    if variant is None:
        plain = build_definitions(home, engine)
        return dg.Definitions.merge(plain, dg.Definitions(jobs=[alone(LIGHT_CURVES)]))
    key = asset_key(variant)
    wings = (catalog_assets, observation_assets, transit_assets)
    return dg.Definitions(
        assets=[
            *(asset for wing in wings for asset in wing.assets(home) if asset.key != key),
            table_asset(home, variant, description="The same table, computed wrongly for one star."),
        ],
        asset_checks=[
            *catalog_checks.checks(),
            *observation_checks.checks(),
            *transit_checks.checks(),
        ],
        jobs=[dg.define_asset_job(SEARCH_JOB, dg.AssetSelection.all()), alone(variant)],
        resources={"engine": engine_resource(engine)},
        executor=dg.in_process_executor,
    )


def alone(table: Table) -> Any:
    return dg.define_asset_job(ALONE, dg.AssetSelection.checks_for_assets(asset_key(table)))


def engine_of(home: Home, variant: Table | None = None) -> Engine:
    tables = tuple(
        variant if variant is not None and table.name == variant.name else table for table in TABLES
    )
    return Engine(home, tables, compute=LocalProcesses(1))


def run(home: Home, variant: Table | None = None) -> tuple[str, list[str]]:
    engine = engine_of(home, variant)
    return run_job(definitions(home, engine, variant), SEARCH_JOB, home, {})


def run_alone(home: Home) -> dg.ExecuteInProcessResult:
    job = definitions(home, engine_of(home), None).resolve_job_def(ALONE)
    with open_instance(home) as instance:
        return job.execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )


def evaluations(home: Home, table: Table, run_id: str) -> dict[str, Any]:
    """Return what a run recorded of the checks of a table, by name."""
    graph = build_definitions(home).resolve_asset_graph()
    found = {}
    with open_instance(home) as instance:
        for key in graph.get_check_keys_for_assets({asset_key(table)}):
            for record in instance.event_log_storage.get_asset_check_execution_history(key, limit=10):
                if record.run_id == run_id and record.status.value != "PLANNED":
                    found[key.name] = record.evaluation
    return found


def materialized_in(home: Home, run_id: str) -> set[str]:
    with open_instance(home) as instance:
        events = instance.all_logs(run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION)
    return {event.dagster_event.asset_key.to_user_string() for event in events}


def below(table: Table) -> set[str]:
    """Return the tables that a search makes from a table, directly or not."""
    found = {table.name}
    for _ in TABLES:
        found |= {t.name for t in TABLES if not found.isdisjoint(parent.table.name for parent in t.parents)}
    return found - {table.name} - {t.name for t in TABLES if t.is_on_demand}
