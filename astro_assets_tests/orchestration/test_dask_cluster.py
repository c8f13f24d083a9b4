"""The workers of a Dask cluster compute, however many there are when; without any a run ends and says so."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import dask
import distributed
import pytest

from astro_assets.ledger import memory
from astro_assets.orchestration.compute import default_compute
from astro_assets.orchestration.dask_cluster import DASK_VARIABLE, DaskCluster
from astro_assets.orchestration.in_flight import WorkerLostError
from astro_assets_tests.orchestration.test_compute import bound_and_process, dies, squared_with_process


@contextmanager
def started(n_workers: int) -> Iterator[distributed.LocalCluster]:
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        distributed.LocalCluster(
            n_workers=n_workers,
            threads_per_worker=1,
            processes=True,
            dashboard_address="127.0.0.1:0",
            host="127.0.0.1",
        ) as cluster,
    ):
        yield cluster


def test_a_dask_cluster_is_used_when_one_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with started(2) as cluster:
        monkeypatch.setenv(DASK_VARIABLE, cluster.scheduler_address)
        monkeypatch.setenv(memory.VARIABLE, "3GB")
        engine = default_compute()
        assert isinstance(engine, DaskCluster)
        assert engine.workers == 2
        results = list(engine.run(squared_with_process, ((n,) for n in range(30))))
        bounds = {bound for bound, _ in engine.run(bound_and_process, ((n,) for n in range(4)))}
        with pytest.raises(WorkerLostError, match="memory-limit"):
            list(engine.run(dies, ((n,) for n in range(4))))
        engine.close()
    assert bounds == {3 * 10**9}
    assert sorted(value for value, _ in results) == [n * n for n in range(30)]
    assert os.getpid() not in {process for _, process in results}


def test_workers_that_come_late_are_waited_for_and_none_at_all_end_the_run() -> None:
    with started(0) as cluster:
        engine = DaskCluster(cluster.scheduler_address, patience_s=1)
        with pytest.raises(WorkerLostError, match=r"has no workers for 1 s.*start some"):
            list(engine.run(squared_with_process, ((n,) for n in range(3))))
        engine = DaskCluster(cluster.scheduler_address)
        coming = threading.Timer(1, cluster.scale, [1])
        coming.start()
        results = list(engine.run(squared_with_process, ((n,) for n in range(3))))
        coming.join()
        engine.close()
    assert sorted(value for value, _ in results) == [0, 1, 4]
