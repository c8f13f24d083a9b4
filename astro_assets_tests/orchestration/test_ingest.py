"""Files are found in a fixed order and kept once, whatever lies around them."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home, open_home
from astro_assets.observations.tables import RAW_FILES
from astro_assets.orchestration.ingest import find_files, ingest
from astro_assets_tests.ledger.places import file_path
from astro_assets_tests.orchestration import homes


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return open_home(tmp_path / "home", n_shards=homes.N_SHARDS)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    for name in ("b.fits", "a/z.fits", "a/b/c.txt", "c.FITS"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return folder


def found(*paths: Path, below: Path) -> list[str]:
    return [str(path.relative_to(below)) for path in find_files(paths)]


def test_files_come_in_a_fixed_order(folder: Path) -> None:
    assert found(folder, below=folder) == ["a/b/c.txt", "a/z.fits", "b.fits", "c.FITS"]
    assert found(folder / "c.FITS", folder / "a", below=folder) == ["c.FITS", "a/b/c.txt", "a/z.fits"]


def test_hidden_files_and_folders_are_passed_over(folder: Path) -> None:
    before = found(folder, below=folder)
    (folder / ".partial-123").write_text("being written")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("not data")
    assert found(folder, below=folder) == before


def test_a_hidden_folder_that_is_named_is_searched(folder: Path) -> None:
    hidden = folder / ".archive"
    hidden.mkdir()
    (hidden / "a.fits").write_text("a")
    assert found(hidden, below=folder) == [".archive/a.fits"]


def test_links_to_files_count_and_loops_end(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.fits").write_text("elsewhere")
    (folder / "link.fits").symlink_to(tmp_path / "elsewhere.fits")
    before = found(folder, below=folder)
    assert "link.fits" in before
    (folder / "a" / "loop").symlink_to(folder, target_is_directory=True)
    result: list[list[str]] = []
    search = threading.Thread(target=lambda: result.append(found(folder, below=folder)), daemon=True)
    search.start()
    search.join(timeout=20)
    assert result == [before]


def test_a_link_to_a_folder_is_followed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "d.fits").write_text("d")
    (folder / "linked").symlink_to(tmp_path / "archive", target_is_directory=True)
    assert "linked/d.fits" in found(folder, below=folder)


def test_what_cannot_be_read_is_told_and_the_rest_taken_in(home: Home, folder: Path) -> None:
    os.mkfifo(folder / "pipe.fits")
    (folder / "itself").symlink_to(folder / "itself")
    (folder / "nowhere.fits").symlink_to(folder / "no such file")
    report = ingest(homes.ledger_of(home), RAW_FILES, [folder])
    assert report.total("rows") == 4
    assert [note.partition(" was not taken in")[0] for note in report.notes] == [
        str(folder / name) for name in ("itself", "nowhere.fits", "pipe.fits")
    ]


def test_a_failed_listing_is_no_empty_folder(
    home: Home, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = os.scandir

    def scandir(path: Any) -> Any:
        # Root may list everything: the refusal is the system's, the rest is real.
        if str(path) == str(folder / "a"):
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(PermissionError, match="a"):
        ingest(homes.ledger_of(home), RAW_FILES, [folder])
    assert homes.versions(home)[RAW_FILES.name] == -1


def test_a_file_that_the_store_lost_is_restored(home: Home, folder: Path) -> None:
    ledger = homes.ledger_of(home)
    ingest(ledger, RAW_FILES, [folder])
    kept = file_path(ledger.objects, sha256_of(folder / "b.fits"))
    kept.unlink()
    report = ingest(ledger, RAW_FILES, [folder / "b.fits"])
    assert (report.total("rows"), report.total("reused")) == (0, 1)
    assert kept.read_text() == "b.fits"


def test_a_path_that_does_not_exist_is_named(home: Home, folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no_such"):
        ingest(homes.ledger_of(home), RAW_FILES, [folder, folder / "no_such"])
    assert homes.versions(home)[RAW_FILES.name] == -1


def test_the_same_content_is_one_unit_under_its_first_name(home: Home, folder: Path) -> None:
    (folder / "a" / "copy of b.fits").write_text("b.fits")
    report = ingest(homes.ledger_of(home), RAW_FILES, [folder])
    assert report.total("rows") == 4
    stored = homes.units(home, "raw_files", "file_name")
    assert dict(stored.rows())[sha256_of(folder / "b.fits")] == ["copy of b.fits"]
    again = ingest(homes.ledger_of(home), RAW_FILES, [folder / "b.fits"])
    assert (again.total("rows"), again.total("reused"), again.bytes_written) == (0, 1, 0)
    assert homes.units(home, "raw_files", "file_name").equals(stored)


def test_every_copy_is_named_once_however_often_it_comes_in(home: Home, folder: Path) -> None:
    def copies() -> list[str] | None:
        stored = homes.units(home, "raw_files", "copies")
        assert stored.height == 4, "the same content is never there twice"
        found: list[str] | None = dict(stored.rows())[sha256_of(folder / "b.fits")][0]
        return found

    ledger = homes.ledger_of(home)
    ingest(ledger, RAW_FILES, [folder])
    assert copies() is None
    for name in ("a/copy.fits", "a/b/copy.fits"):
        (folder / name).write_text("b.fits")
    assert ingest(ledger, RAW_FILES, [folder]).total("rows") == 1
    assert copies() == ["copy.fits", "copy.fits"]
    for paths in ([folder], [folder / "a"], [folder / "b.fits"], [folder / "a" / "copy.fits"]):
        assert ingest(ledger, RAW_FILES, paths).total("rows") == 0
    assert copies() == ["copy.fits", "copy.fits"]
    (folder / "c.fits").write_text("b.fits")
    ingest(ledger, RAW_FILES, [folder / "c.fits"])
    assert copies() == ["c.fits", "copy.fits", "copy.fits"]


def test_files_are_kept_unchanged_and_read_only(home: Home, folder: Path) -> None:
    progress: list[tuple[int, int]] = []
    report = ingest(
        homes.ledger_of(home), RAW_FILES, [folder], progress=lambda *numbers: progress.append(numbers)
    )
    assert progress == [(n, 4) for n in range(1, 5)]
    size = 0
    for path in find_files([folder]):
        kept = homes.ledger_of(home).objects.get_file(sha256_of(path))
        assert kept.read_bytes() == path.read_bytes()
        assert stat.S_IMODE(kept.stat().st_mode) == 0o444
        size += path.stat().st_size
    assert report.bytes_written == size


def test_a_name_of_bytes_that_are_no_text_is_kept_readable(home: Home, folder: Path) -> None:
    (folder / os.fsdecode(b"\xff.fits")).write_text("named elsewhere")
    ingest(homes.ledger_of(home), RAW_FILES, [folder])
    names = [name for (name,) in homes.units(home, "raw_files", "file_name")["file_name"]]
    assert "\ufffd.fits" in names


def described(home: Home) -> dict[str, str | None]:
    rows = homes.units(home, "raw_files", "file_name", "description").rows()
    return {name: told for _, (name,), (told,) in rows}


def describe(folder: Path, *lines: str) -> Path:
    path = folder / "targets.csv"
    path.write_text("\n".join(("file,target_id,mission", *lines)) + "\n")
    return path


def test_a_line_beside_or_above_is_kept_with_the_file(home: Home, folder: Path) -> None:
    describe(folder, "b.fits,KIC 1,Kepler", "a/z.fits,KIC 2,", "a/b/c.txt,KIC 3,K2")
    describe(folder / "a", "b/c.txt,KIC 4,K2")
    ingest(homes.ledger_of(home), RAW_FILES, [folder / "a", folder / "b.fits"])
    told = described(home)
    assert told["b.fits"] == '{"mission": "Kepler", "target_id": "KIC 1"}'
    assert told["z.fits"] == '{"target_id": "KIC 2"}'
    assert told["c.txt"] == '{"mission": "K2", "target_id": "KIC 4"}'


def test_a_changed_line_replaces_exactly_its_row(home: Home, folder: Path) -> None:
    describe(folder, "b.fits,KIC 1,Kepler", "c.FITS,KIC 2,Kepler")
    ledger = homes.ledger_of(home)
    ingest(ledger, RAW_FILES, [folder])
    before = dict(homes.units(home, "raw_files", "output_hash").rows())
    describe(folder, "b.fits,KIC 9,Kepler", "c.FITS,KIC 2,Kepler")
    report = ingest(ledger, RAW_FILES, [folder])
    after = dict(homes.units(home, "raw_files", "output_hash").rows())
    changed = {key for key in before if before[key] != after[key]}
    assert changed == {sha256_of(folder / "b.fits")}
    assert report.total("rows") == 2  # that one and the new list itself
    assert ingest(ledger, RAW_FILES, [folder]).total("rows") == 0


def test_a_list_alone_brings_the_files_it_names(home: Home, folder: Path) -> None:
    ledger = homes.ledger_of(home)
    ingest(ledger, RAW_FILES, [folder])
    path = describe(folder, "a/z.fits,KIC 2,Kepler", "missing.csv,KIC 3,Kepler")
    ingest(ledger, RAW_FILES, [path])
    assert described(home)["z.fits"] == '{"mission": "Kepler", "target_id": "KIC 2"}'


def test_neither_folder_nor_name_enters_what_is_told(home: Home, folder: Path, tmp_path: Path) -> None:
    describe(folder, "b.fits,KIC 1,Kepler")
    ledger = homes.ledger_of(home)
    ingest(ledger, RAW_FILES, [folder])
    before = homes.units(home, "raw_files", "description")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "other.fits").write_bytes((folder / "b.fits").read_bytes())
    ingest(ledger, RAW_FILES, [elsewhere])  # described nowhere: what was told stays
    describe(elsewhere, "other.fits,KIC 1,Kepler")
    report = ingest(ledger, RAW_FILES, [elsewhere])
    assert report.total("rows") == 1  # the list; its content differs
    after = homes.units(home, "raw_files", "description")
    assert before.rows() == [row for row in after.rows() if row[0] in set(before["key"])]


def test_of_copies_the_described_one_counts(home: Home, folder: Path) -> None:
    (folder / "a" / "copy.fits").write_text("b.fits")
    describe(folder, "b.fits,KIC 1,Kepler")
    ingest(homes.ledger_of(home), RAW_FILES, [folder])
    assert described(home)["copy.fits"] == '{"mission": "Kepler", "target_id": "KIC 1"}'


@pytest.mark.parametrize(
    "content",
    [
        b"file\n../b.fits\n",
        b'file,a\n"unclosed',
        b"",
        b"file,,\n/b.fits,1,2,3,4\n",
    ],
)
def test_a_list_without_a_line_for_a_file_says_nothing_of_it(
    home: Home, folder: Path, content: bytes
) -> None:
    (folder / "targets.csv").write_bytes(content)
    (folder / "a" / "targets.csv").mkdir()
    report = ingest(homes.ledger_of(home), RAW_FILES, [folder])
    assert report.total("rows") == 5
    assert set(described(home).values()) == {None}


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"no header at all"])
def test_a_list_that_cannot_be_read_is_told_where_nothing_was_said(
    home: Home, folder: Path, content: bytes
) -> None:
    path = describe(folder, "b.fits,KIC 1,Kepler")
    ingest(homes.ledger_of(home), RAW_FILES, [folder])
    path.write_bytes(content)
    ingest(homes.ledger_of(home), RAW_FILES, [folder])
    lines = described(home)
    assert lines.pop("b.fits") == '{"mission": "Kepler", "target_id": "KIC 1"}'
    assert all(line is not None and line.startswith('{"": "targets.csv ') for line in lines.values()), lines


@pytest.mark.parametrize("part", ["", "b.fits"])
def test_a_list_above_what_is_taken_in_counts(home: Home, folder: Path, part: str) -> None:
    describe(folder.parent, f"{folder.name}/b.fits,KIC 1,Kepler")
    ingest(homes.ledger_of(home), RAW_FILES, [folder / part])
    assert described(home)["b.fits"] == '{"mission": "Kepler", "target_id": "KIC 1"}'


def test_a_list_in_the_inbox_counts_for_a_file_that_is_requested(home: Home) -> None:
    path = home.inbox / "a" / "b.csv"
    path.parent.mkdir()
    path.write_text("0,1\n")
    describe(home.inbox, "a/b.csv,KIC 1,Kepler")
    ingest(homes.ledger_of(home), RAW_FILES, [path])
    assert described(home)["b.csv"] == '{"mission": "Kepler", "target_id": "KIC 1"}'
