"""Files come in once, when they are complete, whatever happens to them and to whoever looks."""

from __future__ import annotations

import itertools
import os
import time

import pytest

from astro_assets.ledger.hashing import sha256_of
from astro_assets.orchestration.inbox import SWEEP_NS, Inbox
from astro_assets.orchestration.ingest import find_files
from astro_assets_tests.orchestration import homes
from astro_assets_tests.orchestration.looking import OLD_S, Looking, put, stored


def test_a_file_is_complete_when_two_looks_agree(looking: Looking) -> None:
    put(looking, "a/b.fits")
    assert looking.tick().waiting == 1
    assert looking.requested() == []
    assert looking.tick().settled == 1
    assert looking.requested() == ["a/b.fits"]


def test_two_looks_at_once_are_one(looking: Looking) -> None:
    put(looking, "a.fits")
    looking.tick()
    other = Inbox(looking.home, clock=lambda: time.time_ns() + looking.ahead_ns)
    assert other.look().waiting == 1
    assert looking.tick(0).waiting == 1
    assert looking.tick().settled == 1


def test_a_file_written_in_ten_slow_pieces_comes_in_whole_and_once(looking: Looking) -> None:
    neighbour = put(looking, "neighbour.fits")
    path = looking.home.inbox / "slow.fits"
    for i in range(10):
        with path.open("a") as stream:
            stream.write(f"piece {i}\n")
        os.utime(path, (OLD_S + i, OLD_S + i))
        looking.tick()
        if name := looking.request():
            assert looking.names(name) == ["neighbour.fits"]
            assert looking.take(name) == []
    assert stored(looking) == {sha256_of(neighbour)}
    looking.settle()
    name = looking.request()
    assert name is not None
    assert looking.names(name) == ["slow.fits"]
    assert looking.take(name) == []
    assert stored(looking) == {sha256_of(neighbour), sha256_of(path)}
    assert looking.sweep().known == 2
    assert looking.requested() == []


@pytest.mark.parametrize("content", ["longer than before", "same.fitS"])
def test_a_file_overwritten_in_place_is_found_by_the_next_sweep(looking: Looking, content: str) -> None:
    path = put(looking, "same.fits")
    looking.take_all()
    looking.sweep()
    folder = looking.home.inbox.stat().st_mtime_ns
    put(looking, "same.fits", content, mtime_s=OLD_S + 1)
    assert looking.home.inbox.stat().st_mtime_ns == folder, "nothing shows it but the file"
    assert looking.sweep().waiting == 1
    looking.tick()
    name = looking.request()
    assert name is not None
    looking.take(name)
    assert len(stored(looking)) == 2
    assert sha256_of(path) in stored(looking)


def test_a_file_older_than_all_others_is_new(looking: Looking) -> None:
    put(looking, "a.fits")
    looking.take_all()
    looking.settle()
    put(looking, "old.fits", mtime_s=86_400.5)
    looking.settle()
    assert looking.requested() == ["old.fits"]


@pytest.mark.parametrize("mtime_s", [-86_400.5, 0, 4e9, 13e9])
def test_no_time_of_a_file_is_too_strange(looking: Looking, mtime_s: float) -> None:
    put(looking, "strange.fits", mtime_s=mtime_s)
    looking.settle()
    name = looking.request()
    assert name is not None
    looking.take(name)
    assert looking.sweep().known == 1


def test_a_file_that_changes_within_the_step_of_the_clock_is_not_lost(looking: Looking) -> None:
    now = time.time_ns()
    path = put(looking, "a.fits", "one", mtime_s=None)
    os.utime(path, ns=(now, now))
    looking.take_all()
    path.write_text("two")
    os.utime(path, ns=(now, now))
    looking.settle()
    name = looking.request()
    assert name is not None, "read in the same step of the clock as it was written"
    looking.take(name)
    assert sha256_of(path) in stored(looking)


def test_a_folder_that_changes_while_it_is_listed_is_listed_again(looking: Looking) -> None:
    put(looking, "a.fits")
    looking.tick(0)
    folder = looking.home.inbox
    before = folder.stat()
    put(looking, "b.fits")
    os.utime(folder, ns=(before.st_atime_ns, before.st_mtime_ns))
    looking.settle()
    assert looking.requested() == ["a.fits", "b.fits"]


def test_the_clock_may_go_backwards(looking: Looking) -> None:
    put(looking, "a.fits")
    looking.tick()
    looking.tick(-3600 * 10**9)
    put(looking, "b.fits")
    looking.tick()
    look = looking.tick()
    assert 0 < look.next_sweep_s <= SWEEP_NS // 10**9
    assert looking.requested() == ["a.fits", "b.fits"]


def test_what_is_taken_in_by_hand_is_known(looking: Looking) -> None:
    put(looking, "a/b/c.fits")
    put(looking, "d.fits")
    looking.take_all()
    assert looking.settle().known == 2
    assert looking.requested() == []
    assert looking.sweep().known == 2


def test_content_in_store_is_not_taken_twice(looking: Looking) -> None:
    put(looking, "a.fits")
    looking.take_all()
    (looking.home.inbox / "a.fits").rename(looking.home.inbox / "moved.fits")
    put(looking, "copy.fits", "a.fits")
    looking.settle()
    name = looking.request()
    assert name is not None
    looking.take(name)
    before = homes.versions(looking.home)
    looking.inbox.path.unlink()
    assert looking.settle().settled == 2
    name = looking.request()
    assert name is not None
    looking.take(name)
    assert len(stored(looking)) == 1
    assert homes.versions(looking.home) == before


@pytest.mark.parametrize(
    "order", list(itertools.permutations(["a/x.fits", "a/b/y.fits", "c/z.fits"])), ids=str
)
def test_deleted_and_moved_folders_are_forgotten(looking: Looking, order: tuple[str, ...]) -> None:
    for name in order:
        put(looking, name)
        looking.take_all()
    looking.settle()
    inbox = looking.home.inbox
    (inbox / "a").rename(inbox / "c" / "moved")
    (inbox / "a").mkdir()
    put(looking, "a/new.fits")
    looking.settle()
    assert looking.requested() == ["a/new.fits", "c/moved/b/y.fits", "c/moved/x.fits"]
    assert set(looking.inbox.remembered()) == set(find_files([inbox]))
