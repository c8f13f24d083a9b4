"""The checks of the observation wing: they pass on a simulated survey from end to end."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest

from astro_assets.definitions import SEARCH_JOB, build_definitions
from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import open_home
from astro_assets.observations.checks import checks, file_names
from astro_assets.observations.tables import RAW_FILES
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.ingest import ingest
from astro_assets.orchestration.instance import open_instance
from astro_assets.orchestration.launch import run_job
from astro_assets.tables import TABLES


def names_of(table: str) -> set[str]:
    key = dg.AssetKey(["observations", table])
    return {check.name for each in checks() for check in each.check_keys if check.asset_key == key}


def test_light_curves_are_checked_for_all_that_a_search_relies_on() -> None:
    assert names_of("light_curves") == {
        "schema",
        "no_duplicate_keys",
        "times_in_order",
        "time_increasing",
        "arrays_of_one_length",
        "values_finite",
    }


def test_an_accepted_file_is_checked_for_what_a_light_curve_needs() -> None:
    assert names_of("observation_files") == {
        "schema",
        "no_duplicate_keys",
        "files_identified",
        "flux_finite_fraction",
    }


def test_files_are_told_by_their_names(tmp_path: Path) -> None:
    ledger = Engine(open_home(tmp_path / "home"), TABLES).ledger()
    (tmp_path / "a.fits").write_text("no light")
    ingest(ledger, RAW_FILES, [tmp_path / "a.fits"])
    key = sha256_of(tmp_path / "a.fits")
    assert file_names(ledger).collect().to_dicts() == [{"key": key, "name": "a.fits"}]


@pytest.mark.slow
def test_every_check_passes_on_a_simulated_survey(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home", n_shards=2)
    engine = Engine(home, TABLES, compute=LocalProcesses(1))
    definitions = build_definitions(home, engine)
    survey = {"ops": {"observations__simulated_truth": {"config": {"n_targets": 6, "seed": 3}}}}

    run_id, failures = run_job(definitions, SEARCH_JOB, home, survey)

    assert failures == []
    looked_at: dict[str, int] = {}
    with open_instance(home) as instance:
        searched = definitions.resolve_job_def(SEARCH_JOB).asset_layer.selected_asset_keys
        for key in definitions.resolve_asset_graph().asset_check_keys:
            if key.asset_key not in searched:
                continue
            (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=5)
            assert (record.run_id, record.status.value) == (run_id, "SUCCEEDED")
            units = record.evaluation.metadata["units_looked_at"].value
            looked_at[f"{key.asset_key.path[-1]} {key.name}"] = units
    assert looked_at["light_curves time_increasing"] == 6
    assert looked_at["detrended_light_curves values_finite"] == 6
    assert looked_at["transit_candidates epochs_inside_the_data"] == 6
