"""Files are found in a fixed order and kept once, whatever lies around them."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.objects import sha256_of
from astro_assets.observations.tables import RAW_FILES
from astro_assets.orchestration.ingest import find_files, ingest
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
    kept = ledger.objects.file_path(sha256_of(folder / "b.fits"))
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
