"""What descends from something is what its lineage leads back to, models and what applies them included."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from astro_assets.ledger.impact import Impact, impact_of_target, impact_of_units
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.lineage import descendants
from astro_assets.ledger.models import ModelSpec, Training, fit_model, promote
from astro_assets.ledger.update import put_units
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_entries, put_files, refresh, toy_ledger

N_STARS = 6


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = toy_ledger(tmp_path / "home", with_models=True)
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [0.1 * i, 0.7]) for i in range(N_STARS)))
    put_entries(ledger, {"e": ("SIM 1", 2.0)})
    refresh(ledger)
    return ledger


def of_file(ledger: Ledger, key: str) -> Impact:
    return impact_of_units(ledger, pl.DataFrame({"table": ["toy/files"], "key": [key]}))


def units(found: Impact) -> set[tuple[str, str]]:
    return set(found.units.select("table", "key").iter_rows())


def test_without_a_model_it_is_the_descendants(ledger: Ledger) -> None:
    for i in range(N_STARS):
        expected = descendants(ledger, toy.FILES, f"f{i}").select("table", "key")
        assert units(of_file(ledger, f"f{i}")) == set(expected.iter_rows())
    assert of_file(ledger, "f3").models.is_empty()


def test_a_model_and_all_that_applies_it_descend_from_each_of_its_files(ledger: Ledger) -> None:
    version = fit_model(ledger, toy.level_spec(ledger.table("stars")))
    assert ("toy/labels", "SIM 4") not in units(of_file(ledger, "f2")), "nothing applies it yet"
    promote(ledger, "toy/level", version, why="the first")
    refresh(ledger)
    found = of_file(ledger, "f2")
    assert found.models.rows() == [("toy/level", version, 1, N_STARS)]
    assert {("toy/labels", f"SIM {i}") for i in range(N_STARS)} <= units(found)
    assert not any(table.startswith("ledger/") for table, _ in units(found))


def test_a_model_descends_from_a_file_that_has_been_replaced_since(ledger: Ledger) -> None:
    version = fit_model(ledger, toy.level_spec(ledger.table("stars")))
    put_files(ledger, toy.file_row("f2 again", "SIM 2", [3.0]), remove=["f2"])
    refresh(ledger)
    assert of_file(ledger, "f2").models["model_version"].to_list() == [version]
    assert units(of_file(ledger, "f2")) == set(), "no row of today"
    assert of_file(ledger, "f2 again").models.is_empty(), "the model has not seen it"


def test_what_is_of_a_target_counts_all_of_it_and_of_a_catalogue_nothing_else(ledger: Ledger) -> None:
    entries = [{"entry": f"x{i}", "target_id": f"SIM {i}", "factor": 1.0} for i in (3, 4)]
    put_units(ledger, toy.CATALOGUE, {"both": entries})
    refresh(ledger)
    found = impact_of_target(ledger, "SIM 3")
    assert {target for target in found.units["target"] if target is not None} == {"SIM 3"}
    assert {("toy/files", "f3"), ("toy/stars", "SIM 3")} <= units(found)
    assert ("toy/catalogue", "both") not in units(found)
    assert impact_of_target(ledger, "SIM 99").units.is_empty()


def test_a_model_descends_from_a_target_by_its_rows_among_others_of_a_catalogue(ledger: Ledger) -> None:
    entries = [{"entry": f"x{i}", "target_id": f"SIM {i}", "factor": 1.0} for i in (3, 4, 4)]
    put_units(ledger, toy.CATALOGUE, {"both": entries})
    spec = ModelSpec(
        "toy/level", toy.set_level, (Training(toy.CATALOGUE, ("factor",), "stars"),), toy.LevelConfig()
    )
    version = fit_model(ledger, spec)
    for target, n_rows in (("SIM 3", 1), ("SIM 4", 2)):
        assert impact_of_target(ledger, target).models.rows() == [("toy/level", version, n_rows, 4)]
    assert impact_of_target(ledger, "SIM 5").models.is_empty()


def test_a_whole_table_is_a_subject_too(ledger: Ledger) -> None:
    fit_model(ledger, toy.level_spec(ledger.table("stars")))
    keys = ledger.open(toy.FILES).units(["key"]).select(pl.lit("toy/files").alias("table"), "key").collect()
    found = impact_of_units(ledger, keys)
    assert found.models.select("n_rows", "n_all").rows() == [(N_STARS, N_STARS)]
    assert {table for table, _ in units(found)} == {"toy/curves", "toy/stars", "toy/signals", "toy/views"}
