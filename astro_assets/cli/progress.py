"""Bars for work that is counted, on standard error."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn


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
