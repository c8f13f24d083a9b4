"""Models: fitted on purpose, remembered with their members, applied where promoted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from pydantic import Field

from astro_assets.ledger.hashing import merkle_root
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODEL_MEMBERS, MODELS, PROMOTED_MODELS
from astro_assets.ledger.models import (
    ModelSpec,
    TooFewRowsError,
    behind,
    fit_model,
    member_origins,
    promote,
    promoted,
)
from astro_assets.ledger.table import Config, Parents
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import computed, entries, put_files, refresh, toy_ledger, units


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Four real stars, one with an injected signal, two simulated."""
    ledger = toy_ledger(tmp_path / "home", with_models=True)
    origins = ["real"] * 4 + ["injected"] + ["simulated"] * 2
    rows = [toy.file_row(f"f{i}", f"SIM {i}", [0.1 * i**2, 0.3]) for i in range(7)]
    put_files(ledger, *({**row, "origin": origin} for row, origin in zip(rows, origins, strict=True)))
    refresh(ledger)
    return ledger


def _spec(ledger: Ledger) -> ModelSpec:
    return toy.level_spec(ledger.table("stars"))


def _model(ledger: Ledger, version: str) -> dict[str, object]:
    rows = ledger.open(MODELS).rows().filter(pl.col("model_version") == version).collect()
    assert rows.height == 1
    return rows.row(0, named=True)


def _high(ledger: Ledger) -> dict[str, bool]:
    rows = ledger.open(ledger.table("labels")).rows(["target_id", "is_high"]).collect()
    return dict(rows.select("target_id", "is_high").iter_rows())


def test_a_model_knows_its_members(ledger: Ledger) -> None:
    version = fit_model(ledger, _spec(ledger))
    stars = ledger.open(ledger.table("stars")).rows([]).collect()
    members = ledger.open(MODEL_MEMBERS).rows().collect()
    assert set(members.select("member_key", "member_row_hash").iter_rows()) == set(
        stars.select("key", "row_hash").iter_rows()
    )
    assert members["role"].unique().to_list() == ["stars"]
    assert members["member_table"].unique().to_list() == ["toy/stars"]
    model = _model(ledger, version)
    assert model["training_root"] == merkle_root(sorted(stars["row_hash"]))
    levels = ledger.open(ledger.table("stars")).rows(["level"]).collect()["level"]
    artefact = ledger.objects.get_file(str(model["artefact"])).read_text()
    assert float(artefact) == pytest.approx(levels.mean(), rel=1e-14)


def test_a_model_counts_what_it_was_trained_on_by_origin(ledger: Ledger) -> None:
    model = _model(ledger, fit_model(ledger, _spec(ledger)))
    assert [model[f"trained_on_{name}"] for name in ("real", "injected", "simulated")] == [4, 1, 2]
    assert model["origin"] == "simulated"


def test_an_equal_recipe_is_not_fitted_twice(ledger: Ledger) -> None:
    version = fit_model(ledger, _spec(ledger))
    versions = [ledger.open(table).version for table in (MODELS, MODEL_MEMBERS)]
    assert fit_model(ledger, _spec(ledger)) == version
    put_files(ledger, {**toy.file_row("f0", "SIM 0", [0.0, 0.3], remark="x")})
    refresh(ledger)
    assert fit_model(ledger, _spec(ledger)) == version, "the stars are the same"
    assert [ledger.open(table).version for table in (MODELS, MODEL_MEMBERS)] == versions


class LevelConfig(Config):
    """Settings of a fit."""

    quantile: float = Field(0.5, description="Which level.")


def test_data_code_and_configuration_make_another_version(ledger: Ledger) -> None:
    spec = _spec(ledger)
    found = {fit_model(ledger, spec), fit_model(ledger, replace(spec, config=LevelConfig()))}
    found.add(fit_model(ledger, replace(spec, config=LevelConfig(quantile=0.9))))
    found.add(fit_model(ledger, replace(spec, name="toy/other")))
    put_files(ledger, toy.file_row("f0", "SIM 0", [7.0]))
    refresh(ledger)
    found.add(fit_model(ledger, spec))
    assert len(found) == 5


def test_nothing_is_applied_before_it_is_promoted(ledger: Ledger) -> None:
    fit_model(ledger, _spec(ledger))
    refresh(ledger)
    assert not entries(ledger)
    assert _high(ledger) == {}
    with pytest.raises(ValueError, match="toy/level has no version 'abc'"):
        promote(ledger, "toy/level", "abc", why="none")
    with pytest.raises(TooFewRowsError, match="no rows to fit on"):
        fit_model(toy_ledger(ledger.home.root.parent / "empty", with_models=True), _spec(ledger))


def test_a_promotion_makes_exactly_the_appliers_stale(ledger: Ledger) -> None:
    spec = _spec(ledger)
    first = fit_model(ledger, spec)
    promote(ledger, "toy/level", first, why="the first")
    assert entries(ledger) == {("labels", f"SIM {i}", "new") for i in range(7)}
    refresh(ledger)
    assert _high(ledger) == {f"SIM {i}": i > 3 for i in range(7)}
    promote(ledger, "toy/level", first, alias="challenger", why="another alias")
    assert not entries(ledger)
    put_files(ledger, toy.file_row("f7", "SIM 7", [100.0]))
    refresh(ledger)
    second = fit_model(ledger, spec)
    assert second != first
    assert not entries(ledger), "a fit promotes nothing"
    promote(ledger, "toy/level", second, why="better")
    assert entries(ledger) == {("labels", f"SIM {i}", "stale") for i in range(8)}
    assert set(computed(refresh(ledger))) == {"labels"}
    assert _high(ledger) == {f"SIM {i}": i == 7 for i in range(8)}
    aliases = ledger.open(PROMOTED_MODELS).rows(["alias", "model_version"]).collect()
    assert dict(aliases.select("alias", "model_version").iter_rows()) == {
        "toy/level:champion": second, "toy/level:challenger": first,
    }  # fmt: skip


def test_new_data_leave_the_model_behind_and_labels_alone(ledger: Ledger) -> None:
    spec = _spec(ledger)
    version = fit_model(ledger, spec)
    promote(ledger, "toy/level", version, why="the first")
    refresh(ledger)
    assert behind(ledger, spec, version) == 0
    put_files(ledger, toy.file_row("f7", "SIM 7", [1.0]), toy.file_row("f0", "SIM 0", [5.0]), remove=["f6"])
    reports = refresh(ledger)
    assert computed(reports)["labels"] == ["SIM 0", "SIM 7"], "the others' labels are never stale"
    assert behind(ledger, spec, version) == 3, "one new, one changed, one gone"
    assert behind(ledger, spec, fit_model(ledger, spec)) == 0


def test_the_models_origin_does_not_reach_the_rows(ledger: Ledger) -> None:
    promote(ledger, "toy/level", fit_model(ledger, _spec(ledger)), why="trained on simulations too")
    refresh(ledger)
    expected = ["real"] * 4 + ["injected"] + ["simulated"] * 2
    assert units(ledger, "labels", "origin")["origin"].to_list() == expected


def test_what_a_model_reads_is_part_of_its_recipe(tmp_path: Path) -> None:
    ledger = toy_ledger(tmp_path / "home", with_models=True)
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [0.1 * i, 0.7]) for i in range(4)))
    refresh(ledger)
    spec = toy.level_spec(ledger.table("stars"))
    (training,) = spec.training
    more = replace(spec, training=(replace(training, columns=("level", "target_id")),))
    assert fit_model(ledger, spec) != fit_model(ledger, more)


def fit_on_top(rows: Parents, config: Config) -> tuple[bytes, dict[str, float]]:
    """Fit the mean level, and add it to the one before."""
    artefact, metrics = toy.fit_level(rows, config)
    before = sum(float(row["artefact"].read_text()) for row in rows["previous"])
    return repr(before + float(artefact)).encode(), metrics


def _value(ledger: Ledger, version: str) -> float:
    return float(ledger.objects.get_file(str(_model(ledger, version)["artefact"])).read_text())


def test_a_continued_model_is_given_the_promoted_one_and_remembers_it(ledger: Ledger) -> None:
    spec = replace(_spec(ledger), fit=fit_on_top, is_continued=True)
    first = fit_model(ledger, spec)
    promote(ledger, "toy/level", first, why="the first")
    assert fit_model(ledger, spec) == first, "of the same rows it is the same, though now there is one before"
    put_files(ledger, toy.file_row("f0", "SIM 0", [7.0]))
    refresh(ledger)
    second = fit_model(ledger, spec)
    levels = ledger.open(ledger.table("stars")).rows(["level"]).collect()["level"]
    assert _value(ledger, second) == pytest.approx(_value(ledger, first) + levels.mean())
    champion = promoted(ledger, "toy/level")
    assert champion is not None
    rows = ledger.open(MODEL_MEMBERS).rows().filter(pl.col("role") == "previous").collect()
    assert rows.select("model_version", "member_table", "member_key", "member_row_hash").rows() == [
        (second, "ledger/promoted_models", "toy/level:champion", champion["row_hash"])
    ]
    assert behind(ledger, spec, second) == 0
    promote(ledger, "toy/level", second, why="refitted")
    assert fit_model(ledger, spec) == second
    assert behind(ledger, spec, first) == 1


def test_what_nobody_promoted_is_nothing(ledger: Ledger) -> None:
    assert promoted(ledger, "toy/level") is None
    promote(ledger, "toy/level", fit_model(ledger, _spec(ledger)), alias="challenger", why="try")
    assert promoted(ledger, "toy/level") is None
    assert promoted(ledger, "toy/level", alias="challenger") is not None


def test_a_model_can_be_fitted_on_some_units_alone(ledger: Ledger) -> None:
    spec = _spec(ledger)
    some = replace(spec, training=(replace(spec.training[0], keys=("SIM 0", "SIM 3")),))
    version = fit_model(ledger, some)
    members = ledger.open(MODEL_MEMBERS).rows(["model_version", "member_key"]).collect()
    of_version = members.filter(pl.col("model_version") == version)
    assert sorted(of_version["member_key"]) == ["SIM 0", "SIM 3"]
    put_files(ledger, toy.file_row("f1", "SIM 1", [9.0]))
    refresh(ledger)
    assert behind(ledger, some, version) == 0, "others do not count"
    assert fit_model(ledger, some) == version


def test_a_fit_that_was_killed_goes_on_where_it_was(ledger: Ledger) -> None:
    spec = replace(_spec(ledger), fit=toy.fit_in_two_steps, is_resumed=True)
    with pytest.raises(KeyboardInterrupt):
        fit_model(ledger, spec)
    (folder,) = (ledger.home.root / "trainings").iterdir()
    assert [path.name for path in folder.iterdir()] == ["first step"]
    assert ledger.open(MODELS).rows().collect().is_empty()
    version = fit_model(ledger, spec)
    assert folder.name == version
    assert not folder.exists(), "what is stored needs no going on"


def test_the_origins_of_members_are_known(ledger: Ledger) -> None:
    version = fit_model(ledger, _spec(ledger))
    assert member_origins(ledger, "toy/level", version) == ["injected", "real", "simulated"]
    assert member_origins(ledger, "toy/level", "abc") == []
