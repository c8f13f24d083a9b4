"""Processes that a training starts to share its work: they end with it, whatever ends it."""

from __future__ import annotations

import os
import threading
import time


def end_with(parent: int) -> None:
    """Let this process end soon after the one that started it, which may have been killed.

    Parameters
    ----------
    parent
        Process id of the one that started it.
    """
    threading.Thread(target=_wait, args=(parent,), daemon=True).start()


def _wait(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)
