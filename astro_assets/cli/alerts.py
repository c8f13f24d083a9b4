"""The `alerts` commands: filters put into a home, and files judged on the spot."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table as Grid

from astro_assets.cli import printing
from astro_assets.cli.preparation import begun_engine
from astro_assets.cli.search import report_failures, run_with_progress
from astro_assets.cli.small_files import read_small
from astro_assets.definitions import ALERTS_JOB
from astro_assets.images.alert_filters import put_in, resolved, version_named, versions_kept
from astro_assets.images.alert_pictures import VERDICTS, counts
from astro_assets.images.alert_tables import models_of
from astro_assets.images.alerts.deciding import PacketScore, decide
from astro_assets.images.alerts.errors import AlertFileError
from astro_assets.images.alerts.filter_files import MOST_BYTES, FilterFile, FilterFileError, filter_file_of
from astro_assets.images.alerts.filters import AlertFilter
from astro_assets.images.alerts.reading import read_alerts
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.observations.identification import identify
from astro_assets.tables import TABLES

_DIGITS: Final = 12


def apply_filters(home: Home, files: Sequence[Path], remove: Sequence[str]) -> int:
    """Apply filters to all packets of a home, now and from now on, and print what they decided.

    Returns
    -------
    int
        Exit code: 0 only if every step succeeded.

    Raises
    ------
    FilterFileError, UnknownModelError
        If a file is no filter, or names a model that is not there; nothing was started.
    """
    texts = [read_small(path, MOST_BYTES, "a filter", FilterFileError) for path in files]
    found = [filter_file_of(data, str(path)) for path, data in zip(files, texts, strict=True)]
    put_in(open_ledger(home, TABLES), found, remove)
    engine = begun_engine(home, has_work=False)
    wanted = {"filters": [data.decode() for data in texts], "remove": list(remove)}
    failures = run_with_progress(engine, ALERTS_JOB, {"ops": {"images__alert_filters": {"config": wanted}}})
    printing.updates(engine.reports)
    _print(
        ("filter", "version", "accepted", "rejected", "refused"),
        [
            (row["alert_filter"], row["filter_version"][:_DIGITS], *(row[name] for name in VERDICTS))
            for row in counts(engine.ledger()).iter_rows(named=True)
        ],
    )
    return report_failures(failures)


def list_filters(home: Home) -> None:
    """Print every version of every filter of a home."""
    _print(
        ("filter", "number", "version", "status", "models"),
        [
            (
                *(rows[0][name] for name in ("alert_filter", "number")),
                rows[0]["filter_version"][:_DIGITS],
                rows[0]["status"],
                ", ".join(f"{row['model']}@{row['model_version']}" for row in rows if row["model"]),
            )
            for rows in versions_kept(open_ledger(home, TABLES))
        ],
    )


def _print(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    if not rows:
        printing.notes(["no filters"])
        return
    grid = Grid(box=SIMPLE_HEAD)
    for name in header:
        grid.add_column(name)
    for row in rows:
        grid.add_row(*(printing.plain(str(cell)) for cell in row))
    printing.print_wide(grid)


def decide_files(files: Sequence[Path], wanted: str, home: Path | None) -> int:
    """Write the decisions of a filter on the packets of files to standard output.

    Parameters
    ----------
    wanted
        A filter's file, else the name of a filter of the home or one of its versions.
    home
        As given on the command line; it is opened only where the filter or its models are in it.

    Returns
    -------
    int
        Exit code: 0 only if every file holds alerts.

    Raises
    ------
    FilterFileError, UnknownModelError
        If there is no such filter, or it names a model that is not there; nothing is written then.
    """
    filter_wanted, models = _filter(wanted, home)
    out, n_unread = sys.stdout.buffer, 0
    for path in files:
        identity = identify(path)
        if identity.product != "alerts":
            n_unread += 1
            _complain(path, identity.reason or "it holds no alerts")
            continue
        try:
            for decided in decide(read_alerts(path, with_stamps=bool(models)), filter_wanted, models):
                out.write(decided.line())
        except AlertFileError as error:
            n_unread += 1
            _complain(path, str(error))
    out.flush()
    return 1 if n_unread else 0


def _complain(path: Path, why: str) -> None:
    typer.echo(printing.plain(f"{path}: {why}"), err=True)


def _filter(wanted: str, home: Path | None) -> tuple[AlertFilter, Mapping[str, PacketScore]]:
    path = Path(wanted)
    if path.is_file():
        found = filter_file_of(read_small(path, MOST_BYTES, "a filter", FilterFileError), wanted)
        if not found.models:
            return found.filter_with({}), {}
        return _with_models(open_ledger(open_home(home, must_exist=True), TABLES), found)
    ledger = open_ledger(open_home(home, must_exist=True), TABLES)
    rows = version_named(versions_kept(ledger), wanted)
    return AlertFilter.model_validate_json(rows[0]["filter"]), _opened(ledger, rows)


def _with_models(ledger: Ledger, found: FilterFile) -> tuple[AlertFilter, Mapping[str, PacketScore]]:
    filter_wanted, rows = resolved(ledger, found)
    return filter_wanted, _opened(ledger, rows)


def _opened(ledger: Ledger, rows: Sequence[Mapping[str, Any]]) -> Mapping[str, PacketScore]:
    files = [row["artefact"] for row in rows if row["artefact"] is not None]
    return models_of([{"artefact": ledger.objects.get_file(artefact)} for artefact in files])
