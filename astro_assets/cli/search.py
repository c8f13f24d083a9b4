"""The `run` and `demo` commands: the search job in this process, with progress, and what it came to."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

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
from astro_assets.definitions import SEARCH_JOB, build_definitions
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.update import Progress as Shown
from astro_assets.orchestration.engine import Engine
from astro_assets.orchestration.launch import run_job
from astro_assets.tables import TABLES


def search(
    home: Home,
    *,
    paths: Sequence[Path] = (),
    n_targets: int | None = None,
    retry_failed: bool = False,
    refresh_environment: bool = False,
) -> int:
    """Run the search job and print what it did.

    Parameters
    ----------
    paths
        What to take in; the inbox when empty.
    n_targets
        Stars to simulate; None leaves it to the survey's own rule.
    retry_failed, refresh_environment
        As for :func:`~astro_assets.ledger.update.update`.

    Returns
    -------
    int
        Exit code: 0 only if every step succeeded.

    Raises
    ------
    HomeError
        If the home's ``config.toml`` cannot be used; nothing was started.
    """
    open_ledger(home, TABLES)  # a setting that is wrong is found before anything starts
    survey: dict[str, Any] = {"n_targets": 0 if paths else n_targets}
    config = {
        "ops": {
            "observations__simulated_truth": {"config": {k: v for k, v in survey.items() if v is not None}},
            "observations__raw_files": {"config": {"paths": [str(path) for path in paths]}},
        }
    }
    engine = Engine(home, TABLES, retry_failed=retry_failed, refresh_environment=refresh_environment)
    run_id, failures = run_with_progress(engine, SEARCH_JOB, config)
    printing.updates(engine.reports)
    printing.refused(queries.refused_files(engine.ledger(), run_id))
    return report_failures(failures)


def run_with_progress(engine: Engine, job: str, config: Mapping[str, Any]) -> tuple[str, list[str]]:
    """Run a job in this process with a bar for each table.

    Returns
    -------
    tuple of (str, list of str)
        As of :func:`~astro_assets.orchestration.launch.run_job`.
    """
    columns = (
        TextColumn("{task.description:34}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=_terminal()) as bars:

        def progress_of(name: str) -> Shown:
            started: list[TaskID] = []

            def show(done: int, to_do: int) -> None:
                if not started:
                    started.append(bars.add_task(name))
                bars.update(started[0], completed=done, total=to_do)

            return show

        engine.progress = progress_of
        try:
            return run_job(build_definitions(engine.home, engine), job, engine.home, config)
        finally:
            engine.close()


def report_failures(failures: Sequence[str]) -> int:
    """Print what failed and return the exit code: 0 only if nothing did."""
    for failure in failures:
        text = Text.assemble(("failed", "red"), f" {printing.plain(failure)}")
        _terminal().print(text, soft_wrap=True)
    return 1 if failures else 0


def _terminal() -> Console:
    return Console(stderr=True, highlight=False)
