"""A folder and a cluster come to the same, row hash by row hash: object store, scheduler, workers."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.observations.simulated_survey import simulate_survey
from astro_assets.tables import TABLES
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.object_store import ObjectStoreServer, new_url
from astro_assets_tests.servers import free_port, serving

_N_STARS = 10
_SHARDS = "8"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Write the files of a few simulated stars."""
    folder = tmp_path / "files"
    folder.mkdir()
    for file in simulate_survey(_N_STARS, 3):
        (folder / file.name).write_bytes(file.content)
    return folder


@contextmanager
def cluster(folder: Path, **environment: str) -> Iterator[str]:
    """Run a Dask scheduler and two workers that have no home; give the scheduler's address."""
    port = free_port()
    address = f"tcp://127.0.0.1:{port}"
    dask = [sys.executable, "-m", "dask"]
    options = ["--host", "127.0.0.1", "--no-dashboard"]
    with ExitStack() as running:
        scheduler = [*dask, "scheduler", *options, "--port", str(port)]
        running.enter_context(serving(scheduler, port, folder / "scheduler.log"))
        for i in range(2):
            at = free_port()
            worker = [*dask, "worker", address, *options, "--nthreads", "1", "--worker-port", str(at)]
            own = {**environment, "ASTRO_ASSETS_CACHE": str(folder / f"copies of worker {i}")}
            running.enter_context(serving(worker, at, folder / f"worker {i}.log", **own))
        yield address


def held(home: Home) -> dict[str, dict[str, tuple[Any, ...]]]:
    """Return the hashes of all units of all tables."""
    ledger, columns = open_ledger(home, TABLES), ["key", "outcome", "recipe_hash", "output_hash", "row_hash"]
    found = {}
    for table in ledger.tables:
        lines = ledger.open(table).units(columns).collect()
        found[table.name] = {key: (*rest, tuple(hashes)) for key, *rest, hashes in lines.iter_rows()}
    return found


@pytest.mark.deploy
def test_a_folder_and_a_cluster_come_to_the_same(
    files: Path, tmp_path: Path, object_store: ObjectStoreServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same commands on the same files; the workers find files and arrays in the store alone."""
    for home in ("laptop", "cluster"):
        (tmp_path / home).mkdir()
    result = astro_assets(
        "run", "--observations", files, home=tmp_path / "laptop" / "home", ASTRO_ASSETS_SHARDS=_SHARDS
    )
    assert result.returncode == 0, result.stderr
    for name, value in object_store.variables().items():
        monkeypatch.setenv(name, value)
    url, place = new_url(), tmp_path / "cluster" / "home"
    made = astro_assets("init", "--store", url, "--shards", _SHARDS, home=place)
    assert made.returncode == 0, made.stderr
    with cluster(tmp_path / "cluster", **object_store.variables()) as address:
        done = astro_assets("run", "--observations", files, home=place, ASTRO_ASSETS_DASK=address)
    assert done.returncode == 0, done.stderr
    laptop, on_cluster = held(open_home(tmp_path / "laptop" / "home")), held(open_home(place))
    assert len(laptop["observations/raw_files"]) == _N_STARS
    assert len(laptop["transits/transit_candidates"]) == _N_STARS
    for table, units in laptop.items():
        assert on_cluster[table] == units, table
    assert open_home(place).store == url
    assert not {"tables", "objects", "files"} & {path.name for path in place.iterdir()}
    assert any((tmp_path / "cluster").glob("copies of worker */*/files")), "a worker has read raw files"
