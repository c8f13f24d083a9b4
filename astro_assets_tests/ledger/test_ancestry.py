"""What many rows came from is what the lineage of each says, also where units have been replaced since."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from astro_assets.ledger.ancestry import Ancestry, ancestry
from astro_assets.ledger.history import past_files
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.lineage import lineage
from astro_assets.ledger.model_tables import MODEL_MEMBERS
from astro_assets.ledger.models import fit_model, promote
from astro_assets.ledger.table import Table
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_entries, put_files, refresh, toy_ledger
from astro_assets_tests.ledger.places import table_path


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = toy_ledger(tmp_path / "home", with_models=True)
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i // 2}", [0.1 * i, 0.7]) for i in range(12)))
    put_entries(ledger, {"e": ("SIM 1", 2.0)})
    refresh(ledger)
    return ledger


def _rows(ledger: Ledger, table: Table) -> pl.DataFrame:
    rows = ledger.open(table).rows([]).select("key", "row_hash").collect()
    return rows.select(pl.lit(table.name).alias("table"), "key", "row_hash")


def _of_lineages(ledger: Ledger, table: Table) -> set[tuple[str, str, str, int, bool]]:
    return {
        (node.table, node.key, node.recipe_hash, node.version, node.is_current)
        for key in ledger.open(table).units(["key"]).collect()["key"]
        for _, node in lineage(ledger, table, key).walk()
    }


def _lines(found: Ancestry) -> set[tuple[str, str, str, bool]]:
    return set(found.units.select("table", "key", "recipe_hash", "is_current").iter_rows())


@pytest.mark.parametrize("name", ["views", "signals", "curves", "files"])
def test_it_is_the_union_of_the_lineages(ledger: Ledger, name: str) -> None:
    table = ledger.table(name)
    found = ancestry(ledger, _rows(ledger, table))
    assert {line[:3] for line in _of_lineages(ledger, table)} == {line[:3] for line in _lines(found)}
    assert found.units.select("table", "key", "recipe_hash").is_unique().all()
    assert found.missing.is_empty()


def test_what_has_been_replaced_is_found_as_it_was(ledger: Ledger) -> None:
    views = ledger.table("views")
    rows = _rows(ledger, views)
    before, version = ancestry(ledger, rows), ledger.open(toy.FILES).version
    for value in (3.0, 4.0):
        put_files(ledger, toy.file_row("f0", "SIM 0", [value]), remove=["f3"])
        refresh(ledger)
    after = ancestry(ledger, rows)
    assert {line[:3] for line in _lines(after)} == {line[:3] for line in _lines(before)}
    replaced = {(table, key) for table, key, _, is_current in _lines(after) if not is_current}
    assert {
        ("toy/files", "f0"),
        ("toy/files", "f3"),
        ("toy/curves", "f0"),
        ("toy/stars", "SIM 0"),
    } <= replaced
    assert ("toy/files", "f5") not in replaced
    assert after.edges.sort(after.edges.columns).equals(before.edges.sort(before.edges.columns))
    old = after.units.filter((pl.col("table") == "toy/files") & (pl.col("key") == "f3"))
    assert old["version"].to_list() == [version], "the last that held it"


def test_members_of_a_model_lead_to_its_files(ledger: Ledger) -> None:
    spec = toy.level_spec(ledger.table("stars"))
    promote(ledger, spec.name, fit_model(ledger, spec), why="the first")
    put_files(ledger, toy.file_row("f0", "SIM 0", [9.0]))
    refresh(ledger)
    members = ledger.open(MODEL_MEMBERS).rows(["member_table", "member_key", "member_row_hash"]).collect()
    found = ancestry(
        ledger, members.select(table="member_table", key="member_key", row_hash="member_row_hash")
    )
    files = found.units.filter(pl.col("table") == "toy/files")
    assert sorted(files["key"]) == sorted(f"f{i}" for i in range(12))
    assert files.filter(~pl.col("is_current"))["key"].to_list() == ["f0"]


def test_what_was_pruned_is_named(ledger: Ledger) -> None:
    stars = ledger.table("stars")
    rows = _rows(ledger, stars)
    put_files(ledger, toy.file_row("f0", "SIM 0", [9.0]))
    refresh(ledger)
    for path in past_files(ledger.open(ledger.table("curves")))["path"]:
        (table_path(ledger.home, "toy/curves") / path).unlink()
    found = ancestry(ledger, rows)
    assert found.missing.select("table", "key").rows() == [("toy/curves", "f0")]


def test_rows_that_never_were_are_named_too(ledger: Ledger) -> None:
    rows = pl.DataFrame({"table": ["toy/stars"], "key": ["SIM 99"], "row_hash": ["00"]})
    found = ancestry(ledger, rows)
    assert (found.units.height, found.missing.rows()) == (0, [("toy/stars", "SIM 99", None)])
