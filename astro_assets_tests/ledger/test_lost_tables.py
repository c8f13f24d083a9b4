"""A table that is lost is no table that was never written: who reads it is told, and so is `verify`."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from astro_assets.ledger.creation import created_key, was_created
from astro_assets.ledger.home import Home
from astro_assets.ledger.home_verification import verify_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.left_out import FORGOTTEN, RETRACTIONS, left_out
from astro_assets.ledger.mending import mend
from astro_assets.ledger.retraction import set_retracted
from astro_assets.ledger.staleness import stale
from astro_assets.ledger.store import DamagedTableError, LostTableError
from astro_assets.ledger.table import Table
from astro_assets.ledger.update import put_units, update
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import CHAIN, contents, put_files, refresh, toy_ledger
from astro_assets_tests.ledger.places import table_path
from astro_assets_tests.object_store import ObjectStoreServer

ALL = ("files", *CHAIN)
_FORGOTTEN = {
    "salt": "0" * 32, "tombstone": "1" * 64, "why": "", "forgotten_at": "2026-01-01", "removed": "{}",
    "models": [],
}  # fmt: skip


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    ledger = toy_ledger(tmp_path / "home")
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [0.1 * i, 0.7]) for i in range(4)))
    refresh(ledger)
    return open_ledger(ledger.home, [*ledger.tables, RETRACTIONS, FORGOTTEN])


def lose_log(folder: Path) -> None:
    shutil.rmtree(folder / "_delta_log")


def lose_log_and_checksums(folder: Path) -> None:
    lose_log(folder)
    shutil.rmtree(folder / "_checksums")


LOSSES = [lose_log, lose_log_and_checksums, shutil.rmtree]


@pytest.mark.parametrize("lose", LOSSES)
@pytest.mark.parametrize("table", [RETRACTIONS, FORGOTTEN])
def test_no_decision_on_a_target_ends_because_its_table_is_lost(
    ledger: Ledger, table: Table, lose: Callable[[Path], None]
) -> None:
    set_retracted(ledger, "SIM 1", "a ghost", is_retracted=True)
    put_units(ledger, FORGOTTEN, {"1" * 64: [_FORGOTTEN]})
    assert left_out(ledger.home)
    lose(table_path(ledger.home, table.name))
    for ask in (lambda: left_out(ledger.home), lambda: stale(ledger)):
        with pytest.raises(DamagedTableError, match="missing"):
            ask()


def test_retractions_of_which_the_log_is_lost_come_back(ledger: Ledger) -> None:
    set_retracted(ledger, "SIM 1", "a ghost", is_retracted=True)
    before = left_out(ledger.home)
    lose_log(table_path(ledger.home, RETRACTIONS.name))
    assert mend(ledger, RETRACTIONS)
    assert left_out(ledger.home) == before


@pytest.mark.parametrize("lose", LOSSES[1:])
def test_a_lost_table_that_is_computed_is_told_and_made_again(
    ledger: Ledger, lose: Callable[[Path], None]
) -> None:
    before, folder = contents(ledger, ALL), table_path(ledger.home, "toy/curves")
    lose(folder)
    with pytest.raises(LostTableError, match=r"run --recompute toy/curves"):
        stale(ledger)
    (finding,) = verify_home(ledger)[1]
    assert (finding.place, finding.problem) == (str(folder), "is missing")
    assert mend(ledger, ledger.table("curves")) == [f"{folder} is missing: made again"]
    for name in CHAIN:
        update(ledger, ledger.table(name), recompute=name == "curves")
    assert contents(ledger, ALL) == before
    assert verify_home(ledger)[1] == []


def test_a_lost_table_that_nothing_computes_is_mended_by_a_backup_alone(
    ledger: Ledger, tmp_path: Path
) -> None:
    before, folder = contents(ledger, ALL), table_path(ledger.home, "toy/files")
    shutil.copytree(folder, tmp_path / "backup")
    shutil.rmtree(folder)
    with pytest.raises(LostTableError, match="copy it from a backup"):
        mend(ledger, ledger.table("files"))
    (finding,) = verify_home(ledger)[1]
    assert "copy it from a backup" in finding.remedy
    shutil.copytree(tmp_path / "backup", folder)
    assert contents(ledger, ALL) == before
    assert verify_home(ledger)[1] == []


def test_without_a_backup_it_can_be_begun_anew(ledger: Ledger) -> None:
    shutil.rmtree(table_path(ledger.home, "toy/files"))
    mark = ledger.home.root / created_key(ledger.table("files"))
    with pytest.raises(LostTableError, match=f"remove {mark}"):
        ledger.open(ledger.table("files"))
    mark.unlink()
    put_files(ledger, toy.file_row("f1", "SIM 1", [0.1]))
    assert list(contents(ledger, ["files"])["files"]) == ["f1"]


def test_a_home_of_before_learns_what_was_written_when_it_is_written_again(ledger: Ledger) -> None:
    shutil.rmtree(ledger.home.root / "created")
    assert not stale(ledger).entries.height
    refresh(ledger)
    put_files(ledger)
    for name in ALL:
        assert was_created(ledger.home, ledger.table(name))
    assert not was_created(ledger.home, ledger.table("catalogue"))


def test_in_an_object_store_a_lost_table_is_told_as_well(tmp_path: Path, in_store: ObjectStoreServer) -> None:
    del in_store
    ledger = toy_ledger(tmp_path / "home")
    put_files(ledger, toy.file_row("f1", "SIM 1", [0.1]))
    refresh(ledger, ["curves"])
    before, storage = contents(ledger, ["curves"]), ledger.home.storage
    for entry in storage.entries("tables/toy/curves/_delta_log/"):
        storage.remove(entry.key)
    with pytest.raises(LostTableError, match=r"tables/toy/curves is missing"):
        stale(ledger)
    (finding,) = verify_home(ledger)[1]
    assert finding.place == storage.place("tables/toy/curves")
    mend(ledger, ledger.table("curves"))
    update(ledger, ledger.table("curves"), recompute=True)
    assert contents(ledger, ["curves"]) == before


def test_a_table_that_is_written_for_the_first_time_while_it_is_looked_for_is_not_lost(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process commits between the look for its log and the look for its mark."""
    table, looks = ledger.table("catalogue"), [1]

    def asked_meanwhile(home: Home, of: Table) -> bool:
        if looks and looks.pop():
            put_units(ledger, table, {"e": [{"entry": "e", "target_id": "SIM 1", "factor": 2.0}]})
        return was_created(home, of)

    monkeypatch.setattr("astro_assets.ledger.store.was_created", asked_meanwhile)
    assert ledger.open(table).version == 1
