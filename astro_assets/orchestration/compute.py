"""Where the work on units runs: local processes by default, a Dask cluster when one is named.

Nothing else changes between the two. No Dagster here, so that the command line can use it too.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from itertools import chain, islice
from multiprocessing import forkserver, resource_tracker
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any, Final, Protocol

from astro_assets.ledger import memory
from astro_assets.ledger.compute import Compute, Serial
from astro_assets.ledger.variables import environment
from astro_assets.orchestration import pool_worker
from astro_assets.orchestration.dask_cluster import DASK_VARIABLE, DaskCluster
from astro_assets.orchestration.in_flight import WorkerLostError, in_flight

WORKERS_VARIABLE: Final = "ASTRO_ASSETS_WORKERS"
_SINGLE_THREADED: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
#: Arrays of light curves come and go: glibc keeps their memory instead of returning it to the system, which
#: takes as long as to detrend them, and asks for large pages. Arrow's allocator takes a gigabyte at first, of
#: which it uses little: it would count against what a worker may have.
_MEMORY: Final = {
    "MIMALLOC_ARENA_EAGER_COMMIT": "0",
    "MALLOC_MMAP_THRESHOLD_": str(2**25),
    "MALLOC_TRIM_THRESHOLD_": str(2**26),
    "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1",
}
#: How `multiprocessing` calls the script that runs, which each worker imports otherwise.
_MAIN: Final = "__main__"


class ClosableCompute(Compute, Protocol):
    """A compute engine that holds processes or connections."""

    def start(self) -> None:
        """Begin to start processes; return at once."""
        ...

    def close(self) -> None:
        """Let go of them."""
        ...


class _Context(ForkServerContext):
    """Starts processes from the fork server, and keeps which: a broken pool forgets some of its own."""

    def __init__(self) -> None:
        self.started: list[ForkServerProcess] = []

    def Process(self, *arguments: Any, **named: Any) -> ForkServerProcess:  # type: ignore[override]  # noqa: N802
        process = ForkServerProcess(*arguments, **named)
        self.started.append(process)
        return process


class _Pool:
    """Worker processes, and the pipe that they watch: they stop when its other end is closed."""

    def __init__(self, workers: int, worker_memory: int | None) -> None:
        self._context = _Context()
        self._watched, self._kept = multiprocessing.Pipe(duplex=False)
        beginning = pool_worker.begin, (self._watched, _SINGLE_THREADED, worker_memory)
        self._executor = ProcessPoolExecutor(workers, self._context, *beginning)

    def submit(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> Future[Any]:
        return self._executor.submit(pool_worker.interruptible, function, *arguments)

    def close(self) -> None:
        """End the workers; calls that are being made are interrupted."""
        self._kept.close()
        self._executor.shutdown(cancel_futures=True)
        self._watched.close()

    def kill(self) -> None:
        """End the workers of a pool that is broken, for which it would wait for ever.

        They are not asked to: what a script starts in the background ignores that, with Dagster in it.
        """
        for process in self._context.started:
            if process.is_alive():
                process.kill()
        self.close()


class LocalProcesses:
    """Worker processes on this machine, started when first needed and kept until closed.

    Parameters
    ----------
    workers
        Number of processes; the cores this process may use when None.
    preload
        Name of a module that is imported once, before the workers are forked from the process that has it.
    worker_memory
        Bytes that each worker may have; any number when None.
    """

    def __init__(
        self, workers: int | None = None, preload: str | None = None, worker_memory: int | None = None
    ) -> None:
        self.workers = workers or len(os.sched_getaffinity(0))
        self._worker_memory = worker_memory
        self._preload = [_MAIN] if preload is None else [_MAIN, preload]
        self._starting = threading.Lock()
        self._pool: _Pool | None = None

    def run(self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """Call ``function`` with each tuple of arguments in the workers; a single call runs here.

        It does not where memory is bounded: this process is not.

        Raises
        ------
        WorkerLostError
            If a worker process died.
        KeyboardInterrupt
            If a worker was interrupted, or another thread closes this.
        """
        pending = iter(calls)
        first = list(islice(pending, 2))
        gains_nothing = self._worker_memory is None and (len(first) < 2 or self.workers == 1)
        if gains_nothing or not first:  # from other processes
            yield from Serial().run(function, chain(first, pending))
            return
        pool = self._started()
        try:
            calls = chain(first, pending)
            yield from in_flight(lambda a: pool.submit(function, a), calls, lambda: self.workers)
        except BrokenProcessPool as error:
            self._end(pool)
            raise WorkerLostError(
                f"a worker process died: out of memory? Try fewer workers ({WORKERS_VARIABLE}), or set what "
                f"each may have ({memory.VARIABLE}), and run again"
            ) from error

    def start(self) -> None:
        """Begin to start the process that workers are forked from; return at once.

        That takes seconds of imports, which others can use.
        """
        if self.workers > 1 or self._worker_memory is not None:
            multiprocessing.set_forkserver_preload(self._preload)
            resource_tracker.ensure_running()  # before interrupts are held back, which it would end
            # It passes its environment on, and would die of an interrupt before it has imported all.
            with environment(worker_environment()), _uninterrupted():
                forkserver.ensure_running()

    def close(self) -> None:
        """End the worker processes; calls that are being made are interrupted."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

    def _end(self, broken: _Pool) -> None:
        """End a broken pool, unless another thread has done so: there may be a new one since."""
        with self._starting:
            if self._pool is broken:
                self._pool = None
                broken.kill()

    def _started(self) -> _Pool:
        with self._starting:
            if self._pool is None:
                self.start()
                self._pool = _Pool(self.workers, self._worker_memory)
            return self._pool


def worker_environment() -> dict[str, str]:
    """Return what workers are started with: one thread each, and memory settings unless there are others."""
    memory = {name: os.environ.get(name, value) for name, value in _MEMORY.items()}
    return _SINGLE_THREADED | memory


def default_compute(preload: str | None = None) -> ClosableCompute:
    """Return the Dask cluster that ``ASTRO_ASSETS_DASK`` names, else local processes.

    ``ASTRO_ASSETS_WORKERS`` sets the number of local processes, ``ASTRO_ASSETS_WORKER_MEMORY`` how much
    memory each may have, ``preload`` what they begin with.

    Raises
    ------
    ValueError
        If the number of workers is not a positive integer, or the memory no size.
    """
    if address := os.environ.get(DASK_VARIABLE):
        return DaskCluster(address, memory.memory_named())
    named = os.environ.get(WORKERS_VARIABLE)
    if named is not None and not (named.isdigit() and int(named) > 0):
        raise ValueError(f"{WORKERS_VARIABLE} = {named!r} is not a positive number of processes")
    return LocalProcesses(int(named) if named else None, preload, memory.memory_named())


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold interrupts back; a process that is started meanwhile does so until it asks for them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
