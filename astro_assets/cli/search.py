"""The `run` and `demo` commands: the search job in this process, with progress, and what it came to."""

import importlib
import os
import sys
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import polars as pl
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from astro_assets.cli import printing, queries
from astro_assets.cli.progress import lines_told
from astro_assets.cli.refused import print_refused, refused_files
from astro_assets.definitions import SCORING_JOB, SEARCH_JOB, build_definitions
from astro_assets.ledger.computing import Progress as Shown
from astro_assets.ledger.store import DamagedTableError
from astro_assets.on_demand import asked_for
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.launch import run_job, tables_of
from astro_assets.redaction import without_secrets

#: What reading a table raises whose files are damaged.
_UNREADABLE: Final = (DamagedTableError, pl.exceptions.PolarsError, OSError)


def search(engine: Engine, *, paths: Sequence[Path] = (), n_targets: int | None = None) -> int:
    """Run the search job and print what it did.

    Parameters
    ----------
    engine
        Of the home; its workers may have begun to start.
    paths
        What to take in; the inbox when empty.
    n_targets
        Stars to simulate; None leaves it to the survey's own rule.

    Returns
    -------
    int
        Exit code: 0 only if every step succeeded.
    """
    survey: dict[str, Any] = {"n_targets": 0 if paths else n_targets}
    config = {
        "ops": {
            "observations__simulated_truth": {"config": {k: v for k, v in survey.items() if v is not None}},
            "observations__raw_files": {"config": {"paths": [str(path) for path in paths]}},
        }
    }
    failures = run_with_progress(engine, SEARCH_JOB, config)
    ledger = engine.ledger()
    if not failures and (wanted := asked_for(ledger)):
        failures = run_with_progress(engine, SCORING_JOB, {}, wanted)
    printing.updates(engine.reports)
    printing.notes([note for report in engine.reports for note in report.notes])
    taken = [key for report in engine.reports for key in report.keys]
    if paths and not taken:
        printing.notes([f"no files in {path}" for path in paths])
    with suppress(*(_UNREADABLE if failures else ())):  # what is damaged is named by what failed
        printing.notes(queries.retracted_files(ledger, taken))
        print_refused(refused_files(ledger, taken), engine.home)
        printing.failed(queries.failed_units(ledger))
    return report_failures(failures)


def run_with_progress(
    engine: Engine, job: str, config: Mapping[str, Any], only: Collection[str] | None = None
) -> list[str]:
    """Run a job in this process with a bar for each table.

    Parameters
    ----------
    only
        Names of those of its assets that are brought up to date; all by default.

    Returns
    -------
    list of str
        What failed, a line a step, as of :func:`~astro_assets.orchestration.launch.run_job`.
    """
    with shown_progress(engine):
        definitions = build_definitions(engine.home, engine)
        engine.expect(tables_of(definitions, job) if only is None else only)
        _, failures = run_job(definitions, job, engine.home, config, only)
    return failures


@contextmanager
def shown_progress(engine: Engine) -> Iterator[None]:
    """Show a bar for each table that an engine works on during the block; close the engine after it."""
    columns = (
        TextColumn("{task.description:34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with _standard_error() as console, Progress(*columns, console=console) as bars:
        started: dict[str, TaskID] = {}
        tell = lines_told(bars.console)

        def progress_of(name: str) -> Shown:
            def show(done: int, to_do: int) -> None:
                if not started:
                    threading.Thread(target=_import_meanwhile, daemon=True).start()
                if name not in started:
                    started[name] = bars.add_task(name)
                bars.update(started[name], completed=done, total=to_do)
                tell(name, done, to_do)

            return show

        engine.progress = progress_of
        try:
            yield
        finally:
            engine.close()


def _import_meanwhile() -> None:
    """Import what committing and drawing need later, while files are taken in and workers compute."""
    for name in ("pyarrow", "matplotlib.backends.backend_agg", "matplotlib.figure"):
        importlib.import_module(name)


def report_failures(failures: Sequence[str]) -> int:
    """Print what failed and return the exit code: 0 only if nothing did."""
    with _standard_error() as console:
        for failure in failures:
            text = Text.assemble(("failed", "red"), f" {printing.plain(without_secrets(failure))}")
            console.print(text, soft_wrap=True)
    return 1 if failures else 0


@contextmanager
def _standard_error() -> Iterator[Console]:
    """Write to standard error itself: while a step runs, Dagster leads the usual way there through a file."""
    with os.fdopen(os.dup(sys.stderr.fileno()), "w") as stream:
        yield Console(file=stream, highlight=False)
