"""Interrupts that end a run, wherever in it they come.

An interrupt is an exception that is raised in whatever is being done. Python only prints it where that is a
finalizer or a weak reference's function, which is likely when the signal came during a collection of garbage,
and a library may take it for a failure that it can go on after, as Dagster's log of events does.
"""

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, cast

#: Dagster raises the same for both.
_INTERRUPTS: Final = frozenset({signal.SIGINT, signal.SIGTERM})
#: A run that was interrupted has let go of its engine long before.
_PAUSE_S: Final = 3.0


@contextmanager
def interrupts_repeated() -> Iterator[None]:
    """Interrupt the main thread again and again after it was interrupted, until this ends.

    Does nothing in another thread, which no signal interrupts.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    received, signalled = socket.socketpair()
    signalled.setblocking(False)
    before = signal.set_wakeup_fd(signalled.fileno(), warn_on_full_buffer=False)
    repeating = threading.Thread(target=_repeat, args=(received,), daemon=True)
    repeating.start()
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        signalled.close()
        repeating.join()


def _repeat(received: socket.socket) -> None:
    """Repeat the last interrupt of those whose numbers are received, until no more can be."""
    interrupt, main = signal.SIGINT, threading.main_thread().ident
    with received:
        while True:
            try:
                numbers = received.recv(64)
            except TimeoutError:
                # To that thread, so that what it waits for ends.
                signal.pthread_kill(cast("int", main), interrupt)
                continue
            if not numbers:
                return
            for number in _INTERRUPTS.intersection(numbers):
                interrupt = number
                received.settimeout(_PAUSE_S)
