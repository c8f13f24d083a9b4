"""Calls handed out to workers, a few ahead of them, and their results as they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any, Final

#: Calls handed out for each worker, so that memory stays bounded while none of them waits.
_AHEAD: Final = 2
#: How often workers are counted while none of them has a result, in seconds.
_LOOK_S: Final = 5.0


class WorkerLostError(OSError):
    """A worker process died, most often for lack of memory, or its cluster; nothing was committed."""


def in_flight(
    submit: Callable[[tuple[Any, ...]], Future[Any]],
    calls: Iterator[tuple[Any, ...]],
    workers: Callable[[], int],
) -> Iterator[Any]:
    """Yield the results of calls in any order; what is left when nobody listens any more is cancelled.

    Parameters
    ----------
    workers
        Returns how many there are now, or raises :class:`WorkerLostError` where none can be waited for.
    """
    running: set[Future[Any]] = set()
    # Not `concurrent.futures.wait`, which is not told of futures that a closed pool has cancelled.
    done: SimpleQueue[Future[Any]] = SimpleQueue()

    def hand_out() -> None:
        for arguments in islice(calls, max(0, _AHEAD * max(1, workers()) - len(running))):
            future = submit(arguments)
            running.add(future)
            future.add_done_callback(done.put)

    try:
        hand_out()
        while running:
            try:
                future = done.get(timeout=_LOOK_S)
            except Empty:
                hand_out()
                continue
            running.remove(future)
            hand_out()
            yield future.result()
    finally:
        for future in running:
            future.cancel()
