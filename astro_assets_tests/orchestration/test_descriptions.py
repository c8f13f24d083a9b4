"""A line of a targets.csv is found beside or above its file, whatever else the list holds."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from astro_assets.orchestration.descriptions import DESCRIPTIONS, Descriptions


def write(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / DESCRIPTIONS
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def told(path: Path, *roots: Path, said: str | None = None) -> dict[str, str] | None:
    """Return what is told of a file taken in with some folders, or else with the whole disk."""
    line = Descriptions(roots or [Path("/")]).of(path, said)
    return None if line is None else json.loads(line)


def test_a_line_beside_the_file_counts_before_one_above(tmp_path: Path) -> None:
    write(tmp_path, "file,target_id", "a/b/c.csv,KIC 1", "a/b/d.csv,KIC 2", "a/e.csv,KIC 3")
    write(tmp_path / "a" / "b", "file,target_id", "c.csv,KIC 9")
    assert told(tmp_path / "a" / "b" / "c.csv") == {"target_id": "KIC 9"}
    assert told(tmp_path / "a" / "b" / "d.csv") == {"target_id": "KIC 2"}
    assert told(tmp_path / "a" / "e.csv") == {"target_id": "KIC 3"}
    assert told(tmp_path / "a" / "f.csv") is None


def test_a_line_is_its_cells_whatever_their_order_and_the_name_of_the_file(tmp_path: Path) -> None:
    write(tmp_path / "one", "file,target_id,flux,flux_err", "a.csv, KIC 1 ,1,")
    write(tmp_path / "two", " flux , file ,target_id", "1,./sub/b.csv,KIC 1", encoding="utf-8-sig")
    files = (tmp_path / "one" / "a.csv", tmp_path / "two/sub/b.csv")
    lines = {Descriptions([tmp_path]).of(file) for file in files}
    assert lines == {'{"flux": "1", "target_id": "KIC 1"}'}


def test_two_lines_of_one_file_agree_or_are_an_error(tmp_path: Path) -> None:
    path = write(tmp_path, "file,target_id", "a.csv,KIC 1", "./a.csv,KIC 2", "b.csv,KIC 3", "./b.csv, KIC 3 ")
    error = {"": "targets.csv has two lines for it that differ"}
    assert told(tmp_path / "a.csv") == told(tmp_path / "a.csv", said="{}") == error
    assert told(tmp_path / "b.csv") == {"target_id": "KIC 3"}
    (tmp_path / "a.csv").touch()
    assert list(Descriptions([]).described_by(path)) == [tmp_path / "a.csv"]


def test_a_list_above_what_is_taken_in_counts_if_it_names_the_file(tmp_path: Path) -> None:
    inside = tmp_path / "in" / "deep"
    write(tmp_path, "file,target_id", "in/deep/a.csv,KIC 1", "in/b.csv,KIC 2")
    (tmp_path / "elsewhere").mkdir()
    a, b = inside / "a.csv", tmp_path / "in" / "b.csv"
    a.parent.mkdir(parents=True)
    for file, target in ((a, "KIC 1"), (b, "KIC 2")):
        file.touch()
        for root in (tmp_path / "in", file, tmp_path / "elsewhere"):
            assert told(file, root) == {"target_id": target}
    (tmp_path / "in" / "a.csv").touch()
    assert told(tmp_path / "in" / "a.csv", tmp_path / "in") is None, "the path is another one"
    assert told(a, tmp_path) == told(a, inside, tmp_path, a) == {"target_id": "KIC 1"}
    write(inside, "file,target_id", "a.csv,KIC 9")
    assert told(a, a) == {"target_id": "KIC 9"}


def test_a_list_above_that_is_too_large_broken_or_of_another_user_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    file = inside / "a.csv"
    file.touch()
    path = write(tmp_path, "file,target_id", "in/a.csv,KIC 1")
    assert told(file, inside) == {"target_id": "KIC 1"}
    monkeypatch.setattr(os, "getuid", lambda: 12345)
    assert told(file, inside) == {"target_id": "KIC 1"}, "the file's owner wrote it"
    if path.owner() == "root":  # only root may give files away
        os.chown(path, 54321, -1)
        assert told(file, inside) is None
        os.chown(path, 0, -1)
    path.write_bytes(b"no header at all")
    assert told(file, inside) is None
    assert told(file, tmp_path) is not None, "of what is taken in, a broken list is told"
    path.write_text("file,target_id\nin/a.csv,KIC 1\n")
    os.truncate(path, 17 * 2**20)
    assert told(file, inside) is None


def test_what_stands_where_a_root_is_told_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "file,target_id", "a/b.csv,KIC 1")
    (tmp_path / "a").mkdir()
    monkeypatch.chdir(tmp_path)
    assert told(Path("a/b.csv"), Path()) == told(tmp_path / "a/b.csv", Path()) == {"target_id": "KIC 1"}
    (tmp_path / "a" / "b.csv").touch()
    assert told(Path("a/b.csv"), Path("a")) == {"target_id": "KIC 1"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_lists_as_spreadsheets_write_them(tmp_path: Path, delimiter: str, encoding: str, end: str) -> None:
    lines = ["file,target_id,note", "étoile.csv,KIC 1,naïve", "b.csv,KIC 2,"]
    content = end.join(lines).replace(",", delimiter).encode(encoding)
    (tmp_path / DESCRIPTIONS).write_bytes(content)
    assert told(tmp_path / "étoile.csv") == {"target_id": "KIC 1", "note": "naïve"}
    assert told(tmp_path / "b.csv") == {"target_id": "KIC 2"}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"target_id\nKIC 1\n", "is not comma-separated UTF-8 whose first line has the name 'file'"),
        (b"# tables\nfile,target_id\na.csv,KIC 1\n", "is not comma-separated UTF-8 whose first line"),
        (b"file|target_id\na.csv|KIC 1\n", "is not comma-separated UTF-8 whose first line"),
        (b"\x1f\x8b\x08\x00", "is not comma-separated UTF-8"),
        (b"\xff\xfe\x00", "is not comma-separated UTF-8: 'utf-16"),
        (b"file,x\n\x81\xff,1\n", "is not comma-separated UTF-8: 'charmap'"),
        (b"file,target_id\nb.csv," + b"x" * 200_000 + b"\na.csv,KIC 1\n", "field larger than field limit"),
    ],
)
def test_what_cannot_be_read_is_told_of_the_files_around_it(
    tmp_path: Path, content: bytes, error: str
) -> None:
    (tmp_path / DESCRIPTIONS).write_bytes(content)
    line = told(tmp_path / "a.csv")
    assert line is not None
    assert list(line) == [""]
    assert line[""].startswith("targets.csv ")
    assert error in line[""]
    assert told(tmp_path / "a.csv", said='{"target_id": "KIC 1"}') is None, "what was said before stays"
    write(tmp_path / "in", "file,target_id", "a.csv,KIC 1")
    assert told(tmp_path / "in" / "a.csv") == {"target_id": "KIC 1"}
    assert list(Descriptions([]).described_by(tmp_path / DESCRIPTIONS)) == []


def test_paths_are_found_from_the_working_folder_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "file,target_id", "a.csv,KIC 1")
    monkeypatch.chdir(tmp_path)
    assert told(Path("a.csv")) == {"target_id": "KIC 1"}


@pytest.mark.parametrize("name", ["../a.csv", "x/../a.csv", "{folder}/a.csv", "", ".", "/"])
def test_a_line_reaches_no_file_outside_its_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "lists"
    path = write(folder, "file,target_id", f"{name.format(folder=tmp_path)},KIC 1")
    for file in (tmp_path / "a.csv", folder / "a.csv"):
        file.write_text("0,1\n")
        assert told(file) is None
    assert list(Descriptions([]).described_by(path)) == []


def test_files_that_a_list_names_come_in_order_if_they_exist(tmp_path: Path) -> None:
    path = write(tmp_path, "file,target_id", "b.csv,KIC 1", "missing.csv,KIC 2", "a/c.csv,KIC 3", "a,KIC 4")
    (tmp_path / "a").mkdir()
    for name in ("b.csv", "a/c.csv"):
        (tmp_path / name).write_text("0,1\n")
    found = list(Descriptions([]).described_by(path))
    assert found == [tmp_path / "a" / "c.csv", tmp_path / "b.csv"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"file",
        b"file,target_id\na.csv\n",
        b"file,target_id\n\xff.csv,KIC 1\n",
        b'file,target_id\n"a.csv,KIC 1\n',
        b"file,target_id\n\x00,KIC 1\n",
    ],
)
def test_what_is_no_list_describes_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / DESCRIPTIONS).write_bytes(content)
    assert not told(tmp_path / "a.csv")


def test_more_cells_than_names_are_passed_over(tmp_path: Path) -> None:
    write(tmp_path, "file,target_id,,flux", "a.csv,KIC 1,nameless,2,more,and more")
    assert told(tmp_path / "a.csv") == {"target_id": "KIC 1", "flux": "2"}


def test_a_list_of_gigabytes_and_a_folder_of_its_name_are_not_read(tmp_path: Path) -> None:
    os.truncate(write(tmp_path, "file,target_id", "a/b.csv,KIC 1"), 2**32)
    (tmp_path / "a" / DESCRIPTIONS).mkdir(parents=True)
    assert told(tmp_path / "a" / "b.csv") == {"": "targets.csv has 4294967296 bytes, more than 134217728"}


def test_a_list_is_read_once_for_all_files_of_an_intake(tmp_path: Path) -> None:
    path = write(tmp_path, "file,target_id", "a.csv,KIC 1", "b.csv,KIC 2")
    descriptions = Descriptions([tmp_path])
    assert descriptions.of(tmp_path / "a.csv") == '{"target_id": "KIC 1"}'
    path.unlink()
    assert descriptions.of(tmp_path / "b.csv") == '{"target_id": "KIC 2"}'
    assert told(tmp_path / "b.csv") is None
