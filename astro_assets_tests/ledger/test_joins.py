"""Rows that match by another column than the target, in whatever shard; units that several parents make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.lineage import lineage
from astro_assets.ledger.plan import PlanError
from astro_assets.ledger.retraction import set_retracted
from astro_assets.ledger.schema import Column, Schema, SchemaError
from astro_assets.ledger.staleness import stale
from astro_assets.ledger.table import Config, Parent, Parents, Table
from astro_assets.ledger.update import put_units
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import contents, put_files, refresh, units

_HOST = Column("host", "string", "The remark of a file: the star it belongs to.")


def hosted(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Say to which host a file belongs."""
    (file,) = parents["files"]
    return [{"file_id": key, "target_id": file["target_id"], "host": file["remark"]}]


def counted(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Count the files of a file's host, which are of other targets."""
    (own,) = parents["hosts"]
    return [{"file_id": key, "target_id": own["target_id"], "n": len(parents["same_host"])}]


HOSTS = Table(
    "toy/hosts",
    Schema((Column("file_id", "string", "Name."), toy.TARGET, _HOST)),
    hosted,
    (Parent(toy.FILES, ("file_id", "target_id", "remark")),),
    key="file_id",
)
COUNTS = Table(
    "toy/counts",
    Schema((Column("file_id", "string", "Name."), toy.TARGET, Column("n", "int32", "Number."))),
    counted,
    (Parent(HOSTS, ("file_id", "target_id")), Parent(HOSTS, ("host",), "same_host", on="host")),
    key="file_id",
)


def _ledger(root: Path) -> Ledger:
    ledger = open_ledger(open_home(root, n_shards=8), (toy.FILES, HOSTS, COUNTS))
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [1.0], remark=f"host {i % 2}") for i in range(8)))
    refresh(ledger, ["hosts"])
    return ledger


def test_matches_in_other_shards_count_however_the_table_is_updated(tmp_path: Path) -> None:
    whole, piecewise = _ledger(tmp_path / "whole"), _ledger(tmp_path / "piecewise")
    refresh(whole)
    for shard in range(8):
        refresh(piecewise, ["counts"], shards=[shard])
    for ledger in (whole, piecewise):
        assert units(ledger, "counts", "n")["n"].to_list() == [[4]] * 8
        assert stale(ledger).entries.is_empty()
    assert contents(whole, ["counts"]) == contents(piecewise, ["counts"])


def test_whoever_may_match_a_moving_row_is_unsettled(tmp_path: Path) -> None:
    ledger = _ledger(tmp_path / "home")
    refresh(ledger)
    put_files(ledger, toy.file_row("f1", "SIM 1", [1.0], remark="host 0"))
    waiting = stale(ledger).entries
    assert set(waiting.filter(waiting["table"] == "toy/counts")["key"]) == {f"f{i}" for i in range(8)}
    reports = refresh(ledger)
    assert sorted(reports["counts"].computed) == [f"f{i}" for i in range(8)]
    assert stale(ledger).entries.is_empty()


def pooled(key: str, parents: Parents, config: Config) -> list[dict[str, Any]]:
    """Sum what the file and the hand-made curves of a name say."""
    rows = [*parents["files"], *parents["notes"]]
    return [
        {
            "file_id": key,
            "target_id": rows[0]["target_id"],
            "n": len(rows),
            "host": "+".join(str(row["remark"]) for row in rows),
        }
    ]


NOTES = Table(
    "toy/notes",
    Schema(
        (
            Column("file_id", "string", "Name."),
            toy.TARGET,
            Column("remark", "string", "What was noted.", nullable=True),
        )
    ),
)
_OF_DRIVERS = ("file_id", "target_id", "remark")
POOLED = Table(
    "toy/pooled",
    Schema((Column("file_id", "string", "Name."), toy.TARGET, Column("n", "int32", "Number."), _HOST)),
    pooled,
    (Parent(toy.FILES, _OF_DRIVERS), Parent(NOTES, _OF_DRIVERS, on="file_id", drives=True)),
    key="file_id",
)


def _put_notes(ledger: Ledger, *notes: tuple[str, str, str], remove: tuple[str, ...] = ()) -> None:
    rows = {name: [{"file_id": name, "target_id": of, "remark": said}] for name, of, said in notes}
    put_units(ledger, NOTES, rows, remove=remove)


def _pooled(root: Path, **files: str) -> Ledger:
    ledger = open_ledger(open_home(root, n_shards=8), (toy.FILES, NOTES, POOLED))
    put_files(ledger, *(toy.file_row(name, of, [1.0], remark="file") for name, of in files.items()))
    return ledger


def _found(ledger: Ledger) -> dict[str, tuple[int, str]]:
    lines = units(ledger, "pooled", "n", "host", "n_rows")
    return {key: (n[0], host[0]) for key, n, host, _ in lines.iter_rows()}


def test_each_driving_parent_makes_units_and_a_shared_key_is_one(tmp_path: Path) -> None:
    ledger = _pooled(tmp_path / "home", a="SIM 1", b="SIM 2")
    _put_notes(ledger, ("b", "SIM 2", "note"), ("c", "SIM 3", "note"))
    refresh(ledger)
    assert _found(ledger) == {"a": (1, "file"), "b": (2, "file+note"), "c": (1, "note")}
    assert stale(ledger).entries.is_empty()
    piecewise = _pooled(tmp_path / "piecewise", a="SIM 1", b="SIM 2")
    _put_notes(piecewise, ("b", "SIM 2", "note"), ("c", "SIM 3", "note"))
    for shard in range(8):
        refresh(piecewise, shards=[shard])
    assert contents(ledger, ["pooled"]) == contents(piecewise, ["pooled"])


def test_only_units_of_the_driver_that_moved_are_made_again(tmp_path: Path) -> None:
    ledger = _pooled(tmp_path / "home", a="SIM 1", b="SIM 2")
    _put_notes(ledger, ("b", "SIM 2", "note"), ("c", "SIM 3", "note"))
    refresh(ledger)
    _put_notes(ledger, ("c", "SIM 3", "other"), ("d", "SIM 4", "new"))
    assert set(stale(ledger).entries["key"]) == {"c", "d"}
    assert sorted(refresh(ledger)["pooled"].computed) == ["c", "d"]
    _put_notes(ledger, remove=("b", "c"))
    reports = refresh(ledger)
    assert (reports["pooled"].computed, reports["pooled"].total("removed")) == (("b",), 1)
    assert _found(ledger) == {"a": (1, "file"), "b": (1, "file"), "d": (1, "new")}


def test_units_of_the_second_driver_alone(tmp_path: Path) -> None:
    ledger = _pooled(tmp_path / "home")
    _put_notes(ledger, ("c", "SIM 3", "note"))
    refresh(ledger)
    assert _found(ledger) == {"c": (1, "note")}
    (parent,) = lineage(ledger, POOLED, "c").parents
    assert (parent.table, parent.key) == ("toy/notes", "c")


def test_a_retracted_target_leaves_the_units_of_each_driver(tmp_path: Path) -> None:
    ledger = _pooled(tmp_path / "home", a="SIM 1")
    _put_notes(ledger, ("c", "SIM 3", "note"))
    refresh(ledger)
    set_retracted(ledger, "SIM 3", "it is another star", is_retracted=True)
    refresh(ledger)
    assert set(_found(ledger)) == {"a"}


def test_drivers_that_name_two_targets_are_told(tmp_path: Path) -> None:
    ledger = _pooled(tmp_path / "home", a="SIM 1", b="SIM 2")
    _put_notes(ledger, ("b", "SIM 9", "note"))
    with pytest.raises(PlanError, match="rows of 'b' differ in"):
        refresh(ledger)


def test_a_driving_parent_is_matched_by_the_key() -> None:
    with pytest.raises(SchemaError, match="a parent that drives is matched by the key 'file_id'"):
        Table(
            "toy/wrong",
            POOLED.schema,
            pooled,
            (Parent(toy.FILES, _OF_DRIVERS), Parent(NOTES, _OF_DRIVERS, drives=True)),
            key="file_id",
        )
