"""Brings a home of the toy wing up to date in halves: one run, as a command or in a process that is forked.

A command computes on worker processes or on a Dask cluster. A forked process has imported all before and
computes alone, so that most moments at which it is killed are of work.
"""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing.process import BaseProcess
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from astro_assets.ledger.compute import Compute, Serial
from astro_assets.orchestration.compute import default_compute
from astro_assets_tests.ledger.homes import CHAIN, refresh, toy_ledger

_FORKED = multiprocessing.get_context("forkserver")
_FORKED.set_forkserver_preload([__name__])


def refresh_home(root: Path, compute: Compute | None = None) -> None:
    """Refresh a home, each table half of the shards at a time."""
    ledger = toy_ledger(root)
    for name in CHAIN:
        for shards in ((0, 1), (2, 3)):
            refresh(ledger, [name], shards=shards, compute=compute or Serial())


def forked(root: Path) -> BaseProcess:
    """Start a process that refreshes a home."""
    process = _FORKED.Process(target=refresh_home, args=(root,))
    process.start()
    return process


def main() -> None:
    """Refresh the home named on the command line."""
    compute = default_compute()
    try:
        refresh_home(Path(sys.argv[1]), compute)
    finally:
        compute.close()


if __name__ == "__main__":
    main()
