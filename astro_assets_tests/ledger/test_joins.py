"""Rows that match by another column than the target are found in whatever shard they lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.staleness import stale
from astro_assets.ledger.table import Config, Parent, Parents, Table
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
