"""What a worker process of a pool does: calls can be interrupted, and nothing else that it does.

An interrupt that came while it waits for a call would end it with a stack trace, and one while it hands a
result over would leave half a message behind, for which the others would wait for ever.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from types import FrameType
from typing import Any, Final

from astro_assets.ledger.memory import bound_memory

#: Whether this process was told to stop: then it makes no further call.
_STOPPED: Final = threading.Event()


@dataclass(slots=True)
class _Work:
    """Whether a call is being made: an interrupt ends it, and is nothing to a worker that waits."""

    is_a_call: bool = False


#: Not an event, whose lock an interrupt may find taken by what it interrupts.
_WORK: Final = _Work()


def begin(stop: Connection, environment: Mapping[str, str], memory: int | None = None) -> None:
    """Begin a worker, which was forked from a process that holds interrupts back.

    Parameters
    ----------
    stop
        Ends when whoever has its other end closes that, or dies: then the call that is being made is
        interrupted. A pool's workers would wait for ever for a parent that was killed.
    environment
        Variables that are set, whoever started the process that it was forked from.
    memory
        Bytes that it may have; any number when None.
    """
    if memory is not None:
        bound_memory(memory)
    os.environ.update(environment)
    # Not a mask: libraries start threads in calls, which would take what the main thread holds back.
    signal.signal(signal.SIGINT, _interrupt)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_watch, args=(stop,), daemon=True).start()


def interruptible(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function; an interrupt that comes meanwhile ends it.

    Raises
    ------
    KeyboardInterrupt
        If there was one, or this worker was told to stop.
    """
    try:
        _WORK.is_a_call = True
        if _STOPPED.is_set():
            raise KeyboardInterrupt
        return function(*arguments)
    finally:
        _WORK.is_a_call = False


def bounded(memory: int, function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function in a process that others started, and that may have so many bytes from now on."""
    bound_memory(memory)
    return function(*arguments)


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    if _WORK.is_a_call:
        _WORK.is_a_call = False  # first: what hands the exception over is no call any more
        raise KeyboardInterrupt


def _watch(stop: Connection) -> None:
    wait([stop])
    _STOPPED.set()
    if main := threading.main_thread().ident:
        signal.pthread_kill(main, signal.SIGINT)  # which a call that sleeps notices in this thread only
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
