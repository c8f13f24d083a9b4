"""What is requested, what a run takes of it, and what is requested again."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from astro_assets.ledger.hashing import sha256_of
from astro_assets.orchestration.inbox import SWEEP_NS
from astro_assets_tests.orchestration import homes
from astro_assets_tests.orchestration.looking import OLD_S, Looking, put, somebody_else, stored


def test_a_request_is_one_until_its_run_is_started(looking: Looking) -> None:
    put(looking, "a.fits")
    looking.settle()
    name = looking.request()
    put(looking, "b.fits")
    looking.settle()
    assert name is not None
    assert looking.request() == name, "the daemon was killed before it made the run"
    assert looking.names(name) == ["a.fits"]
    looking.started.add(name)
    assert looking.requested() == ["a.fits", "b.fits"], "a run that failed, and new files"


def test_files_of_a_lost_run_are_requested_again_ever_more_rarely(looking: Looking) -> None:
    put(looking, "a.fits")
    looking.settle()
    made = []
    for _ in range(150):
        if name := looking.request():
            looking.started.add(name)
            made.append(looking.ahead_ns // SWEEP_NS)
        looking.sweep()
    assert [later - earlier for earlier, later in itertools.pairwise(made)] == [
        1,
        2,
        4,
        8,
        16,
        32,
        64,
    ]
    name = made and looking.request()
    looking.sweep()
    assert name is None


def test_an_outdated_request_takes_nothing(looking: Looking) -> None:
    put(looking, "a.fits")
    looking.settle()
    name = looking.request()
    assert name is not None
    looking.inbox.path.unlink()
    assert looking.inbox.requested(name) == []
    assert looking.take(name) == []


def test_a_requested_file_that_is_written_again_is_left_alone(looking: Looking) -> None:
    put(looking, "a.fits")
    put(looking, "b.fits")
    looking.settle()
    name = looking.request()
    assert name is not None
    put(looking, "b.fits", "half", mtime_s=OLD_S + 1)
    assert looking.take(name) == [f"{looking.home.inbox / 'b.fits'} was not taken in: it is being written"]
    assert len(stored(looking)) == 1
    looking.sweep()
    looking.tick()
    assert looking.requested() == ["b.fits"]


def _unlink(path: Path) -> None:
    path.unlink()


def _replace_folder_by_file(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("a file now")


def _link_folder_to_itself(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()
    path.parent.symlink_to(path.parent)


def _link_to_nowhere(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


@pytest.mark.parametrize(
    "lose",
    [_unlink, _replace_folder_by_file, _link_folder_to_itself, _link_to_nowhere],
    ids=lambda f: f.__name__,
)
def test_a_requested_file_that_is_lost_stops_no_other(
    looking: Looking, lose: Callable[[Path], object]
) -> None:
    kept = put(looking, "a.fits")
    lost = put(looking, "folder/b.fits")
    looking.settle()
    name = looking.request()
    assert name is not None
    lose(lost)
    (note,) = looking.take(name)
    assert note.startswith(f"{lost} was not taken in: ")
    assert stored(looking) == {sha256_of(kept)}
    looking.tick()
    assert "folder/b.fits" not in looking.requested()


def test_a_requested_file_out_of_reach_stops_no_other_and_waits(looking: Looking) -> None:
    kept = put(looking, "a.fits")
    lost = put(looking, "folder/b.fits")
    looking.settle()
    name = looking.request()
    assert name is not None
    with somebody_else(looking.home.root):
        lost.parent.chmod(0)
        assert looking.take(name) == [f"{lost} was not taken in: Permission denied"]
        assert stored(looking) == {sha256_of(kept)}
        assert looking.requested() == [], "no run can take it in"
        look = looking.sweep()
        assert (look.known, look.requested) == (1, 0)
        assert look.unreadable
        assert looking.requested() == []
        lost.parent.chmod(0o755)
        looking.tick()
        assert looking.requested() == ["folder/b.fits"]


def test_what_a_run_left_undone_after_its_files_were_in_is_requested_again(looking: Looking) -> None:
    put(looking, "a.fits")
    looking.settle()
    name = looking.request()
    assert name is not None
    looking.take_in(name)
    look = looking.tick()
    assert (look.known, look.requested, look.is_run_awaited) == (1, 0, True)
    assert looking.request() is None, "not at once"
    looking.sweep()
    again = looking.request()
    assert again not in (None, name)
    assert looking.request() == again, "its run was not started"
    assert looking.names(str(again)) == []
    looking.take(str(again))
    assert looking.request() is None
    assert not looking.sweep().is_run_awaited
    assert looking.request() is None


def test_a_changed_list_brings_the_complete_files_it_names(looking: Looking) -> None:
    for name in ("a/one.csv", "a/two.csv"):
        put(looking, name)
    looking.take_all()
    looking.settle()
    put(looking, "a/half.csv", mtime_s=OLD_S)
    put(looking, "a/targets.csv", "file,target_id\none.csv,KIC 1\nhalf.csv,KIC 2\n")
    looking.settle()
    put(looking, "a/half.csv", "grown", mtime_s=OLD_S + 1)
    name = looking.request()
    assert name is not None
    looking.take(name)
    told = homes.units(looking.home, "raw_files", "file_name", "description").rows()
    assert {file: text for _, (file,), (text,) in told} == {
        "one.csv": '{"target_id": "KIC 1"}',
        "two.csv": None,
        "targets.csv": None,
    }


def test_a_list_being_written_holds_back_what_lies_below_it(looking: Looking) -> None:
    for name in ("a/b/one.csv", "other/two.csv"):
        put(looking, name)
    looking.tick()
    put(looking, "a/targets.csv", "file,tar")
    looking.tick()
    assert looking.requested() == ["other/two.csv"]
    looking.started.add(looking.request() or "")
    looking.tick()
    assert "a/b/one.csv" in looking.requested()
