"""Large homes of the toy wing, and what one changed star costs in them.

Making homes and measuring lives here; the limits are in the tests, the table in the benchmark.
"""

from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from astro_assets.ledger.compute import Compute
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.staleness import stale
from astro_assets_tests.ledger import toy
from astro_assets_tests.ledger.homes import computed, put_files, refresh, toy_ledger

N_SHARDS = 64
N_POINTS = 100
#: Files put in by one call.
_AT_ONCE = 5000


@dataclass(frozen=True)
class Cost:
    """What one changed star costs.

    Attributes
    ----------
    computed
        Units recomputed, by table.
    grown_bytes
        Growth of the home: new objects, new Delta files and log entries.
    seconds
        From putting in the changed file until every table is up to date.
    """

    computed: dict[str, list[str]]
    grown_bytes: int
    seconds: float


def opened(root: Path) -> Ledger:
    """Open a large home: signals are rare, as in a survey."""
    return toy_ledger(root, n_shards=N_SHARDS, config={"signals": toy.SignalConfig(above=2.5)})


def built(root: Path, n_stars: int, compute: Compute) -> Ledger:
    """Make a home of stars with one short curve each, all tables up to date."""
    ledger = opened(root)
    values = np.random.default_rng(1).normal(size=(n_stars, N_POINTS))
    for start in range(0, n_stars, _AT_ONCE):
        part = range(start, min(start + _AT_ONCE, n_stars))
        put_files(ledger, *(toy.file_row(f"f{i}", f"SIM {i}", values[i].tolist()) for i in part))
    refresh(ledger, compute=compute)
    return ledger


def change_one_star(ledger: Ledger) -> Cost:
    """Change one star's file and refresh everything."""
    before = size(ledger.home.root)
    started = time.perf_counter()
    values = np.random.default_rng(2).normal(size=N_POINTS)
    put_files(ledger, toy.file_row("f1", "SIM 1", [*values.tolist(), 3.0]))
    reports = refresh(ledger)
    seconds = time.perf_counter() - started
    return Cost(computed(reports), size(ledger.home.root) - before, seconds)


def size(root: Path) -> int:
    """Return the bytes of all files in a folder."""
    return sum(path.stat().st_size for path in root.rglob("*") if path.is_file())


def cold_staleness(root: Path) -> tuple[float, float]:
    """Ask a home in a fresh process what is stale.

    Returns
    -------
    tuple of (float, float)
        Seconds of the call alone, and of the whole process with its imports.
    """
    started = time.perf_counter()
    command = [sys.executable, "-m", __name__, str(root)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return float(run.stdout), time.perf_counter() - started


def main() -> None:
    """Print the seconds that the first call for a home takes in this process."""
    ledger = opened(Path(sys.argv[1]))
    started = time.perf_counter()
    stale(ledger)
    sys.stdout.write(f"{time.perf_counter() - started}\n")


if __name__ == "__main__":
    main()
