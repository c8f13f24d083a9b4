"""Files come in once, when they are complete, whatever happens to them and to whoever looks."""

from __future__ import annotations

import itertools
import os
import random
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from astro_assets.ledger.home import open_home
from astro_assets.ledger.objects import sha256_of
from astro_assets.orchestration.inbox import SWEEP_NS, Inbox, seen
from astro_assets.orchestration.inbox_state import InboxBusyError, State, transaction
from astro_assets.orchestration.ingest import find_files
from astro_assets_tests.orchestration import homes
from astro_assets_tests.orchestration.looking import TICK_NS, Looking

#: Old enough to be trusted.
_OLD_S = 1_700_000_000.123


@pytest.fixture
def looking(tmp_path: Path) -> Looking:
    return Looking(open_home(tmp_path / "home", n_shards=homes.N_SHARDS))


def put(looking: Looking, name: str, content: str | None = None, *, mtime_s: float | None = _OLD_S) -> Path:
    path = looking.home.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(name if content is None else content)
    if mtime_s is not None:
        os.utime(path, (mtime_s, mtime_s))
    return path


@contextmanager
def somebody_else(folder: Path) -> Iterator[None]:
    """Own a folder and what is below it, but not be root, who may read everything."""
    if os.geteuid():
        yield
        return
    nobody = 65534
    places = [folder, *folder.rglob("*")]
    for place in places:
        os.chown(place, nobody, -1, follow_symlinks=False)
    closed = {
        above: above.stat().st_mode for above in folder.parents if above.stat().st_mode & 0o011 != 0o011
    }
    for above, mode in closed.items():
        above.chmod(mode | 0o011)
    os.seteuid(nobody)
    try:
        yield
    finally:
        os.seteuid(0)
        for above, mode in closed.items():
            above.chmod(mode)


def stored(looking: Looking) -> set[str]:
    return set(homes.units(looking.home, "raw_files")["key"])


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
        os.utime(path, (_OLD_S + i, _OLD_S + i))
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
    put(looking, "same.fits", content, mtime_s=_OLD_S + 1)
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
    put(looking, "b.fits", "half", mtime_s=_OLD_S + 1)
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
    put(looking, "a/half.csv", mtime_s=_OLD_S)
    put(looking, "a/targets.csv", "file,target_id\none.csv,KIC 1\nhalf.csv,KIC 2\n")
    looking.settle()
    put(looking, "a/half.csv", "grown", mtime_s=_OLD_S + 1)
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
        os.utime(path, (_OLD_S, _OLD_S))
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


@pytest.mark.parametrize("damage", [b"no database at all" * 100, b"", b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_state_is_begun_anew(looking: Looking, damage: bytes) -> None:
    put(looking, "a.fits")
    looking.inbox.path.write_bytes(damage)
    assert looking.inbox.remembered() == {}
    assert looking.settle().settled == 1


def test_a_state_of_another_version_is_begun_anew(looking: Looking) -> None:
    put(looking, "a.fits")
    looking.tick()
    with sqlite3.connect(looking.inbox.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert looking.inbox.remembered() == {}
    assert looking.tick().waiting == 1


#: Begins a transaction that does not fit into memory, and waits to be killed.
_HALF = """
import sys, time
from pathlib import Path
from astro_assets.orchestration.inbox_state import transaction
with transaction(Path(sys.argv[1])) as state:
    state.execute("PRAGMA cache_size = 10")
    rows = ((b"%d.fits" % number,) for number in range(20_000))
    state.executemany("INSERT INTO files VALUES (1, ?, 1, 1, 1, 3)", rows)
    print("half", flush=True)
    time.sleep(600)
"""


def test_half_of_a_transaction_of_a_killed_process_is_taken_back_by_who_only_reads(looking: Looking) -> None:
    path = put(looking, "a.fits")
    looking.take_all()
    command = [sys.executable, "-c", _HALF, str(looking.inbox.path)]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"half\n"
        process.kill()
    journal = looking.inbox.path.with_name("inbox.sqlite-journal")
    assert journal.stat().st_size, "there is something to be taken back"
    assert set(looking.inbox.remembered()) == {path}
    assert looking.tick().known == 1


def test_two_at_once_wait_for_each_other_but_not_for_ever(
    looking: Looking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("astro_assets.orchestration.inbox_state.PATIENCE_S", 0.2)
    looking.tick()
    with transaction(looking.inbox.path), pytest.raises(InboxBusyError):
        looking.tick()
    looking.tick()


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
    put(looking, "7.fits", "half", mtime_s=_OLD_S + 1)
    assert len(looking.requested()) == 49
    looking.settle()
    looking.started.add(looking.request() or "")
    assert "7.fits" in looking.requested()


def test_an_idle_look_changes_nothing_on_the_disk(looking: Looking) -> None:
    put(looking, "a.fits")
    looking.take_all()
    looking.settle()
    before = looking.inbox.path.stat().st_mtime_ns
    looking.tick()
    assert looking.inbox.path.stat().st_mtime_ns == before


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_lost_or_taken_twice(looking: Looking) -> None:
    seed = time.time_ns()
    rng = random.Random(seed)  # noqa: S311  not for secrets
    root = looking.home.root
    command = [sys.executable, "-m", "astro_assets_tests.orchestration.looking", str(root)]
    files = set()
    for i in range(8):
        for j in range(10):
            files.add(put(looking, f"{j % 3}/{i}-{j}.fits"))
        process = subprocess.Popen(command, cwd=Path(__file__).parents[2])
        time.sleep(rng.uniform(0.3, 2.5))
        process.kill()
        process.wait()
    looking.ahead_ns = 10**6 * TICK_NS  # what was requested by a killed one is long ago
    looking.started = set((root / "requests.txt").read_text().split())
    looking.settle()
    for _ in range(3):
        if name := looking.request():
            looking.take(name)
        looking.sweep()
    keys = homes.units(looking.home, "raw_files")["key"]
    assert keys.is_unique().all()
    assert set(keys) == {sha256_of(path) for path in files}, f"seed {seed}"
    assert {path for path, (_, of) in looking.inbox.remembered().items() if of is State.KNOWN} == files
    lines = (root / "requests.txt").read_text().split()
    assert len(lines) == len(set(lines)), "one run a request"


def test_a_look_at_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="not a regular file"):
        seen(tmp_path / "pipe")
