"""Reading a home again finds what was damaged or lost in any of its stores, and says what restores it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from astro_assets.ledger import checksums
from astro_assets.ledger.home import HomeError, open_home
from astro_assets.ledger.home_verification import verify_home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.models import fit_model
from astro_assets.ledger.records import keep_record
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_entries, put_files, refresh, toy_ledger


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    """Make a home with a model and its record, whose older versions hold arrays that today's do not."""
    ledger = toy_ledger(tmp_path_factory.mktemp("home") / "home", with_models=True)
    put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", [0.1 * i, 0.7]) for i in range(4)))
    put_entries(ledger, {"e": ("SIM 1", 2.0)})
    refresh(ledger)
    version = fit_model(ledger, toy.level_spec(ledger.table("stars")))
    keep_record(ledger, "toy/level", version)
    put_files(ledger, toy.file_row("f0", "SIM 0", [5.0, 0.2]))
    refresh(ledger)
    return ledger


def found(ledger: Ledger) -> dict[str, str]:
    checksums._SOUND.clear()
    return {finding.place: finding.remedy for finding in verify_home(ledger)[1]}


def test_a_sound_home_has_no_findings_and_all_of_it_is_read(made: Ledger) -> None:
    seen: list[tuple[int, int]] = []
    n_files, findings = verify_home(made, lambda done, to_do: seen.append((done, to_do)))
    stored = [
        path
        for kind in ("objects", "files", "sources", "environments", "configs", "records")
        for path in (made.home.root / kind).rglob("*")
        if path.is_file()
    ]
    assert findings == []
    assert n_files == len(stored) == len(seen)
    assert seen[-1] == (n_files, n_files)


def flipped(path: Path) -> None:
    whole = path.read_bytes()
    middle = len(whole) // 2
    path.write_bytes(whole[:middle] + bytes([whole[middle] ^ 4]) + whole[middle + 1 :])


@pytest.mark.parametrize("damage", [flipped, Path.unlink, lambda path: path.write_bytes(b"")])
@pytest.mark.parametrize(
    ("pattern", "remedy"),
    [
        ("tables/toy/curves/shard=*/*.parquet", "run --recompute toy/curves"),
        ("tables/toy/files/_delta_log/*.json", "run --recompute toy/files"),
        ("objects/*/*.arrow", ""),
        ("files/*/*", ""),
        ("sources/*.zip", "copy it from a backup"),
        ("environments/*.json", "copy it from a backup"),
        ("configs/*.json", "copy it from a backup"),
    ],
)
def test_every_damaged_file_is_named(
    made: Ledger, pattern: str, remedy: str, damage: Callable[[Path], object]
) -> None:
    for path in sorted(made.home.root.glob(pattern)):
        whole, mode = path.read_bytes(), path.stat().st_mode
        path.chmod(0o644)
        try:
            damage(path)
            told = found(made)
        finally:
            path.write_bytes(whole)
            path.chmod(mode)
        assert list(told) == [str(path)]
        assert remedy in told[str(path)]


def as_loop(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def as_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [as_loop, as_folder])
@pytest.mark.parametrize("kind", ["objects", "files", "sources", "environments", "configs", "tables"])
def test_what_cannot_be_read_is_a_finding_and_the_rest_is_read(
    made: Ledger, kind: str, damage: Callable[[Path], object], tmp_path: Path
) -> None:
    shutil.copytree(made.home.root, tmp_path / "home")
    ledger = replace(made, home=replace(made.home, root=tmp_path / "home"))
    (_, other, *_), ending = sorted((tmp_path / "home" / "objects").rglob("*.arrow")), "*/*.copy"
    below = tmp_path / "home" / kind
    path = min(of for of in below.rglob(ending if kind == "tables" else "*") if of.is_file())
    flipped(other)
    damage(path)
    told = {finding.place: finding.problem for finding in verify_home(ledger)[1]}
    assert told.keys() == {str(path), str(other)}
    assert told[str(path)].startswith("cannot be read: ")


def test_an_array_is_restored_by_the_table_that_made_it(made: Ledger) -> None:
    digest = made.open(made.table("curves")).rows(["curve"]).collect()["curve"][0]
    path = made.home.root / made.objects.array_key(digest)
    whole = path.read_bytes()
    try:
        path.unlink()
        assert found(made) == {str(path): "astro-assets run --recompute toy/curves"}
    finally:
        path.write_bytes(whole)


def test_a_record_with_another_number_in_it_is_damaged(made: Ledger) -> None:
    (path,) = made.home.root.glob("records/*.json")
    whole = path.read_bytes()
    try:
        path.write_bytes(whole.replace(b'"n_shards": 4', b'"n_shards": 5'))
        assert path.read_bytes() != whole
        assert list(found(made)) == [str(path)]
    finally:
        path.write_bytes(whole)


def test_no_bit_of_the_marker_may_change_and_no_end_of_it_be_lost(tmp_path: Path) -> None:
    root = open_home(tmp_path / "home", n_shards=64).root
    marker = root / "home.toml"
    whole = marker.read_bytes()
    places = range(len(whole))
    flipped = [
        whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :]
        for place in places
        for bit in range(8)
    ]
    for damaged in (*flipped, *(whole[:place] for place in places)):
        marker.write_bytes(damaged)
        with pytest.raises(HomeError, match=r"home\.toml is damaged"):
            open_home(root)
    marker.write_bytes(whole)
    assert open_home(root).n_shards == 64


def test_a_marker_written_again_by_hand_needs_no_checksum(tmp_path: Path) -> None:
    (tmp_path / "home.toml").write_text("# from the backup of May\nformat = 1\nn_shards = 64\n")
    assert open_home(tmp_path).n_shards == 64


def test_the_checksum_of_a_marker_may_come_last(tmp_path: Path) -> None:
    root = open_home(tmp_path / "home", n_shards=64).root
    marker = root / "home.toml"
    checksum, *lines = marker.read_text().splitlines(keepends=True)
    marker.write_text("".join([*lines, checksum]))
    assert open_home(root).n_shards == 64
    marker.write_text("".join([*lines[:-1], lines[-1].replace("64", "65"), checksum]))
    with pytest.raises(HomeError, match="do not match its checksum"):
        open_home(root)
    marker.write_text("".join(lines)[:-2])
    with pytest.raises(HomeError, match="its end is missing"):
        open_home(root)


def test_a_home_without_its_marker_is_not_taken_for_a_new_one(tmp_path: Path) -> None:
    ledger = toy_ledger(tmp_path / "home")
    put_files(ledger, toy.file_row("f1", "SIM 1", [0.1]))
    (tmp_path / "home" / "home.toml").unlink()
    with pytest.raises(HomeError, match=r"home\.toml is missing, and there are tables"):
        open_home(tmp_path / "home")
