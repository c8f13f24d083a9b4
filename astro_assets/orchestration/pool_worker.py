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
from multiprocessing.connection import Connection, wait
from typing import Any, Final

#: Whether this process was told to stop: then it makes no further call.
_STOPPED: Final = threading.Event()


def begin(stop: Connection, environment: Mapping[str, str]) -> None:
    """Begin a worker, which was forked from a process that holds interrupts back.

    Parameters
    ----------
    stop
        Ends when whoever has its other end closes that, or dies: then the call that is being made is
        interrupted. A pool's workers would wait for ever for a parent that was killed.
    environment
        Variables that are set, whoever started the process that it was forked from.
    """
    os.environ.update(environment)
    threading.Thread(target=_watch, args=(stop,), daemon=True).start()


def interruptible(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call a function; interrupts that were held back, or come meanwhile, end it.

    Raises
    ------
    KeyboardInterrupt
        If there was one, or this worker was told to stop.
    """
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        if _STOPPED.is_set():
            raise KeyboardInterrupt
        return function(*arguments)
    finally:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})


def _watch(stop: Connection) -> None:
    wait([stop])
    _STOPPED.set()
    os.kill(os.getpid(), signal.SIGINT)
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
