"""A retracted star is left out of everything from then on, and stays in what was made before."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.left_out import RETRACTIONS, retracted_targets
from astro_assets.ledger.model_tables import MODEL_MEMBERS
from astro_assets.ledger.models import ModelSpec, Training, behind, fit_model
from astro_assets.ledger.retraction import (
    decisions,
    held,
    members_of,
    retracted_members,
    retraction_of,
    set_retracted,
)
from astro_assets.ledger.staleness import stale
from astro_assets.ledger.store import open_table
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import CHAIN, computed, entries, put_files, refresh, removed, toy_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Five stars of one file each."""
    ledger = toy_ledger(tmp_path / "home", with_models=True)
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [0.6 + i, 0.3]) for i in range(1, 6)))
    refresh(ledger)
    return ledger


def _retract(ledger: Ledger, target: str, *, undo: bool = False) -> bool:
    return set_retracted(ledger, target, "blended", is_retracted=not undo)


def test_exactly_what_was_made_of_the_star_is_to_go(ledger: Ledger) -> None:
    _retract(ledger, "SIM 2")
    assert entries(ledger) == {
        ("curves", "f2", "removed"), ("stars", "SIM 2", "removed"), ("signals", "SIM 2", "removed"),
        ("views", "SIM 2.01", "removed"),
    }  # fmt: skip
    assert set(stale(ledger).entries["cause"]) == {"retracted"}
    reports = refresh(ledger)
    assert computed(reports) == {}
    assert removed(reports) == dict.fromkeys(CHAIN, 1)
    assert not entries(ledger)
    assert held(ledger, "SIM 2").is_empty()


def test_the_past_keeps_it(ledger: Ledger) -> None:
    before = ledger.open(ledger.table("stars"))
    _retract(ledger, "SIM 2")
    refresh(ledger)
    then = open_table(ledger.home, ledger.table("stars"), version=before.version)
    assert "SIM 2" in then.units(["key"]).collect()["key"].to_list()


def test_a_new_file_of_it_is_not_searched(ledger: Ledger) -> None:
    _retract(ledger, "SIM 2")
    refresh(ledger)
    put_files(ledger, toy.file_row("f9", "SIM 2", [0.9]))
    assert not entries(ledger)
    assert computed(refresh(ledger)) == {}


def test_taking_it_back_brings_back_the_same(ledger: Ledger) -> None:
    names = ["key", "output_hash", "recipe_hash"]
    before = {name: ledger.open(ledger.table(name)).units(names).sort("key").collect() for name in CHAIN}
    _retract(ledger, "SIM 2")
    refresh(ledger)
    assert _retract(ledger, "SIM 2", undo=True)
    assert set(computed(refresh(ledger))) == set(CHAIN)
    for name, units in before.items():
        assert ledger.open(ledger.table(name)).units(names).sort("key").collect().equals(units), name
    told = decisions(ledger)
    assert told["is_retracted"].to_list() == [True, False]
    assert retraction_of(ledger, "SIM 2") is None


def test_a_decision_is_made_once(ledger: Ledger) -> None:
    assert not _retract(ledger, "SIM 2", undo=True)
    assert _retract(ledger, "SIM 2")
    version = ledger.open(RETRACTIONS).version
    assert not _retract(ledger, "SIM 2")
    assert ledger.open(RETRACTIONS).version == version
    assert retracted_targets(ledger.home) == ["SIM 2"]
    told = retraction_of(ledger, "SIM 2")
    assert told is not None
    assert told["why"] == "blended"


def _spec(ledger: Ledger) -> ModelSpec:
    return toy.level_spec(ledger.table("stars"))


def test_a_model_is_fitted_without_it_and_the_old_one_says_so(ledger: Ledger) -> None:
    old = fit_model(ledger, _spec(ledger))
    assert retracted_members(ledger, "toy/level", old).is_empty()
    _retract(ledger, "SIM 2")
    assert behind(ledger, _spec(ledger), old) == 1, "before the refresh, too"
    new = fit_model(ledger, _spec(ledger))
    refresh(ledger)
    members = ledger.open(MODEL_MEMBERS).rows(["model_version", "member_key"]).collect()
    assert "SIM 2" not in members.filter(pl.col("model_version") == new)["member_key"]
    flagged = retracted_members(ledger, "toy/level", old)
    assert flagged.select("member_key", "star").rows() == [("SIM 2", "SIM 2")]
    assert retracted_members(ledger, "toy/level", new).is_empty()
    assert fit_model(ledger, _spec(ledger)) == new
    _retract(ledger, "SIM 2", undo=True)
    refresh(ledger)
    assert fit_model(ledger, _spec(ledger)) == old


def test_rows_of_a_star_in_a_table_of_many_are_left_out_of_trainings(ledger: Ledger) -> None:
    """As of a file of events: units of no target, whose rows name stars."""
    files = Training(replace(toy.FILES, described_by={"star": "target_id"}), ("values",), "stars")
    spec = replace(_spec(ledger), name="toy/files", training=(files,), fit=_fit_values)
    old = fit_model(ledger, spec)
    _retract(ledger, "SIM 2")
    new = fit_model(ledger, spec)
    members = members_of(ledger, {"SIM 2", "SIM 3"})
    assert members.select("model_version", "star").rows() == sorted(
        [(old, "SIM 2"), (old, "SIM 3"), (new, "SIM 3")]
    )


def _fit_values(rows: toy.Parents, config: toy.Config) -> tuple[bytes, dict[str, float]]:
    del config
    return repr(sorted(row["values"] for row in rows["stars"])).encode(), {}
