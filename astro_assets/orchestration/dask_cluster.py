"""The workers of a Dask cluster as a compute engine."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from functools import partial
from typing import Any, Final

from astro_assets.ledger import memory
from astro_assets.orchestration import pool_worker
from astro_assets.orchestration.in_flight import WorkerLostError, in_flight

DASK_VARIABLE: Final = "ASTRO_ASSETS_DASK"


class DaskCluster:
    """The workers of a Dask scheduler.

    Parameters
    ----------
    address
        For example ``tcp://127.0.0.1:8786``. The workers need this package, and the home at the same path or
        the environment of its object store.
    worker_memory
        Bytes that each worker process may have while it computes for this; any number when None.
    """

    def __init__(self, address: str, worker_memory: int | None = None) -> None:
        import distributed

        self._address = address
        self._worker_memory = worker_memory
        try:
            # Dask's client is not annotated.
            self.client: Any = distributed.Client(address, timeout=30)  # type: ignore[no-untyped-call]
        except OSError as error:
            raise WorkerLostError(f"no Dask scheduler answers at {address} ({DASK_VARIABLE})") from error

    @property
    def workers(self) -> int:
        """The threads of all workers now."""
        threads: dict[str, int] = self.client.nthreads()
        return max(1, sum(threads.values()))

    def run(self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """Call ``function`` with each tuple of arguments on the cluster.

        Raises
        ------
        WorkerLostError
            If the scheduler went, or workers died of a call, however often Dask tried it again.
        """
        from distributed.comm.core import CommClosedError
        from distributed.scheduler import KilledWorker

        executor, work = self.client.get_executor(pure=False), function
        if self._worker_memory is not None:
            work = partial(pool_worker.bounded, self._worker_memory, function)
        try:
            yield from in_flight(lambda a: executor.submit(work, *a), iter(calls), self.workers)
        except (CancelledError, CommClosedError) as error:  # a scheduler that is back knows no work of before
            raise WorkerLostError(
                f"the Dask scheduler at {self._address} was lost, and the work on it; nothing was committed: "
                "run again"
            ) from error
        except KilledWorker as error:
            raise WorkerLostError(
                f"workers of the cluster died of one piece of work, for lack of memory? Give them more "
                f"(--memory-limit), or set what a unit may need ({memory.VARIABLE}), and run again"
            ) from error

    def start(self) -> None:
        """Do nothing: the cluster's workers are there."""

    def close(self) -> None:
        """Disconnect from the scheduler."""
        self.client.close()
