"""Delta tables: what a stranger reads, what history keeps, what a commit can and cannot do."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError

from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.store import ConflictError, open_table
from astro_assets.ledger.table import Table
from astro_assets.ledger.update import put_units, update
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_files, refresh, toy_ledger
from astro_assets_tests.ledger.places import table_path

_SIGNALS = [0.2, 0.7, 0.9]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = toy_ledger(tmp_path / "home")
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [*_SIGNALS, i / 10]) for i in range(5)))
    put_files(ledger, toy.file_row("quiet", "SIM 9", [0.0]), toy.file_row("broken", "SIM 9", []))
    refresh(ledger)
    return ledger


def _scan(ledger: Ledger, name: str, **options: Any) -> pl.LazyFrame:
    return pl.scan_delta(table_path(ledger.home, f"toy/{name}"), **options)


# ---- readable without our code


def test_strangers_find_units_with_their_outcome(ledger: Ledger) -> None:
    units = _scan(ledger, "signals").sort("key").collect()
    assert units["key"].to_list() == [*(f"SIM {i}" for i in range(5)), "SIM 9"]
    assert units["outcome"].to_list() == ["rows"] * 5 + ["empty"]
    assert units["n_rows"].to_list() == units["height"].list.len().to_list() == [2, 2, 2, 2, 2, 0]
    failed = _scan(ledger, "curves").filter(pl.col("outcome") == "failed").collect()
    assert failed.select("key", "reason").row(0) == ("broken", "ValueError: broken holds no values")


def test_strangers_explode_units_into_rows(ledger: Ledger) -> None:
    columns = ["signal_id", "height", "note", "row_hash"]
    frame = _scan(ledger, "signals").filter(pl.col("n_rows") > 0).explode(columns).sort("signal_id").collect()
    assert frame["signal_id"].to_list() == [f"SIM {i}.{n:02d}" for i in range(5) for n in (1, 2)]
    assert frame.filter(pl.col("key") == "SIM 3")["height"].to_list() == [0.7, 0.9]
    assert frame["row_hash"].n_unique() == 10
    assert frame.schema["height"] == pl.Float64
    ours = ledger.open(ledger.table("signals")).rows(["signal_id", "height"]).sort("signal_id").collect()
    assert frame.select("key", "signal_id", "height", "row_hash").equals(
        ours.select("key", "signal_id", "height", "row_hash")
    )


def test_a_row_names_its_parents(ledger: Ledger) -> None:
    view = (
        _scan(ledger, "views")
        .filter(pl.col("key") == "SIM 2.01")
        .explode("parents")
        .unnest("parents", separator=".")
    )
    found = view.select("parents.role", "parents.table", "parents.key").collect().rows()
    assert sorted(found) == [("signals", "toy/signals", "SIM 2"), ("stars", "toy/stars", "SIM 2")]
    star = _scan(ledger, "stars").filter(pl.col("key") == "SIM 2").explode("row_hash").collect()
    used = view.filter(pl.col("parents.role") == "stars").collect()
    assert used["parents.row_hash"][0] == star["row_hash"][0]
    assert used["parents.recipe_hash"][0] == star["recipe_hash"][0]


def test_shards_are_the_partitions(ledger: Ledger) -> None:
    for table in ledger.tables:
        if (handle := ledger.open(table)).delta is not None:
            assert handle.delta.metadata().partition_columns == ["shard"]
            assert handle.delta.metadata().name == table.name
    by_target = [
        _scan(ledger, name).select("target", "shard").collect() for name in ("stars", "signals", "views")
    ]
    places = pl.concat(by_target).unique()
    assert places["target"].is_unique().all(), "a star's data lie in one shard, the same in every table"
    assert places["shard"].n_unique() > 1


# ---- history


def test_history_stays_until_it_is_pruned_on_purpose(ledger: Ledger) -> None:
    for table in ledger.tables:
        if (delta := ledger.open(table).delta) is not None:
            configuration = delta.metadata().configuration
            assert configuration["delta.logRetentionDuration"] == "interval 36500 days"
            assert configuration["delta.deletedFileRetentionDuration"] == "interval 36500 days"


def test_a_table_is_read_as_it_was(ledger: Ledger) -> None:
    stars = ledger.table("stars")
    before, then = ledger.open(stars), datetime.now(UTC)
    level = before.rows(["level"]).filter(pl.col("key") == "SIM 0").collect()["level"][0]
    put_files(ledger, toy.file_row("f0", "SIM 0", [8.0]))
    refresh(ledger)
    assert ledger.open(stars).version == before.version + 1
    for handle in (
        before,
        open_table(ledger.home, stars, version=before.version),
        open_table(ledger.home, stars, at=then),
    ):
        assert handle.version == before.version
        assert handle.rows(["level"]).filter(pl.col("key") == "SIM 0").collect()["level"].to_list() == [level]
    now = ledger.open(stars).rows(["level"]).filter(pl.col("key") == "SIM 0").collect()
    assert now["level"].to_list() == [8.0]
    with pytest.raises(DeltaError):
        open_table(ledger.home, stars, version=99)


def test_nothing_to_do_commits_nothing(ledger: Ledger) -> None:
    versions = {table.name: ledger.open(table).version for table in ledger.tables}
    refresh(ledger)
    put_files(ledger, toy.file_row("f0", "SIM 0", [*_SIGNALS, 0.0]), remove=["never there"])
    assert {table.name: ledger.open(table).version for table in ledger.tables} == versions


def test_a_table_never_written_is_empty(tmp_path: Path) -> None:
    ledger = toy_ledger(tmp_path / "home")
    handle = ledger.open(ledger.table("stars"))
    assert handle.version == -1
    assert handle.units().collect().is_empty()
    assert handle.rows(["level"], shards=[1]).collect().schema["level"] == pl.Float64
    assert not table_path(ledger.home, "toy/stars").exists(), "reading makes no table"


# ---- commits


def test_a_commit_from_an_old_version_of_its_shard_is_refused(ledger: Ledger) -> None:
    stars = ledger.table("stars")
    shards = sorted(set(ledger.open(stars).units(["shard"]).collect()["shard"]))
    first, second, third = (ledger.open(stars) for _ in range(3))
    lines = first.units(shards=shards[:1]).collect()
    first.commit(lines.with_columns(run_id=pl.lit("first")), shards[:1])
    with pytest.raises(ConflictError):
        second.commit(lines.with_columns(run_id=pl.lit("second")), shards[:2])
    third.commit(third.units(shards=shards[1:2]).collect().with_columns(run_id=pl.lit("third")), shards[1:2])
    runs = ledger.open(stars).units(["shard", "run_id"]).unique().sort("shard").collect().rows()
    assert runs[:2] == [(shards[0], "first"), (shards[1], "third")]


def test_a_commit_replaces_its_shards_only(ledger: Ledger) -> None:
    stars = ledger.table("stars")
    handle = ledger.open(stars)
    shard = handle.units(["shard"]).collect()["shard"][0]
    others = handle.units().filter(pl.col("shard") != shard).sort("key").collect()
    handle.commit(handle.units().collect().clear(), [shard])
    assert ledger.open(stars).units().sort("key").collect().equals(others)


# ---- schema changes


def _with(ledger: Ledger, *columns: Column, dropped: str = "") -> tuple[Ledger, Table]:
    """Return the ledger with other columns in the table of signals, which gets each from its height."""
    old = ledger.table("signals")
    schema = Schema((*(c for c in old.schema if c.name != dropped), *columns))
    new = replace(old, schema=schema, compute={1: signals_with_width, 0: signals_without_note}[len(columns)])
    tables = [new if table is old else table for table in ledger.tables if table.name != "toy/views"]
    return open_ledger(ledger.home, tables), new


def signals_with_width(key: str, parents: Any, config: Any) -> list[dict[str, Any]]:
    """Find signals, with one more column."""
    return [{**row, "width": int(10 * row["height"])} for row in toy.signals(key, parents, config)]


def signals_without_note(key: str, parents: Any, config: Any) -> list[dict[str, Any]]:
    """Find signals, with one column less."""
    return [{name: row[name] for name in row if name != "note"} for row in toy.signals(key, parents, config)]


_WIDTH = Column("width", "int32", "Width.")


def test_a_new_column_is_null_in_what_is_not_yet_recomputed(ledger: Ledger) -> None:
    changed, table = _with(ledger, _WIDTH)
    before = changed.open(table).rows(["signal_id", "width"]).collect()
    assert before["width"].to_list() == [None] * 10, "one null a row, before the store knows the column"
    units = changed.open(table).units(["shard", "n_rows"]).filter(pl.col("n_rows") > 0)
    report = update(changed, table, shards=[units.collect()["shard"][0]])
    assert report.total("rows") > 0
    rows = changed.open(table).rows(["signal_id", "height", "width"]).collect()
    assert rows.height == 10
    assert rows["width"].null_count() == 10 - 2 * report.total("rows")
    stranger = _scan(changed, "signals").filter(pl.col("n_rows") > 0).explode("signal_id", "width").collect()
    assert stranger.height == 10
    update(changed, table)
    assert changed.open(table).rows(["width"]).collect()["width"].null_count() == 0
    assert changed.open(table).units().sort("key").collect()["n_rows"].to_list() == [2, 2, 2, 2, 2, 0]


def test_a_column_goes_and_changes_its_dtype(ledger: Ledger) -> None:
    changed, table = _with(ledger, dropped="note")
    assert update(changed, table).total("rows") == 5
    assert "note" not in _scan(changed, "signals").collect_schema()
    text = Column("height", "string", "Value, as text.")
    put_text = Table(
        "toy/files",
        Schema((*(c for c in toy.FILES.schema if c.name != "values"), replace(text, name="values"))),
    )
    as_text = open_ledger(ledger.home, [put_text])
    row = {**toy.file_row("new", "SIM 1", []), "values": "0.5"}
    put_units(as_text, put_text, {"new": [row]})
    lines = as_text.open(put_text).rows(["file_id", "values"]).sort("file_id").collect()
    assert lines.filter(pl.col("file_id") == "new")["values"].to_list() == ["0.5"]
    assert lines.height == 8
    assert DeltaTable(table_path(ledger.home, "toy/files")).version() == as_text.open(put_text).version


def test_history_before_a_migration_is_still_read(ledger: Ledger) -> None:
    version = ledger.open(ledger.table("signals")).version
    changed, table = _with(ledger, _WIDTH)
    update(changed, table)
    then = open_table(changed.home, table, version=version).rows(["signal_id", "height", "width"]).collect()
    assert then["width"].to_list() == [None] * 10
    assert then["height"].null_count() == 0


def test_a_unit_names_the_stored_source_and_environment(ledger: Ledger) -> None:
    unit = (
        ledger.open(ledger.table("stars"))
        .units(["source", "environment", "installed"])
        .first()
        .collect()
        .row(0)
    )
    assert (ledger.home.root / "sources" / f"{unit[0]}.zip").is_file()
    assert (ledger.home.root / "environments" / f"{unit[1]}.json").is_file()
    installed = json.loads((ledger.home.root / "environments" / f"{unit[2]}.json").read_text())
    assert installed["polars"] == pl.__version__
