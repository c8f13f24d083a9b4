"""A star's rows are the same whoever is computed with it, on whatever workers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets.observations.tables import RAW_FILES
from astro_assets.orchestration.compute import ClosableCompute, LocalProcesses
from astro_assets.orchestration.dask_cluster import DaskCluster
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.ingest import ingest
from astro_assets.tables import TABLES
from astro_assets_tests.orchestration import homes

#: A planet, a quiet star or two, and a binary, out of the demonstration's twelve; in another order.
SOME = (3, 1, 2, 4)


def searched(
    home: Home, files: list[Path], compute: ClosableCompute
) -> dict[str, dict[str, tuple[Any, ...]]]:
    engine = Engine(home, TABLES, compute=compute)
    ingest(engine.ledger(), RAW_FILES, files)
    for name in homes.CHAIN:
        engine.update(engine.ledger().table(name), None, run_id="")
    engine.close()
    return homes.contents(home)


@pytest.fixture
def files(simulated_home: Home) -> list[Path]:
    folder = simulated_home.inbox / "simulated_survey"
    return [next(folder.glob(f"sim{number:07d}-*")) for number in SOME]


def among_all(simulated_home: Home) -> dict[str, dict[str, tuple[Any, ...]]]:
    """Return what the demonstration, on two local workers, holds of some stars."""
    wanted = {f"SIM {number}" for number in SOME}
    ledger = homes.ledger_of(simulated_home)
    rows = ledger.open(ledger.table("observation_files")).rows(["sha256", "target_id"]).collect()
    mine = {sha256 for sha256, target in rows.select("sha256", "target_id").iter_rows() if target in wanted}
    return {
        name: {key: line for key, line in lines.items() if key in mine or line[0] in wanted}
        for name, lines in homes.contents(simulated_home).items()
    }


def test_few_stars_in_this_process_equal_twelve_on_two_workers(
    simulated_home: Home, files: list[Path], tmp_path: Path
) -> None:
    alone = searched(open_home(tmp_path / "home", n_shards=homes.N_SHARDS), files, LocalProcesses(1))
    assert alone == among_all(simulated_home)
    assert len(alone["transits/transit_candidates"]) == len(SOME)
    assert len(alone["transits/folded_views"]) >= 2


def test_few_stars_on_a_dask_cluster_equal_twelve_on_two_workers(
    simulated_home: Home, files: list[Path], tmp_path: Path
) -> None:
    import distributed

    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    ) as cluster:
        home = open_home(tmp_path / "home", n_shards=homes.N_SHARDS)
        on_cluster = searched(home, files[::-1], DaskCluster(cluster.scheduler_address))
    assert on_cluster == among_all(simulated_home)
