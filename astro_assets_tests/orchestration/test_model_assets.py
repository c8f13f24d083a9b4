"""Models as assets: fitted where there is none or on purpose, promoted by a rule, with what that came to."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.models import ModelSpec, TooFewRowsError, promoted
from astro_assets.ledger.table import Config, Parents
from astro_assets.ledger.trained_models import SettingError, configured
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.model_assets import model_asset, refresh_model
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_files, refresh, toy_ledger


class LevelConfig(Config):
    """Settings of the fit."""

    fewest: int = 3


def fit_level(rows: Parents, config: LevelConfig) -> tuple[bytes, dict[str, float]]:
    if len(rows["stars"]) < config.fewest:
        raise TooFewRowsError(f"{len(rows['stars'])} stars are fewer than {config.fewest}")
    return toy.fit_level(rows, config)


def higher(new: Any, old: Any) -> str | None:
    return "a higher mean" if new["mean"] > old["mean"] else None


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return toy_ledger(tmp_path / "home", with_models=True)


def spec_of(ledger: Ledger) -> ModelSpec:
    return replace(toy.level_spec(ledger.table("stars")), fit=fit_level, config=LevelConfig())


def put_stars(ledger: Ledger, *levels: float) -> None:
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [level]) for i, level in enumerate(levels)))
    refresh(ledger)


def champion_of(ledger: Ledger) -> Any:
    row = promoted(ledger, "toy/level")
    return None if row is None else row["model_version"]


def test_too_few_rows_are_said_and_nothing_is_fitted(ledger: Ledger) -> None:
    spec = spec_of(ledger)
    assert refresh_model(ledger, spec).version is None, "there are no rows at all"
    put_stars(ledger, 1.0, 2.0)
    outcome = refresh_model(ledger, spec)
    assert outcome.version is None
    assert outcome.said == "not fitted: 2 stars are fewer than 3"
    assert champion_of(ledger) is None


def test_the_first_version_is_promoted_and_no_other_without_being_asked_for(ledger: Ledger) -> None:
    spec = spec_of(ledger)
    put_stars(ledger, 1.0, 2.0, 3.0)
    first = refresh_model(ledger, spec)
    assert first.said == "promoted: the first version"
    assert champion_of(ledger) == first.version
    put_stars(ledger, 1.0, 2.0, 30.0)
    assert refresh_model(ledger, spec, promote_when=higher).version == first.version
    assert champion_of(ledger) == first.version


def test_a_refit_replaces_the_champion_where_the_rule_says_so(ledger: Ledger) -> None:
    spec = spec_of(ledger)
    put_stars(ledger, 1.0, 2.0, 3.0)
    first = refresh_model(ledger, spec).version
    assert refresh_model(ledger, spec, refit=True).said == "equal to the promoted version"
    put_stars(ledger, 1.0, 2.0, 1.0)
    worse = refresh_model(ledger, spec, refit=True, promote_when=higher)
    assert champion_of(ledger) == first
    challenger = promoted(ledger, "toy/level", alias="challenger")
    assert challenger is not None
    assert challenger["model_version"] == worse.version != first
    put_stars(ledger, 1.0, 2.0, 30.0)
    assert refresh_model(ledger, spec, refit=True).said == f"does not replace {first}", "without a rule"
    better = refresh_model(ledger, spec, refit=True, promote_when=higher)
    assert better.said == "promoted: a higher mean"
    assert champion_of(ledger) == better.version


def test_a_champion_stays_where_rows_have_become_too_few(ledger: Ledger) -> None:
    spec = spec_of(ledger)
    put_stars(ledger, 1.0, 2.0, 3.0)
    first = refresh_model(ledger, spec).version
    put_files(ledger, remove=["f0"])
    refresh(ledger)
    outcome = refresh_model(ledger, spec, refit=True)
    assert (outcome.version, outcome.said) == (first, "not fitted: 2 stars are fewer than 3")
    assert champion_of(ledger) == first


def test_settings_are_checked(ledger: Ledger) -> None:
    assert configured(spec_of(ledger), {"fewest": 7}).config == LevelConfig(fewest=7)
    with pytest.raises(SettingError, match=r"toy/level fewes: there is no such setting; there are .*fewest"):
        configured(spec_of(ledger), {"fewes": 7})
    with pytest.raises(SettingError, match=r"toy/level fewest: Input should be a valid integer"):
        configured(spec_of(ledger), {"fewest": "many"})


def materialize(ledger: Ledger, **config: Any) -> dict[str, Any]:
    """Materialize the asset alone, and return its metadata."""
    asset = model_asset(
        ledger.home,
        spec_of(ledger),
        description="A level.",
        pictures={"card": lambda ledger: f"{len(ledger.tables)} tables"},
        promote_when=higher,
    )
    engine = Engine(ledger.home, ledger.tables)
    result = dg.materialize(
        [asset],
        resources={"engine": dg.ResourceDefinition.hardcoded_resource(engine)},
        run_config={
            "ops": {"toy__level": {"config": config}},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
        },
    )
    (event,) = result.asset_materializations_for_node("toy__level")
    return {name: value.value for name, value in event.metadata.items()}


def test_the_asset_tells_what_happened_and_how_far_behind_the_model_is(ledger: Ledger) -> None:
    assert materialize(ledger)["what_happened"] == "not fitted: toy/level: there are no rows to fit on"
    put_stars(ledger, 1.0, 2.0, 3.0)
    told = materialize(ledger)
    assert told["model_version"] == told["promoted_version"] == champion_of(ledger)
    assert [told[f"trained_on_{origin}"] for origin in ("real", "injected", "simulated")] == [3, 0, 0]
    assert told["metrics"] == {"mean": 2.0}
    assert told["behind_by_rows"] == 0
    assert told["card"] == f"{len(ledger.tables)} tables"
    put_stars(ledger, 1.0, 2.0, 30.0, 5.0)
    assert materialize(ledger)["behind_by_rows"] == 2
    told = materialize(ledger, refit=True, settings={"fewest": 4})
    assert told["what_happened"] == "promoted: a higher mean"
    assert told["behind_by_rows"] == 0
