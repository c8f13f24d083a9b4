"""Every byte of a table that was changed, cut off or lost is found, and its file named."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astro_assets.ledger import checksums
from astro_assets.ledger.checksums import (
    all_damages,
    checksum_path,
    copy_of_entry,
    entry_path,
    keep_again,
    keep_checksums,
    leave_out,
)
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.store import DamagedTableError
from astro_assets.ledger.update import update
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_files, refresh, toy_ledger
from astro_assets_tests.ledger.places import table_path

#: So many commits that there is a checkpoint.
_N = 22


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    ledger = toy_ledger(tmp_path_factory.mktemp("home") / "with space")
    for i in range(_N):
        put_files(ledger, toy.file_row(f"f{i % 3}", f"SIM {i % 3}", [0.1 * i, 0.7]))
    refresh(ledger)
    return ledger


def folder_of(ledger: Ledger, name: str = "files") -> Path:
    return table_path(ledger.home, f"toy/{name}")


def files_of(folder: Path) -> list[Path]:
    """Return the files of a table; what points to the last checkpoint may be lost, and stands for itself."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "_last_checkpoint")


def test_a_table_that_nobody_touched_is_sound(ledger: Ledger) -> None:
    for name in ("files", "curves", "stars"):
        assert list(all_damages(folder_of(ledger, name))) == []
    kinds = {
        path.suffix if "shard=" in str(path) else path.parent.name for path in files_of(folder_of(ledger))
    }
    assert kinds == {".parquet", "_delta_log", "_checksums", "copies"}
    assert list((folder_of(ledger) / "_delta_log").glob("*.checkpoint.parquet"))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(data=st.data())
def test_any_flipped_bit_of_any_file_is_found_and_named(ledger: Ledger, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(files_of(folder_of(ledger))))
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole) - 1))
    flipped = bytearray(whole)
    flipped[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        path.write_bytes(flipped)
        assert path in {damage.path for damage in all_damages(folder_of(ledger))}
    finally:
        path.write_bytes(whole)


def test_any_lost_file_is_found_and_named(ledger: Ledger) -> None:
    folder = folder_of(ledger)
    for path in files_of(folder):
        if path in (checksum_path(folder, 0), checksum_path(folder, _N)):
            continue  # a killed writer lacks the last as well, and a home of before the first
        if path.suffix == ".copy":
            continue
        aside = path.rename(path.with_name(".aside"))
        try:
            assert [damage.path for damage in all_damages(folder)] == [path]
        finally:
            aside.rename(path)


def test_an_update_stops_at_a_damaged_file_and_names_it_with_what_restores_it(tmp_path: Path) -> None:
    ledger = toy_ledger(tmp_path / "home")
    put_files(ledger, toy.file_row("f1", "SIM 1", [0.1]))
    refresh(ledger, ["curves"])
    (path,) = folder_of(ledger, "curves").rglob("*.parquet")
    whole = path.read_bytes()
    path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    checksums._SOUND.clear()  # as in another process, which has not read the table yet
    with pytest.raises(DamagedTableError) as told:
        update(ledger, ledger.table("stars"))
    assert str(path) in str(told.value)
    assert "run --recompute toy/curves" in str(told.value)


def test_a_commit_that_is_lost_from_the_end_of_the_log_is_no_older_version(tmp_path: Path) -> None:
    ledger = toy_ledger(tmp_path / "home")
    put_files(ledger, toy.file_row("f1", "SIM 1", [0.1]))
    put_files(ledger, toy.file_row("f2", "SIM 2", [0.1]))
    lost = entry_path(folder_of(ledger), 2)
    lost.unlink()
    with pytest.raises(DamagedTableError, match=f"{lost} is missing"):
        ledger.open(ledger.table("files"))


def test_a_log_that_lost_its_first_commits_is_no_table_that_was_never_written(tmp_path: Path) -> None:
    ledger = toy_ledger(tmp_path / "home")
    put_files(ledger, toy.file_row("f1", "SIM 1", [0.1]))
    for version in (0, 1):
        entry_path(folder_of(ledger), version).unlink()
    with pytest.raises(DamagedTableError, match=r"json is missing"):
        ledger.open(ledger.table("files"))


def test_checksums_that_a_killed_writer_did_not_keep_are_kept_by_the_next(tmp_path: Path) -> None:
    ledger = toy_ledger(tmp_path / "home")
    folder = folder_of(ledger)
    for i in range(3):
        put_files(ledger, toy.file_row(f"f{i}", f"SIM {i}", [0.1]))
    for version in (2, 3):
        checksum_path(folder, version).unlink()
    put_files(ledger, toy.file_row("f1", "SIM 1", [0.1]))  # nothing new: nothing is committed
    assert checksum_path(folder, 2).exists()
    assert checksum_path(folder, 3).exists()
    assert list(all_damages(folder)) == []


@pytest.mark.parametrize("is_killed", [False, True])
def test_a_checkpoint_that_is_made_after_the_checksums_of_its_commit_gets_one(
    tmp_path: Path, *, is_killed: bool
) -> None:
    """Another writer keeps those of a commit that goes on to its checkpoint, and may be killed there."""
    ledger = toy_ledger(tmp_path / "home")
    folder = folder_of(ledger)
    for i in range(_N):
        put_files(ledger, toy.file_row("f", "SIM 1", [0.1 * i]))
    (checkpoint,) = (folder / "_delta_log").glob("*.checkpoint.parquet")
    version = int(checkpoint.name[:20])
    aside = checkpoint.rename(tmp_path / "aside")
    keep_again(folder, version, with_copies=True)
    aside.rename(checkpoint)
    keep_checksums(folder, version + is_killed, with_copies=True)
    checkpoint.write_bytes(b"cut off")
    assert checkpoint in {damage.path for damage in all_damages(folder)}


def test_a_home_of_before_gets_checksums_from_now_on(tmp_path: Path) -> None:
    ledger = toy_ledger(tmp_path / "home")
    folder = folder_of(ledger)
    for i in range(3):
        put_files(ledger, toy.file_row(f"f{i}", f"SIM {i}", [0.1]))
    for version in range(4):
        checksum_path(folder, version).unlink()
    keep_checksums(folder, 3)
    assert not checksum_path(folder, 2).exists()
    assert list(all_damages(folder)) == []


def test_what_is_removed_on_purpose_is_not_missed_and_entries_have_copies(ledger: Ledger) -> None:
    folder = folder_of(ledger)
    assert copy_of_entry(folder, 3) == entry_path(folder, 3).read_bytes()
    assert copy_of_entry(folder, _N + 5) is None
    path = min(folder.glob("shard=*/*.parquet"))
    aside = path.rename(path.with_name(".aside"))
    before = {of: of.read_bytes() for of in (folder / "_checksums").glob("*.json")}
    try:
        leave_out(folder, [str(path.relative_to(folder))])
        assert list(all_damages(folder)) == []
    finally:
        aside.rename(path)
        for of, whole in before.items():
            of.write_bytes(whole)
