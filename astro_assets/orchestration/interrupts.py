"""Interrupts that end a run, wherever in it they come.

An interrupt is an exception that is raised in whatever is being done. Python only prints it where that is a
finalizer or a weak reference's function, which is likely when the signal came during a collection of garbage,
and a library may take it for a failure that it can go on after, as Dagster's log of events does.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, cast

#: Dagster raises the same for both.
_INTERRUPTS: Final = frozenset({signal.SIGINT, signal.SIGTERM})
#: What is raised: Python's own, and Dagster's while an asset is made.
_RAISED: Final = frozenset({"KeyboardInterrupt", "DagsterExecutionInterruptedError"})
_PAUSE_S: Final = 3.0


@contextmanager
def interrupts_repeated() -> Iterator[None]:
    """Interrupt the main thread again when an interrupt was lost, until this ends.

    It is not while the thread does what an interrupt makes it do, such as closing what was open. Does nothing
    in another thread, which no signal interrupts.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Not sockets or files, which would be closed, and their number be another file's, if this were cut short.
    received, signalled = os.pipe()
    os.set_blocking(signalled, False)
    repeating = threading.Thread(target=_repeat, args=(received,), daemon=True)
    repeating.start()
    before = signal.set_wakeup_fd(signalled, warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(before)
        os.close(signalled)
        repeating.join()


def _repeat(received: int) -> None:
    """Repeat the last interrupt of those whose numbers are received, until no more can be."""
    interrupt, pause, main = signal.SIGINT, None, cast("int", threading.main_thread().ident)
    while True:
        if not select.select([received], [], [], pause)[0]:
            if not _is_ending(main):
                # To that thread, so that what it waits for ends.
                signal.pthread_kill(main, interrupt)
            continue
        if not (numbers := os.read(received, 64)):
            os.close(received)
            return
        for number in _INTERRUPTS.intersection(numbers):
            interrupt, pause = number, _PAUSE_S


def _is_ending(thread: int) -> bool:
    """Whether a thread handles an interrupt, or does what is to be done finally when one was raised."""
    error = sys._current_exceptions()[thread][1]  # noqa: SLF001 -- documented, and the only way
    while error is not None and type(error).__name__ not in _RAISED:
        error = error.__context__  # what was raised, and is handled, meanwhile
    return error is not None
