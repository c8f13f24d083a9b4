"""The workers of a Dask cluster as a compute engine."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from functools import partial
from typing import Any, Final

from astro_assets.ledger import memory
from astro_assets.orchestration import pool_worker
from astro_assets.orchestration.in_flight import WorkerLostError, in_flight

DASK_VARIABLE: Final = "ASTRO_ASSETS_DASK"
#: How long a cluster may be without workers, which may be on their way, in seconds.
_PATIENCE_S: Final = 180.0
#: How often a cluster is asked for its workers at most, in seconds.
_ASK_S: Final = 5.0


class DaskCluster:
    """The workers of a Dask scheduler.

    Parameters
    ----------
    address
        For example ``tcp://127.0.0.1:8786``. The workers need this package, and the home at the same path or
        the environment of its object store.
    worker_memory
        Bytes that each worker process may have while it computes for this; any number when None.
    patience_s
        How long the cluster may be without workers, in seconds.
    """

    def __init__(
        self, address: str, worker_memory: int | None = None, patience_s: float = _PATIENCE_S
    ) -> None:
        import distributed

        self._address = address
        self._worker_memory = worker_memory
        self._patience_s = patience_s
        try:
            # Dask's client is not annotated.
            self.client: Any = distributed.Client(address, timeout=30)  # type: ignore[no-untyped-call]
        except OSError as error:
            raise WorkerLostError(f"no Dask scheduler answers at {address} ({DASK_VARIABLE})") from error

    @property
    def workers(self) -> int:
        """The threads of all workers now."""
        return max(1, self._threads())

    def _threads(self) -> int:
        try:
            threads: dict[str, int] = self.client.nthreads()
        except OSError as error:
            raise self._lost() from error
        return sum(threads.values())

    def run(self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """Call ``function`` with each tuple of arguments on the cluster.

        Raises
        ------
        WorkerLostError
            If the scheduler went, or workers died of a call, however often Dask tried it again, or if there
            are no workers for long.
        """
        from distributed.comm.core import CommClosedError
        from distributed.scheduler import KilledWorker

        executor, work = self.client.get_executor(pure=False), function
        if self._worker_memory is not None:
            work = partial(pool_worker.bounded, self._worker_memory, function)
        try:
            yield from in_flight(lambda a: executor.submit(work, *a), iter(calls), self._counter())
        except (CancelledError, CommClosedError) as error:  # a scheduler that is back knows no work of before
            raise self._lost() from error
        except KilledWorker as error:
            raise WorkerLostError(
                f"workers of the cluster died of one piece of work, for lack of memory? Give them more "
                f"(--memory-limit), or set what a unit may need ({memory.VARIABLE}), and run again"
            ) from error

    def _lost(self) -> WorkerLostError:
        return WorkerLostError(
            f"the Dask scheduler at {self._address} was lost, and the work on it; nothing was committed: "
            "run again"
        )

    def _counter(self) -> Callable[[], int]:
        """Return what counts the workers' threads, however often it is asked, and waits for some so long."""
        asked = seen = time.monotonic()
        count = self.workers

        def counted() -> int:
            nonlocal asked, seen, count
            if time.monotonic() - asked > _ASK_S:
                threads = self._threads()
                asked, count = time.monotonic(), max(1, threads)
                if threads:
                    seen = asked
                elif asked - seen > self._patience_s:
                    raise WorkerLostError(
                        f"the Dask scheduler at {self._address} has no workers for {self._patience_s:.0f} s; "
                        "nothing was committed: start some, and run again"
                    )
            return count

        return counted

    def start(self) -> None:
        """Do nothing: the cluster's workers are there."""

    def close(self) -> None:
        """Disconnect from the scheduler."""
        self.client.close()
