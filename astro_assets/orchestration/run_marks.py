"""Which runs have a living process: each holds a lock that the system releases with the process.

Dagster keeps the run of a killed process as started for ever; nothing else of runs is here.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, auto
from pathlib import Path

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
    """A target is being forgotten, or that was interrupted: nothing may run before it came to its end."""


def journal_path(home: Home) -> Path:
    """Return the file that is there while a target is being forgotten."""
    return home.root / "forgetting.json"


@contextmanager
def marked(home: Home, run_id: str) -> Iterator[None]:
    """Mark a run as alive during the block.

    Raises
    ------
    BeingForgottenError
        If the home is about to be changed below its feet.
    """
    if journal_path(home).exists():
        raise BeingForgottenError(
            "a star is being forgotten in this home, or that was interrupted: "
            "`astro-assets forget` it again before anything runs"
        )
    path = _path(home, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{run_id}")
    with new.open("w") as lock:
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
