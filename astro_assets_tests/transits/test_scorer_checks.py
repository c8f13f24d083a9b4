"""The checks of the scorer fire on planted faults, block, and are silent on a sound version."""

from __future__ import annotations

import json
from typing import Any

import dagster as dg
import pytest

from astro_assets.definitions import build_definitions
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.model_tables import MODEL_MEMBERS, MODELS
from astro_assets.ledger.update import put_units
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.instance import open_instance
from astro_assets.tables import TABLES

SCORER = dg.AssetKey(["transits", "transit_scorer"])
SOUND: dict[str, Any] = {"leaks": [], "shortcuts": [], "shortcuts_in_training": ["list tells"]}


def put_version(
    home: Home, audits: dict[str, Any], model: str = "transits/transit_scorer", origin: str = "real"
) -> None:
    """Store a version as a training would, with the audits that it is to have reported."""
    ledger = Engine(home, TABLES).ledger()
    row = {
        "model": model, "model_version": "abc", "training_recipe": "r",
        "training_root": "r", "artefact": "0" * 64, "trained_on_real": 1, "trained_on_injected": 0,
        "trained_on_simulated": 0, "config": "{}", "circumstances": None,
        "metrics": json.dumps({"audits": audits}),
        "origin": origin,
    }  # fmt: skip
    put_units(ledger, MODELS, {f"{model}@abc": [row]}, run_id="planted")


def judged(home: Home) -> dict[str, tuple[bool, bool]]:
    """Run the checks of the scorer alone: for each whether it passed, and whether it blocks."""
    definitions = build_definitions(home, Engine(home, TABLES, compute=LocalProcesses(1)))
    job = dg.define_asset_job("checks_alone", dg.AssetSelection.checks_for_assets(SCORER))
    merged = dg.Definitions.merge(definitions, dg.Definitions(jobs=[job]))
    with open_instance(home) as instance:
        result = merged.resolve_job_def("checks_alone").execute_in_process(
            instance=instance,
            raise_on_error=False,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )
    return {
        found.check_name: (found.passed, found.blocking) for found in result.get_asset_check_evaluations()
    }


@pytest.mark.parametrize(
    ("audits", "failing"),
    [
        (SOUND, None),
        ({**SOUND, "leaks": ["leaked_names: 1 group is on both sides"]}, "no_leaks"),
        ({**SOUND, "shortcuts": ["shortcut: mission alone tells the truth"]}, "no_shortcuts"),
    ],
)
def test_planted_faults_are_found_and_block(tmp_path, audits, failing):
    home = open_home(tmp_path / "home", n_shards=2)
    put_version(home, audits)
    found = judged(home)
    assert set(found) == {"no_leaks", "no_shortcuts", "origin_of_members"}
    assert {name for name, (passed, _) in found.items() if not passed} == ({failing} if failing else set())
    assert all(blocks for _, blocks in found.values())


def test_a_version_that_claims_to_be_more_real_than_a_row_it_was_trained_on_is_found(tmp_path):
    home = open_home(tmp_path / "home", n_shards=2)
    put_version(home, SOUND)
    put_version(home, SOUND, "another", origin="simulated")
    ledger = Engine(home, TABLES).ledger()
    hashes = dict(ledger.open(MODELS).rows(["model"]).select("model", "row_hash").collect().iter_rows())
    member = {
        "model": "transits/transit_scorer", "model_version": "abc", "role": "examples",
        "member_table": MODELS.name, "member_key": "another@abc", "member_row_hash": hashes["another"],
        "origin": "simulated",
    }  # fmt: skip
    put_units(ledger, MODEL_MEMBERS, {"transits/transit_scorer@abc": [member]}, run_id="planted")
    assert judged(home)["origin_of_members"] == (False, True), "it fails, and blocks"


def test_without_a_version_there_is_nothing_to_judge(tmp_path):
    assert all(passed for passed, _ in judged(open_home(tmp_path / "home", n_shards=2)).values())
