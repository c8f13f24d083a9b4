"""A run killed at any moment: readers see before or after, the next run completes, no process stays."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest

from astro_assets.ledger.home import Home
from astro_assets.ledger.staleness import stale
from astro_assets_tests.cli.commands import astro_assets, kill_session, started, wait_for_end
from astro_assets_tests.ledger.places import table_path
from astro_assets_tests.orchestration import homes

#: After the commit of which table a run is killed, a little later.
MOMENTS = ("observations/raw_files", *homes.CHAIN[:-1])
_LATER_S = 0.6


def is_written(home: Home, table: str) -> bool:
    return any((table_path(home, table) / "_delta_log").glob("*1.json"))


@pytest.mark.parametrize("only_parent", [False, True], ids=["everything killed", "parent killed"])
def test_a_killed_run_is_completed_by_the_next(
    searched_home: Home, tmp_path: Path, only_parent: bool
) -> None:
    home = homes.new_home(tmp_path / "home", *homes.STARS)
    seed = time.time_ns()
    rng = np.random.default_rng(seed)
    expected = homes.contents(searched_home)
    n_killed = 0
    for table in MOMENTS[only_parent::2]:
        run = started("run", home=home, ASTRO_ASSETS_WORKERS="2")
        try:
            while not is_written(home, table) and run.poll() is None:
                time.sleep(0.01)
            time.sleep(rng.uniform(0, _LATER_S))
            n_killed += run.poll() is None
            if only_parent:
                run.kill()
            else:
                os.killpg(run.pid, signal.SIGKILL)
            run.wait(timeout=60)
            assert not wait_for_end(run.pid), "its workers end by themselves"
        finally:
            kill_session(run.pid)
        found = homes.contents(home)
        for name in homes.CHAIN:
            assert found[name].items() <= expected[name].items(), f"seed {seed}"
    assert n_killed, "no run was still going on"
    result = astro_assets("run", home=home)
    assert result.returncode == 0, result.stderr
    assert homes.contents(home) == expected, f"seed {seed}"
    assert stale(homes.ledger_of(home)).entries.is_empty()
