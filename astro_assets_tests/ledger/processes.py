"""What tests of concurrency run in processes of their own.

Each function here is the whole life of such a process; what they prove is in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from threading import Barrier, Event
from typing import Any

from astro_assets.ledger.compute import Serial
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import put_files, refresh, toy_ledger

N_SHARDS = 4
#: What is brought up to date in halves: a table of files and one of targets.
HALVED = ("curves", "stars")
#: Longest wait for the other process, in seconds.
PATIENCE = 60


class Meeting:
    """Computes in this process and, the first time, meets another process between reading and committing.

    Parameters
    ----------
    has_read
        Set as soon as the table and its parents have been read.
    barrier
        Where this process waits for the other, all its results in hand.
    """

    workers = 1

    def __init__(self, has_read: Event, barrier: Barrier) -> None:
        self._has_read = has_read
        self._barrier = barrier
        self.n_runs = 0

    def run(self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """Call ``function`` with each tuple of arguments."""
        results = list(Serial().run(function, calls))
        self.n_runs += 1
        if self.n_runs == 1:
            self._has_read.set()
            self._barrier.wait(PATIENCE)
        yield from results


def update_and_meet(root: Path, shards: Collection[int] | None, has_read: Event, barrier: Barrier) -> None:
    """Update the curves, meeting another process between reading and committing."""
    refresh(
        toy_ledger(root, n_shards=N_SHARDS), ["curves"], shards=shards, compute=Meeting(has_read, barrier)
    )


def put_one_by_one(root: Path, names: Collection[str], barrier: Barrier) -> None:
    """Put files, one a commit, starting together with another process."""
    ledger = toy_ledger(root, n_shards=N_SHARDS)
    barrier.wait(PATIENCE)
    for name in names:
        put_files(ledger, toy.file_row(name, "SIM 1", [0.7]))


def refresh_in_halves(root: Path) -> None:
    """Bring some tables up to date, half of the shards at a time."""
    ledger = toy_ledger(root, n_shards=N_SHARDS)
    for name in HALVED:
        for shards in ((0, 1), (2, 3)):
            refresh(ledger, [name], shards=shards)
