"""Which runs have a living process: each holds a lock that the system releases with the process.

Dagster keeps the run of a killed process as started for ever; nothing else of runs is here.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from astro_assets.ledger.home import Home


@contextmanager
def marked(home: Home, run_id: str) -> Iterator[None]:
    """Mark a run as alive during the block."""
    path = _path(home, run_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def is_marked(home: Home, run_id: str) -> bool:
    """Tell whether a run's process is alive."""
    try:
        with _path(home, run_id).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _path(home: Home, run_id: str) -> Path:
    return home.dagster / "running" / run_id
