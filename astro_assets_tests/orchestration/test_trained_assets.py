"""A model trained on what is simulated for it: modes, recipes, what blocks a version, what is recorded."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from astro_assets.learning.tracking import find_run
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.model_names import UnknownModelError
from astro_assets.ledger.model_tables import MODEL_MEMBERS, MODEL_TABLES
from astro_assets.ledger.model_versions import artefact_of, version_of, versions
from astro_assets.ledger.models import ModelSpec, Training
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Config, Parents, Row, Table
from astro_assets.ledger.trained_models import Audit, Recipes, SettingError, TrainedModel
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.instance import open_instance
from astro_assets.orchestration.model_checks import model_checks, problems
from astro_assets.orchestration.resources import engine_resource
from astro_assets.orchestration.trained_assets import recipes_asset, trained_asset

NIGHTS = Table(
    "toy/nights",
    Schema((Column("night_id", "string", "Name."), Column("seed", "int64", "Of the night."))),
    key="night_id",
)


class MeanConfig(Config):
    """Settings of the toy model."""

    n_nights: int = 5
    first_seed: int = 0
    group: dict[str, int] = {"a": 1, "b": 2}  # noqa: RUF012  pydantic copies it


def rows_of(config: MeanConfig) -> dict[str, list[Row]]:
    seeds = range(config.first_seed, config.first_seed + config.n_nights)
    nights = [{"night_id": f"night-{seed}", "seed": seed, "origin": "simulated"} for seed in seeds]
    return {night["night_id"]: [night] for night in nights}


def fit_mean(rows: Parents, config: MeanConfig) -> tuple[bytes, dict[str, Any]]:
    seeds = [row["seed"] for row in rows["nights"]]
    mean = sum(seeds) / len(seeds)
    return json.dumps(mean).encode(), {"mean": mean, "config": config.model_dump()}


def too_high(figures: Any) -> list[str]:
    return [f"mean {figures['mean']} is over 10"] if figures["mean"] > 10 else []


MEAN = TrainedModel(
    spec=ModelSpec("toy/mean", fit_mean, (Training(NIGHTS, NIGHTS.schema.names, "nights"),), MeanConfig()),
    modes={"quick": {"n_nights": 2}, "full": {}, "custom": {}},
    headline=lambda figures: {"mean": figures["mean"], "unknown": None},
    card=lambda _, row: f"# toy\n\nmean {row['figures']['mean']}\n",
    file_name="mean.json",
    audits={"mean_is_low": Audit("The mean is at most 10.", too_high)},
    replaces=lambda new, old: "higher" if new["mean"] > old["mean"] else None,
    recipes=Recipes(NIGHTS, rows_of),
)
TABLES = (NIGHTS, *MODEL_TABLES)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(open_home(tmp_path / "home"), TABLES)


def trained(ledger: Ledger, of_nights: dict[str, Any] | None = None, **wanted: Any) -> dict[str, Any]:
    """Train by a run of Dagster, with the checks, and return the metadata of the model."""
    engine = Engine(ledger.home, TABLES)
    definitions = dg.Definitions(
        assets=[
            recipes_asset(MEAN, description="Nights."),
            trained_asset(ledger.home, MEAN, description="A mean.", pictures=lambda _: {}),
        ],
        asset_checks=[model_checks(MEAN)],
        jobs=[dg.define_asset_job("train_mean", dg.AssetSelection.all())],
        resources={"engine": engine_resource(engine)},
        executor=dg.in_process_executor,
    )
    ops = {
        "toy__nights": {"config": wanted if of_nights is None else of_nights},
        "toy__mean": {"config": {"refit": True, **wanted}},
    }
    with open_instance(ledger.home) as instance:
        result = definitions.resolve_job_def("train_mean").execute_in_process(
            run_config={"ops": ops, "loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            instance=instance,
            raise_on_error=False,
        )
    (event,) = result.asset_materializations_for_node("toy__mean")
    return {**{name: value.value for name, value in event.metadata.items()}, "succeeded": result.success}


def members(ledger: Ledger, version: str) -> set[str]:
    rows = ledger.open(MODEL_MEMBERS).rows(["model_version", "member_key"]).collect()
    return set(rows.filter(rows["model_version"] == version)["member_key"])


def test_a_version_is_trained_on_what_its_settings_simulate_and_nothing_else(ledger: Ledger) -> None:
    shown = trained(ledger, mode="full")
    assert shown["trained_on_simulated"] == 5
    assert (shown["mean"], shown["model_card"]) == (2.0, "# toy\n\nmean 2.0\n")
    assert "unknown" not in shown
    quick = trained(ledger, mode="quick", settings={"first_seed": 3, "group": {"b": 5}})
    (old, new) = versions(ledger, "toy/mean")
    assert members(ledger, new["model_version"]) == {"night-3", "night-4"}
    assert len(members(ledger, old["model_version"])) == 5
    assert new["figures"]["config"]["group"] == {"a": 1, "b": 5}, "groups are changed field by field"
    assert quick["what_happened"] == "promoted: higher"
    assert new["aliases"] == ["champion"]
    assert json.loads(artefact_of(ledger, "toy/mean")) == 3.5
    assert version_of(ledger, "toy/mean", old["model_version"][:6]) == old
    assert find_run(ledger.home.root, "toy/mean", new["model_version"]) == quick["mlflow_run"]


def test_what_the_table_was_asked_for_does_not_decide_what_a_version_is_trained_on(ledger: Ledger) -> None:
    shown = trained(ledger, {"mode": "quick"}, mode="full")
    assert shown["trained_on_simulated"] == 5, "and not just the two of the other mode"
    again = trained(ledger, mode="quick")
    assert again["trained_on_simulated"] == 2
    assert "behind_by_rows" not in again


def test_what_an_audit_objects_to_is_blocked_and_not_promoted(ledger: Ledger) -> None:
    trained(ledger)
    shown = trained(ledger, settings={"first_seed": 40})
    assert not shown["succeeded"], "the check is blocking"
    assert shown["what_happened"] == "not to be trusted: mean 40.5 is over 10"
    assert problems(ledger, MEAN) == {"mean_is_low": ["mean 40.5 is over 10"], "origin_of_members": []}
    (first, second) = versions(ledger, "toy/mean")
    assert (first["aliases"], second["aliases"]) == (["champion"], ["challenger"])


def test_wrong_settings_are_told_before_anything_starts() -> None:
    with pytest.raises(SettingError, match="there is no mode 'fast'; there are quick, full, custom"):
        MEAN.wanted("fast", {})
    with pytest.raises(SettingError, match="toy/mean n_night: there is no such setting"):
        MEAN.wanted("full", {"n_night": 3})


def test_what_was_never_trained_is_told_with_the_command(ledger: Ledger) -> None:
    with pytest.raises(UnknownModelError, match="no mean was trained yet: astro-assets train mean"):
        version_of(ledger, "toy/mean")
