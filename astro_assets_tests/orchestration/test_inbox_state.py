"""What an inbox remembers survives damage, kills and others who look."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from astro_assets.ledger.hashing import sha256_of
from astro_assets.orchestration.inbox_state import InboxBusyError, State, transaction
from astro_assets_tests.orchestration import homes
from astro_assets_tests.orchestration.looking import TICK_NS, Looking, put


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
    for i in range(6):
        for j in range(10):
            files.add(put(looking, f"{j % 3}/{i}-{j}.fits"))
        with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE) as process:
            assert process.stdout.readline() == b"begins\n"
            time.sleep(rng.uniform(0, 1.5))
            process.kill()
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
