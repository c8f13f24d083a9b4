"""Large homes of the toy wing, what one changed star costs in them, and how fast questions are answered.

Making homes and measuring lives here; the limits are in the tests, the tables in the benchmark.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from astro_assets.ledger.ancestry import Ancestry, ancestry
from astro_assets.ledger.compute import Compute
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODEL_MEMBERS
from astro_assets.ledger.staleness import stale
from astro_assets_tests.ledger import survey, toy
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


@dataclass(frozen=True)
class Answer:
    """What a question to a home in a fresh process took, and came to.

    Attributes
    ----------
    call
        Seconds of the first call in the process.
    processor
        Seconds of all processors for that call: what else runs on the machine changes these less.
    process
        Seconds of the process with its imports.
    found
        Units by what was found of them.
    """

    call: float
    processor: float
    process: float
    found: dict[str, int]


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


def forget_pages(root: Path) -> None:
    """Have the operating system forget what it keeps of a folder's files, so that they are read from disk."""
    for path in root.rglob("*"):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())  # only what is written down is forgotten
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def asked(wing: str, question: str, root: Path) -> Answer:
    """Ask a home of the ``toy`` wing or the ``survey`` a question of :data:`QUESTIONS` in a fresh process."""
    started = time.perf_counter()
    command = [sys.executable, "-m", __name__, wing, question, str(root)]
    run = subprocess.run(command, capture_output=True, text=True, check=True)
    return Answer(**json.loads(run.stdout), process=time.perf_counter() - started)


def ancestry_of_model(ledger: Ledger) -> Ancestry:
    """Find all that the survey's model was trained on, down to the files."""
    rows = ledger.open(MODEL_MEMBERS).rows(["model", "member_table", "member_key", "member_row_hash"])
    members = rows.filter(pl.col("model") == survey.SPEC.name).collect()
    return ancestry(
        ledger, members.select(table="member_table", key="member_key", row_hash="member_row_hash")
    )


def _statuses(ledger: Ledger) -> dict[str, int]:
    found = stale(ledger)
    statuses = found.entries["status"].value_counts().iter_rows()
    return {"current": sum(found.current.values()), **dict(statuses)}


def _units(ledger: Ledger) -> dict[str, int]:
    found = ancestry_of_model(ledger)
    return {
        "units": found.units.height,
        "current": int(found.units["is_current"].sum()),
        "missing": found.missing.height,
    }


QUESTIONS = {"stale": _statuses, "ancestry": _units}
_WINGS = {"toy": opened, "survey": survey.opened}


def main() -> None:
    """Print what the first call for a home takes in this process, and what it finds."""
    wing, question, root = sys.argv[1:]
    started, processor = time.perf_counter(), time.process_time()
    found = QUESTIONS[question](_WINGS[wing](Path(root)))
    call, processor = time.perf_counter() - started, time.process_time() - processor
    sys.stdout.write(json.dumps({"call": call, "processor": processor, "found": found}))


if __name__ == "__main__":
    main()
