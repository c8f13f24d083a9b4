"""Which runs have a living process: each holds a lock that the system releases with the process.

Dagster keeps the run of a killed process as started for ever; nothing else of runs is here.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path
from typing import TextIO

from astro_assets.ledger.home import Home


class Mark(Enum):
    """What the mark of a run says."""

    #: Its process is alive.
    ALIVE = auto()
    #: Its process was killed.
    LEFT = auto()
    #: There is none: the run has not come so far yet, or has come to its end.
    NONE = auto()


class BeingForgottenError(RuntimeError):
    """Forgetting a target was interrupted: nothing may run before it came to its end."""


class BusyError(RuntimeError):
    """Something else is at work in the home."""


def journal_path(home: Home) -> Path:
    """Return the file that is there while a target is being forgotten."""
    return home.root / "forgetting.json"


@contextmanager
def working(home: Home) -> Iterator[None]:
    """Let nobody change history during the block; wait for who does.

    Raises
    ------
    BeingForgottenError
        If changing it was interrupted.
    """
    with _history_lock(home) as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        _require_no_journal(home)
        yield


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Let no run be in progress, nor begin, during the block: history is changed.

    Raises
    ------
    BusyError
        If a run is in progress, or somebody else changes history.
    """
    with _history_lock(home) as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                f"a run is in progress in {home.root}, or its history is being changed: wait for its end, or "
                "cancel it"
            ) from None
        yield


@contextmanager
def mending(home: Home) -> Iterator[None]:
    """Let no run be in progress, nor begin, during the block: files of tables are put right.

    Raises
    ------
    BusyError
        If a run is in progress, or somebody else changes history.
    BeingForgottenError
        If changing it was interrupted.
    """
    with alone(home):
        _require_no_journal(home)
        yield


def _require_no_journal(home: Home) -> None:
    if journal_path(home).exists():
        raise BeingForgottenError(
            "forgetting a star was interrupted: `astro-assets forget` it again before anything runs"
        )


def _history_lock(home: Home) -> TextIO:
    home.dagster.mkdir(parents=True, exist_ok=True)
    return (home.dagster / ".history").open("w")


@contextmanager
def marked(home: Home, run_id: str) -> Iterator[None]:
    """Mark a run as alive during the block.

    Raises
    ------
    BeingForgottenError
        If forgetting a target was interrupted.
    """
    path = _path(home, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{run_id}")
    with working(home), new.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        new.replace(path)  # never there without its lock
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def mark_of(home: Home, run_id: str) -> Mark:
    """Return what the mark of a run says."""
    try:
        with _path(home, run_id).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return Mark.NONE
    except BlockingIOError:
        return Mark.ALIVE
    return Mark.LEFT


def is_marked(home: Home, run_id: str) -> bool:
    """Tell whether a run's process is alive."""
    return mark_of(home, run_id) is Mark.ALIVE


def remove_mark(home: Home, run_id: str) -> None:
    """Remove the mark that a killed run has left."""
    _path(home, run_id).unlink(missing_ok=True)


def _path(home: Home, run_id: str) -> Path:
    return home.dagster / "running" / run_id
