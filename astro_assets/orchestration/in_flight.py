"""Calls handed out to workers, a few ahead of them, and their results as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from itertools import islice
from queue import SimpleQueue
from typing import Any, Final

#: Calls handed out for each worker, so that memory stays bounded while none of them waits.
_AHEAD: Final = 2


class WorkerLostError(OSError):
    """A worker process died, most often for lack of memory, or its cluster; nothing was committed."""


def in_flight(
    submit: Callable[[tuple[Any, ...]], Future[Any]], calls: Iterator[tuple[Any, ...]], workers: int
) -> Iterator[Any]:
    """Yield the results of calls in any order; what is left when nobody listens any more is cancelled."""
    running: set[Future[Any]] = set()
    # Not `concurrent.futures.wait`, which is not told of futures that a closed pool has cancelled.
    done: SimpleQueue[Future[Any]] = SimpleQueue()

    def submit_some(number: int) -> None:
        for arguments in islice(calls, number):
            future = submit(arguments)
            running.add(future)
            future.add_done_callback(done.put)

    try:
        submit_some(_AHEAD * workers)
        while running:
            future = done.get()
            running.remove(future)
            submit_some(1)
            yield future.result()
    finally:
        for future in running:
            future.cancel()
