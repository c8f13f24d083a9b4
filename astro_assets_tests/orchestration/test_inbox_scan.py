"""What a look sees in folders of every kind, and what it costs."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from astro_assets.orchestration.inbox import seen
from astro_assets.orchestration.inbox_state import State
from astro_assets.orchestration.ingest import find_files
from astro_assets_tests.orchestration.looking import OLD_S, Looking, put


def _hidden(inbox: Path) -> None:
    (inbox / ".partial-1").write_text("x")
    (inbox / ".git").mkdir()
    (inbox / ".git" / "config").write_text("x")


def _socket(inbox: Path) -> None:
    here = Path.cwd()
    os.chdir(inbox)
    try:
        with socket.socket(socket.AF_UNIX) as server:
            server.bind("socket.fits")
    finally:
        os.chdir(here)


def _links(inbox: Path) -> None:
    (inbox / "nowhere").symlink_to(inbox / "missing")
    (inbox / "itself").symlink_to(inbox / "itself")
    (inbox / "loop").symlink_to(inbox)
    (inbox / "d").mkdir()
    (inbox / "e").mkdir()
    for number in range(8):
        (inbox / "d" / f"e{number}").symlink_to(inbox / "e")
        (inbox / "e" / f"d{number}").symlink_to(inbox / "d")


@pytest.mark.parametrize(
    "make",
    [_hidden, _socket, _links, lambda inbox: os.mkfifo(inbox / "pipe.fits")],
    ids=["hidden", "socket", "links", "pipe"],
)
def test_what_is_no_file_is_passed_over(looking: Looking, make: Callable[[Path], object]) -> None:
    make(looking.home.inbox)
    put(looking, "a.fits")
    look = looking.settle()
    assert (look.waiting, look.settled) == (0, 1)
    assert looking.requested() == ["a.fits"]


def test_links_out_of_the_inbox_and_strange_names_count(looking: Looking, tmp_path: Path) -> None:
    (tmp_path / "archive").mkdir()
    (tmp_path / "archive" / "d.fits").write_text("d")
    inbox = looking.home.inbox
    (inbox / "linked").symlink_to(tmp_path / "archive")
    (inbox / os.fsdecode(b"\xff")).mkdir()
    (inbox / os.fsdecode(b"\xff") / os.fsdecode(b"\xfe\n.fits")).write_text("strange")
    for path in find_files([inbox]):
        os.utime(path, (OLD_S, OLD_S))
    looking.settle()
    name = looking.request()
    assert name is not None
    assert looking.take(name) == []
    assert looking.sweep().known == 2


def test_a_missing_inbox_forgets_nothing(looking: Looking) -> None:
    put(looking, "a/a.fits")
    looking.take_all()
    inbox = looking.home.inbox
    inbox.rename(inbox.with_name("unmounted"))
    with pytest.raises(FileNotFoundError):
        looking.sweep()
    inbox.with_name("unmounted").rename(inbox)
    assert looking.sweep().known == 1


def test_an_unreadable_folder_keeps_what_was_in_it(looking: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    put(looking, "a/a.fits")
    looking.take_all()
    listed = os.scandir

    def scandir(path: bytes) -> object:
        # Root may list everything: the refusal is the system's, the rest is real.
        if path.endswith(b"/a"):
            raise PermissionError(13, "Permission denied")
        return listed(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "scandir", scandir)
        look = looking.sweep()
    assert (look.known, look.unreadable) == (1, 1)
    look = looking.tick()
    assert (look.known, look.unreadable) == (1, 0)


def test_many_folders_take_turns(looking: Looking, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("astro_assets.orchestration.inbox_scan.FOLDERS_A_LOOK", 7)
    for number in range(40):
        put(looking, f"{number}/a.fits")
    for _ in range(8):
        looking.tick()
    assert len(looking.requested()) == 40
    looking.take_all()
    put(looking, "33/b.fits")
    put(looking, "new/c.fits")
    for _ in range(9):
        looking.tick()
    looking.started.add(looking.request() or "")
    assert {path.name for path, (_, of) in looking.inbox.remembered().items() if of is not State.KNOWN} == {
        "b.fits",
        "c.fits",
    }


def test_a_first_look_that_runs_out_of_time_goes_on(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("astro_assets.orchestration.inbox_scan.LISTING_S", 0.0)
    put(looking, "a/a.fits")
    assert looking.tick().waiting == 0
    monkeypatch.setattr("astro_assets.orchestration.inbox_scan.LISTING_S", 20.0)
    assert looking.tick().waiting == 1


def test_complete_files_that_wait_cost_nothing_and_are_looked_at_when_requested(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(50):
        put(looking, f"{number}.fits")
    looking.settle()
    looked_at: list[object] = []
    stat = os.stat

    def counted(path: int | str | bytes) -> os.stat_result:
        looked_at.append(path)
        return stat(path)

    with monkeypatch.context() as patch:
        patch.setattr(os, "stat", counted)
        assert looking.tick().settled == 50
    assert len(looked_at) < 5
    put(looking, "7.fits", "half", mtime_s=OLD_S + 1)
    assert len(looking.requested()) == 49
    looking.settle()
    looking.started.add(looking.request() or "")
    assert "7.fits" in looking.requested()


def test_a_look_at_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        seen(tmp_path / "pipe")
