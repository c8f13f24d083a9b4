"""A table whose files are damaged becomes readable again, and ends up with the rows that it had."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from astro_assets.ledger import checksums
from astro_assets.ledger.checksums import all_damages, checksum_path, entry_path
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.mending import mend
from astro_assets.ledger.update import update
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import CHAIN, contents, put_files, refresh, toy_ledger
from astro_assets_tests.ledger.places import table_path

ROWS = [toy.file_row(f"f{i}", f"SIM {i}", [0.1 * i, 0.7]) for i in range(8)]
ALL = ("files", *CHAIN)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    checksums._SOUND.clear()
    ledger = toy_ledger(tmp_path / "home of a b é")
    put_files(ledger, *ROWS[:5])
    refresh(ledger)
    put_files(ledger, *ROWS)
    refresh(ledger)
    return ledger


def restore(ledger: Ledger, name: str) -> list[str]:
    """Do what `run --recompute` does."""
    notes = mend(ledger, ledger.table(name))
    put_files(ledger, *ROWS)
    for short in CHAIN:
        update(ledger, ledger.table(short), recompute=short == name)
    return notes


def flip(path: Path, place: int = 20) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 64]) + whole[place + 1 :])


@pytest.mark.parametrize("name", ["files", "curves", "stars"])
@pytest.mark.parametrize("part", ["data", "entry", "every entry", "checksums", "entry and its copy"])
def test_rows_come_back(ledger: Ledger, name: str, part: str) -> None:
    before, folder = contents(ledger, ALL), table_path(ledger.home, f"toy/{name}")
    version = ledger.open(ledger.table(name)).version
    if part == "data":
        paths = [folder / of for of in ledger.open(ledger.table(name)).file_names()]
    elif part == "every entry":
        paths = [entry_path(folder, of) for of in range(version + 1)]
    else:
        paths = [entry_path(folder, version)] if "entry" in part else [checksum_path(folder, 1)]
    for path in paths:
        flip(path)
    if "copy" in part:
        paths[0].write_bytes(b"cut off")
        paths.append(checksum_path(folder, version))
        flip(paths[-1])
    told = {damage.path for damage in all_damages(folder)}
    assert set(paths) <= told
    notes = restore(ledger, name)
    for path in told:
        assert any(str(path) in note for note in notes)
    assert contents(ledger, ALL) == before
    assert list(all_damages(folder)) == []


def test_what_is_only_shorter_without_its_checkpoint_loses_nothing(ledger: Ledger) -> None:
    for i in range(20):
        put_files(ledger, toy.file_row("again", "SIM 1", [0.3, i / 64]))
    put_files(ledger, remove=["again"])
    refresh(ledger)
    before, folder = contents(ledger, ALL), table_path(ledger.home, "toy/files")
    (checkpoint,) = (folder / "_delta_log").glob("*.checkpoint.parquet")
    version = ledger.open(ledger.table("files")).version
    checkpoint.write_bytes(b"no parquet")
    assert mend(ledger, ledger.table("files")) == [
        f"{checkpoint} is damaged: its bytes are not those that were written: set aside"
    ]
    assert ledger.open(ledger.table("files")).version == version
    assert contents(ledger, ALL) == before


@pytest.mark.parametrize("other", ["no other", "a commit after the checkpoint", "the checkpoint"])
def test_entries_that_are_lost_before_a_checkpoint_and_elsewhere_are_mended(
    ledger: Ledger, other: str
) -> None:
    for i in range(20):
        put_files(ledger, toy.file_row("again", "SIM 1", [0.3, i / 64]))
    put_files(ledger, remove=["again"])
    refresh(ledger)
    before, folder = contents(ledger, ALL), table_path(ledger.home, "toy/files")
    lost = [3] if other != "a commit after the checkpoint" else [3, ledger.open(toy.FILES).version - 1]
    for version in lost:
        for path in (entry_path(folder, version), checksum_path(folder, version)):
            path.write_bytes(b"cut off")
    if other == "the checkpoint":
        flip(next((folder / "_delta_log").glob("*.checkpoint.parquet")))
    restore(ledger, "files")
    put_files(ledger, remove=["again"])  # what it lacks is taken in again, and out
    refresh(ledger)
    assert contents(ledger, ALL) == before
    assert list(all_damages(folder)) == []
    assert mend(ledger, ledger.table("files")) == []


def test_a_sound_table_is_left_alone(ledger: Ledger) -> None:
    there = {path: path.stat().st_mtime_ns for path in ledger.home.root.rglob("*")}
    for table in ledger.tables:
        assert mend(ledger, table) == []
    assert {path: path.stat().st_mtime_ns for path in ledger.home.root.rglob("*")} == there


def test_what_was_taken_out_of_a_table_that_nothing_computes_does_not_come_back(ledger: Ledger) -> None:
    put_files(ledger, remove=["f1", "f2"])
    before, folder = contents(ledger, ["files"]), table_path(ledger.home, "toy/files")
    for path in folder.glob("shard=*/*.parquet"):
        flip(path)
    mend(ledger, ledger.table("files"))
    assert contents(ledger, ["files"]) == before
    assert list(all_damages(folder)) == []


def test_damage_in_several_files_at_once_is_mended(ledger: Ledger) -> None:
    before = contents(ledger, ALL)
    rng = random.Random(3)  # noqa: S311  not for secrets
    for name in ALL:
        for path in rng.sample(sorted(table_path(ledger.home, f"toy/{name}").rglob("*.parquet")), 3):
            flip(path, rng.randrange(path.stat().st_size))
    for name in ALL:
        mend(ledger, ledger.table(name))
    for name in ALL:
        restore(ledger, name)
    assert contents(ledger, ALL) == before
    assert [damage for name in ALL for damage in all_damages(table_path(ledger.home, f"toy/{name}"))] == []
