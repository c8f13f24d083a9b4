"""The scorer is trained again by schedule only where that can change something, and never past its gates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from astro_assets.definitions import TRAINING_JOB, build_definitions
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.model_tables import MODEL_MEMBERS, MODELS
from astro_assets.ledger.models import promote, promoted
from astro_assets.ledger.table import Parents
from astro_assets.ledger.update import put_units
from astro_assets.orchestration.compute import LocalProcesses
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.instance import open_instance
from astro_assets.orchestration.model_checks import objection, problems
from astro_assets.orchestration.resources import engine_resource
from astro_assets.orchestration.table_assets import table_asset
from astro_assets.tables import TABLES
from astro_assets.transits import scorer_assets, scorer_checks
from astro_assets.transits.example_tables import EVENTS, TRAINING_EXAMPLES
from astro_assets.transits.scorer_assets import ScorerConfig, scorer_spec
from astro_assets.transits.scorer_models import SCORER
from astro_assets.transits.scorer_schedules import retraining
from astro_assets.transits.scorer_tables import TRANSIT_SCORER, TransitScorerConfig
from astro_assets_tests.orchestration import homes

NAME = TRANSIT_SCORER.name
SOUND: dict[str, Any] = {"audits": {"leaks": [], "shortcuts": []}, "split": "s"}


def put_champion(home: Home, config: dict[str, Any], *member_tables: str, **figures: Any) -> None:
    """Store a promoted version as a training would, with a member of each table that is gone since."""
    ledger = homes.ledger_of(home)
    identity = {"model": NAME, "model_version": "abc"}
    members = [
        {
            **identity,
            "role": "examples",
            "member_table": table,
            "member_key": "k",
            "member_row_hash": "0" * 64,
        }
        for table in member_tables
    ]
    put_units(ledger, MODEL_MEMBERS, {f"{NAME}@abc": members})
    row = {
        **identity, "training_recipe": "r", "training_root": "r", "artefact": "0" * 64, "trained_on_real": 1,
        "trained_on_injected": 0, "trained_on_simulated": 0, "config": json.dumps(config),
        "circumstances": None,
        "metrics": json.dumps({**SOUND, **figures}), "origin": "real",
    }  # fmt: skip
    put_units(ledger, MODELS, {f"{NAME}@abc": [row]})
    promote(ledger, NAME, "abc", why="planted")


def asked(home: Home) -> dg.RunRequest | dg.SkipReason:
    return retraining(home, homes.ledger_of(home))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home", n_shards=homes.N_SHARDS)


def test_the_schedule_is_off_until_somebody_switches_it_on(home: Home) -> None:
    schedule = build_definitions(home).get_repository_def().get_schedule_def("retrain_scorer")
    assert schedule.default_status is dg.DefaultScheduleStatus.STOPPED
    assert schedule.job_name == TRAINING_JOB
    with dg.build_schedule_context() as context:
        assert "no transit scorer was trained" in str(schedule.evaluate_tick(context).skip_message)


@pytest.mark.parametrize(
    ("member_tables", "said"),
    [((), "No training row came, changed or went"), ((EVENTS.name,), "files of events, which do not change")],
)
def test_there_is_a_reason_not_to_train(home: Home, member_tables: tuple[str, ...], said: str) -> None:
    put_champion(home, {}, *member_tables)
    answer = asked(home)
    assert isinstance(answer, dg.SkipReason)
    assert said in str(answer.skip_message)


def test_it_is_trained_as_the_promoted_version_was(home: Home) -> None:
    settings = scorer_spec(ScorerConfig(mode="full", settings={"seed": 7})).config
    put_champion(home, settings.model_dump(mode="json"), TRAINING_EXAMPLES.name)
    request = asked(home)
    assert isinstance(request, dg.RunRequest)
    assert request.tags["astro_assets/behind_by_rows"] == "1"
    config = request.run_config["ops"]["transits__transit_scorer"]["config"]
    assert config["refit"]
    assert scorer_spec(ScorerConfig(**config)).config == settings
    assert settings != TransitScorerConfig()
    assert dg.validate_run_config(build_definitions(home).resolve_job_def(TRAINING_JOB), request.run_config)


@pytest.mark.parametrize("fault", ["leaks", "shortcuts", "origin"])
def test_what_a_blocking_check_finds_is_not_promoted(home: Home, fault: str) -> None:
    figures = {"audits": {**SOUND["audits"], fault: ["planted"]}} if fault != "origin" else {}
    put_champion(home, {}, *([MODELS.name] if fault == "origin" else []), **figures)
    if fault == "origin":
        _make_members_simulated(home)
    found = problems(homes.ledger_of(home), SCORER)
    assert sum(map(len, found.values())) == 1
    assert "not to be trusted" in str(objection(homes.ledger_of(home), SCORER, {**SOUND, **figures}))


def _make_members_simulated(home: Home) -> None:
    """Let the version be trained on a row that is simulated."""
    ledger = homes.ledger_of(home)
    other = {
        "model": "another", "model_version": "b", "training_recipe": "r", "training_root": "r",
        "artefact": "0" * 64, "trained_on_real": 0, "trained_on_injected": 0, "trained_on_simulated": 1,
        "config": "{}", "circumstances": None, "metrics": "{}", "origin": "simulated",
    }  # fmt: skip
    put_units(ledger, MODELS, {"another@b": [other]})
    rows = ledger.open(MODELS).rows(["model"]).select("model", "row_hash").collect()
    member = {
        "model": NAME, "model_version": "abc", "role": "examples", "member_table": MODELS.name,
        "member_key": "another@b", "member_row_hash": dict(rows.iter_rows())["another"],
        "origin": "simulated",
    }  # fmt: skip
    put_units(ledger, MODEL_MEMBERS, {f"{NAME}@abc": [member]})


def alike(keys: Sequence[str], parents: Sequence[Parents], config: Any) -> list[list[dict[str, Any]]]:
    """Make examples that all have one name."""
    made = TRAINING_EXAMPLES.compute(keys, parents, config)  # type: ignore[misc]
    return [[{**row, "example_id": "one"} for row in rows] for rows in made]


@pytest.mark.slow
def test_a_run_whose_examples_break_a_check_trains_nothing(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    searched = homes.made_once(tmp_path_factory, "searched_home", homes.make_searched_home)
    home = homes.copy_of(open_home(searched), tmp_path / "home")
    settings = TransitScorerConfig().model_dump(mode="json")
    put_champion(home, settings, TRAINING_EXAMPLES.name)
    request = asked(home)
    assert isinstance(request, dg.RunRequest)
    variant = replace(TRAINING_EXAMPLES, compute=alike)
    tables = tuple(variant if table.name == variant.name else table for table in TABLES)
    engine = Engine(home, tables, compute=LocalProcesses(1))
    wrong = table_asset(home, variant, description="Examples that all have one name.")
    assets = [asset for asset in scorer_assets.scorer_assets(home) if asset.key != wrong.key]
    definitions = dg.Definitions(
        assets=[*assets, wrong],
        asset_checks=scorer_checks.checks(),
        jobs=[dg.define_asset_job(TRAINING_JOB, dg.AssetSelection.all())],
        resources={"engine": engine_resource(engine)},
        executor=dg.in_process_executor,
    )
    with open_instance(home) as instance:
        result = definitions.resolve_job_def(TRAINING_JOB).execute_in_process(
            run_config={**request.run_config, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            instance=instance,
            tags=request.tags,
            raise_on_error=False,
        )
    failed = {event.step_key for event in result.all_events if event.is_step_failure}
    assert failed == {"transits__training_examples__checks"}
    done = {event.step_key for event in result.all_events if event.is_step_success}
    assert "transits__training_examples" in done
    assert not done & {"transits__transit_scorer", "transits__transit_scores"}
    ledger = homes.ledger_of(home)
    assert ledger.open(MODELS).units(["key"]).collect().height == 1
    assert promoted(ledger, NAME)["model_version"] == "abc"
