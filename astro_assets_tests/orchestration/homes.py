"""Homes that tests search for real: a few stars of 20 days at Kepler's cadence, or a small simulated survey.

What is in a home is read here, too, for comparisons; expectations are in the tests.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.tables import TABLES
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.observations.made_files import CADENCE_S, light_curve_file

#: Fewer than in a home for use: Dagster keeps an event of each.
N_SHARDS = 4
STARS = (100, 101, 102)
N_SIMULATED = 12
#: The tables of the search, parents first: of a star with one file and one candidate each holds one unit.
CHAIN = (
    "observations/observation_files",
    "observations/light_curves",
    "observations/selected_files",
    "transits/detrended_light_curves",
    "transits/variability",
    "transits/transit_candidates",
    "transits/folded_views",
    "transits/labelled_candidates",
)


def period_of(number: int) -> float:
    """Return the period that :func:`star_file` puts into a star, in days."""
    return 3.1 + number % 10


def depth_of(number: int) -> float:
    """Return the depth of the transits that :func:`star_file` puts into a star."""
    return 0.001 if number % 10 == 2 else 0.01


def star_file(path: Path, number: int = 100, **cards: Any) -> Path:
    """Write the Kepler file of a star with transits; ``cards`` replace some of its primary header."""
    n = 1000
    rng = np.random.default_rng(number)
    time = 1500 + np.arange(n) * CADENCE_S["Kepler"] / 86400
    flux = 2000 * (1 + 2e-4 * rng.standard_normal(n))
    flux[((time - 1501) % period_of(number)) < 0.15] *= 1 - depth_of(number)
    columns = {"PDCSAP_FLUX": flux.astype("f4"), "PDCSAP_FLUX_ERR": np.full(n, 0.4, "f4")}
    identity = {"KEPLERID": number, "OBJECT": f"KIC {number}"}
    return light_curve_file(path, "Kepler", primary={**identity, **cards}, columns=columns, n=n)


def new_home(root: Path, *numbers: int) -> Home:
    """Make a home with the files of some stars in its inbox."""
    home = open_home(root, n_shards=N_SHARDS)
    for number in numbers:
        star_file(home.inbox / f"star{number}.fits", number)
    return home


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """Make a folder once for all workers of a test session, and return it; nobody may change it later."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.with_suffix(".made").exists():
            make(folder)
            folder.with_suffix(".made").touch()
    return folder


def make_searched_home(root: Path) -> None:
    """Make a home with :data:`STARS`, searched by the command that people use."""
    result = astro_assets("run", home=new_home(root, *STARS))
    assert result.returncode == 0, f"{result.returncode}: {result.stdout}\n{result.stderr}"


def make_demonstration(root: Path) -> None:
    """Make the home of ``astro-assets demo``, with what the command printed in ``stdout`` and ``stderr``."""
    home = open_home(root, n_shards=N_SHARDS)
    result = astro_assets("demo", "--targets", str(N_SIMULATED), home=home, ASTRO_ASSETS_WORKERS="2")
    assert result.returncode == 0, f"{result.returncode}: {result.stdout}\n{result.stderr}"
    (root / "stdout").write_text(result.stdout)
    (root / "stderr").write_text(result.stderr)


def copy_of(home: Home, root: Path) -> Home:
    """Copy a home, for a test to change."""
    shutil.copytree(home.root, root)
    return open_home(root)


def ledger_of(home: Home) -> Ledger:
    """Open a home's ledger as it is now."""
    return open_ledger(home, TABLES)


def contents(home: Home) -> dict[str, dict[str, tuple[Any, ...]]]:
    """Return what decides whether two homes hold the same, by table and key."""
    ledger = ledger_of(home)
    columns = ["key", "target", "shard", "outcome", "reason", "recipe_hash", "output_hash", "row_hash"]
    found = {}
    for name in CHAIN:
        lines = ledger.open(ledger.table(name)).units(columns).collect()
        assert lines["key"].is_unique().all(), f"{name} holds a key twice"
        found[name] = {key: (*rest, tuple(hashes)) for key, *rest, hashes in lines.iter_rows()}
    return found


def units(home: Home, name: str, *columns: str) -> pl.DataFrame:
    """Return a table's units, sorted by key."""
    ledger = ledger_of(home)
    return ledger.open(ledger.table(name)).units(["key", *columns]).sort("key").collect()


def versions(home: Home) -> dict[str, int]:
    """Return the Delta version of every table."""
    ledger = ledger_of(home)
    return {table.name: ledger.open(table).version for table in ledger.tables}
