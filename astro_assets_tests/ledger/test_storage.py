"""A place for files by key does the same whether it is a folder or an object store."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path

import pytest

from astro_assets.ledger.atomic import Flushing
from astro_assets.ledger.bucket import Bucket
from astro_assets.ledger.copies import CacheSizeError, Copies, bound_bytes, copies_folder
from astro_assets.ledger.home import HomeError, open_home
from astro_assets.ledger.storage import Folder, Storage, local_file
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.object_store import new_url


@pytest.fixture(params=["folder", "object store"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    if request.param == "folder":
        return Folder(tmp_path / "place")
    request.getfixturevalue("in_store")
    return Bucket(new_url(), tmp_path / "copies")


def test_what_is_written_is_read_listed_and_removed(place: Storage) -> None:
    place.write("a/one", b"first")
    place.write("a/two", b"second")
    place.write("b/c/three", b"")
    with place.writing("a/streamed") as stream:
        stream.write(b"in pieces")
    with place.open("a/streamed") as opened:
        assert (place.read("a/one"), opened.read()) == (b"first", b"in pieces")
    assert [(entry.key, entry.n_bytes) for entry in place.entries("a/")] == [
        ("a/one", 5), ("a/streamed", 9), ("a/two", 6),
    ]  # fmt: skip
    assert len(place.entries("")) == 4
    assert all(abs(entry.modified - time.time()) < 600 for entry in place.entries(""))
    many = [f"a/{name}" for name in ("one", "two", "three", "four", "five", "streamed")]
    assert place.existing(many) == {"a/one", "a/two", "a/streamed"}
    assert (place.size("a/two"), place.size("a/none")) == (6, None)
    assert (place.remove("a/two"), place.remove("a/two")) == (6, None)
    with pytest.raises(FileNotFoundError, match="a/two"):
        place.read("a/two")
    assert place.entries("nothing/") == []


def test_the_first_writer_wins_where_nothing_is_to_be_replaced(place: Storage) -> None:
    for data in (b"first", b"second"):
        place.write("one", data, replace=False)
    assert place.read("one") == b"first"
    place.write("one", b"third")
    assert place.read("one") == b"third"


def test_nothing_is_left_of_what_was_not_finished(place: Storage) -> None:
    with suppress(KeyError), place.writing("one") as stream:
        stream.write(b"half of it")
        raise KeyError
    assert place.entries("") == []


@pytest.mark.parametrize("first", [True, False])
def test_what_is_written_in_the_background_is_there_in_the_end(place: Storage, *, first: bool) -> None:
    with Flushing(first=first) as flushing:
        for i in range(10):
            place.write(f"a/{i}", b"x", flushing=flushing)
    assert len(place.entries("a/")) == 10


def test_a_stamp_changes_with_what_is_there(place: Storage) -> None:
    assert place.stamp("log/") is None
    place.write("log/0", b"x")
    before = place.stamp("log/")
    place.write("log/1", b"x")
    assert not before or place.stamp("log/") != before, "a folder says nothing of what was written just now"


def test_files_are_read_where_they_can_be(place: Storage) -> None:
    place.write("a/one", b"first")
    path = local_file(place, "a/one")
    assert path.read_bytes() == b"first"
    assert place.has_copies is (path != Path(place.place("a/one")))
    with pytest.raises(FileNotFoundError):
        local_file(place, "a/two").read_bytes()


def test_copies_of_a_replaced_version_go(tmp_path: Path, in_store: object) -> None:
    place = Bucket(new_url(), tmp_path / "copies")
    place.write("t/one", b"first")
    old = place.folder_with("t", ["one"], "id 1") / "one"
    place.rewrite("t/one", b"second")
    assert (place.folder_with("t", ["one"], "id 1") / "one").read_bytes() == b"first"
    assert (place.folder_with("t", ["one"], "id 2") / "one").read_bytes() == b"second"
    assert not old.exists()


def test_the_least_used_copies_go_where_they_are_too_many(tmp_path: Path) -> None:
    copies = Copies(tmp_path, bound=1300)  # each has a hash of 64 bytes beside it
    for i in range(5):
        copies.keep(f"a/{i}", bytes(250))
    assert len(list(tmp_path.rglob("*"))) == 11, "all were used just now"
    for path in (tmp_path / "a").iterdir():
        os.utime(path, (time.time() - 3600 + int(path.name.strip(".blake")[0]),) * 2)
    assert copies.has("a/0")
    copies.keep("b", bytes(250))
    assert sorted(path.name for path in tmp_path.rglob("[!.]*") if path.is_file()) == ["0", "3", "4", "b"]


@pytest.mark.parametrize("damaged", ["a/one", "a/.one.blake3"])
def test_a_damaged_copy_is_none(tmp_path: Path, damaged: str) -> None:
    Copies(tmp_path, bound=1000).keep("a/one", b"what was fetched")
    assert Copies(tmp_path, bound=1000).has("a/one")
    path = tmp_path / damaged
    path.write_bytes(b"\xff" + path.read_bytes()[1:])
    assert not Copies(tmp_path, bound=1000).has("a/one")


def test_where_copies_lie_and_how_many_is_said_by_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    assert copies_folder(tmp_path / "home", "s3://a-b").parent == tmp_path / "home" / "cache"
    assert not copies_folder(tmp_path / "none", "s3://a-b").is_relative_to(tmp_path)
    monkeypatch.setenv("ASTRO_ASSETS_CACHE", str(tmp_path / "here"))
    assert copies_folder(tmp_path / "home", "s3://a-b").parent == tmp_path / "here"
    assert copies_folder(tmp_path / "home", "s3://a-b") != copies_folder(tmp_path / "home", "s3://a-c")
    monkeypatch.setenv("ASTRO_ASSETS_CACHE_GB", "0.5")
    assert bound_bytes() == 500_000_000
    monkeypatch.setenv("ASTRO_ASSETS_CACHE_GB", "a lot")
    with pytest.raises(CacheSizeError, match="ASTRO_ASSETS_CACHE_GB=a lot: write a number"):
        bound_bytes()


@pytest.mark.parametrize(
    "store", ["s3://", "s3://a b/c", "gs://bucket", "bucket/prefix", "s3://bucket/", "s3://bucket/a%20b"]
)
def test_an_address_that_is_none_is_refused(tmp_path: Path, store: str) -> None:
    with pytest.raises(HomeError, match="write s3://BUCKET or s3://BUCKET/PREFIX"):
        open_home(tmp_path / "home", store=store)
    assert not (tmp_path / "home").exists()


def test_a_home_is_made_for_a_store_once(tmp_path: Path, in_store: object) -> None:
    url, home = new_url(), tmp_path / "home"
    made = astro_assets("init", "--store", url, "--shards", "5", home=home)
    assert made.returncode == 0, made.stderr
    assert f"tables and files in {url}/, in 5 shards" in " ".join(made.stdout.split())
    assert (open_home(home).store, open_home(home).n_shards) == (url, 5)
    assert "format = 2" in (home / "home.toml").read_text(), "versions of before leave it alone"
    again = astro_assets("init", "--store", new_url(), home=home)
    assert again.returncode == 2
    assert f"is there already, and keeps its tables in {url}" in again.stderr
    other = open_home(tmp_path / "other", store=url, n_shards=9)
    assert other.n_shards == 5, "the store has its own"


@pytest.mark.parametrize(
    "text", ["format = 1\nn_shards = 4\nstore = 's3://a-b'\n", "format = 2\nn_shards = 4\n"]
)
def test_a_home_that_does_not_say_where_its_tables_are_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "home.toml").write_text(text)
    with pytest.raises(HomeError, match="is not the address of a store"):
        open_home(tmp_path)
