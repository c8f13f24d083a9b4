"""Bars for work that is counted, on standard error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

#: Seconds from one line to the next of the same work, where no bar can move.
_EVERY_S: Final = 30.0


def lines_told(console: Console, every_s: float = _EVERY_S) -> Callable[[str, int, int], None]:
    """Return what prints now and then how far a work is: in a log, where a bar is drawn only at its end.

    It is called with the work's name, what is done, and to do. On a terminal it prints nothing.
    """
    begun = time.monotonic()
    last: dict[str, float] = {}

    def tell(what: str, done: int, to_do: int) -> None:
        now = time.monotonic()
        if not console.is_terminal and now - last.get(what, begun) >= every_s:
            last[what] = now
            console.print(f"{what}: {done} of {to_do} after {now - begun:.0f} s", markup=False)

    return tell


@contextmanager
def progress_shown(what: str) -> Iterator[Callable[[int, int], None]]:
    """Show a bar while work goes on; what is given is called with what is done and to do."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


@contextmanager
def steps_shown() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar for each thing that is made; what is given is called with its name, what is done, to do."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def said(what: str, done: int, to_do: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what)
            bars.update(tasks[what], completed=done, total=to_do)

        yield said


@contextmanager
def asking_shown() -> Iterator[tuple[Callable[[str, int, int], None], Callable[[str], None]]]:
    """Show a bar for each thing that is asked for, and lines above them: what shows either is given."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
    with Progress(*columns, console=console) as bars:
        tasks: dict[str, TaskID] = {}

        def shown(what: str, done: int, to_do: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what)
            bars.update(tasks[what], completed=done, total=to_do)

        yield shown, bars.console.print
