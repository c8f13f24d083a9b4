"""The commands `catalogs add` and `fetch`: what comes is checked, then taken in by the job in the UI."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from astro_assets.catalogs.archive_assets import fetch_into, known_targets
from astro_assets.catalogs.archive_tables import catalogs_wanted
from astro_assets.catalogs.intake import accepted
from astro_assets.cli import printing, queries
from astro_assets.cli.progress import asking_shown
from astro_assets.cli.search import report_failures, run_with_progress
from astro_assets.definitions import CATALOGS_JOB
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.orchestration.engine import Engine
from astro_assets.tables import TABLES


def add(home: Home, paths: Sequence[Path], *, allow_older: bool = False) -> int:
    """Take catalogue files in, bring what depends on them up to date, and print what is held.

    Returns
    -------
    int
        Exit code: 0 only if every step succeeded.

    Raises
    ------
    CatalogError
        If a file cannot be used; nothing was started.
    """
    held = queries.catalogs(open_ledger(home, TABLES)).select("catalog", "date")
    accepted(paths, dict(held.iter_rows()), allow_older=allow_older)
    failures = _taken_in(home, {"paths": [str(path) for path in paths], "allow_older": allow_older})
    return report_failures(failures)


def fetch(home: Home, names: Sequence[str], targets: Sequence[str]) -> int:
    """Ask archives for catalogues, bring what depends on them up to date, and print what is held.

    Parameters
    ----------
    names
        Of catalogues; by default all of signals, and of stars for the targets there are.
    targets
        Canonical ids that catalogues of stars are asked for; those that the home knows when empty.

    Returns
    -------
    int
        Exit code: 0 only if all of them came and every step succeeded.

    Raises
    ------
    UnknownCatalogError
        If no archive has one of them; nothing was asked.
    """
    ledger = open_ledger(home, TABLES)
    known = list(targets) or known_targets(ledger)
    catalogs = catalogs_wanted(names, known)
    with TemporaryDirectory(prefix="astro-assets-") as folder:
        with asking_shown() as (shown, told):
            fetched = fetch_into(Path(folder), ledger, catalogs, known, shown=shown, told=told)
        failures = [str(failure) for failure in fetched.failures]
        if fetched.answers:
            failures += _taken_in(home, {"answers": folder})
    return report_failures(failures)


def _taken_in(home: Home, files: dict[str, Any]) -> list[str]:
    """Run the job that takes files in, print what it did and what is held, and return what failed."""
    engine = Engine(home, TABLES)
    failures = run_with_progress(
        engine, CATALOGS_JOB, {"ops": {"catalogs__catalog_files": {"config": files}}}
    )
    printing.updates(engine.reports)
    printing.catalogs(queries.catalogs(engine.ledger()))
    return failures
