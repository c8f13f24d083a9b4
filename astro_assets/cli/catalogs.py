"""The `catalogs add` command: catalogue files checked first, then taken in by the job that the UI shows."""

from collections.abc import Sequence
from pathlib import Path

from astro_assets.catalogs.intake import accepted
from astro_assets.cli import printing, queries
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
    files = {"paths": [str(path) for path in paths], "allow_older": allow_older}
    engine = Engine(home, TABLES)
    failures = run_with_progress(
        engine, CATALOGS_JOB, {"ops": {"catalogs__catalog_files": {"config": files}}}
    )
    printing.updates(engine.reports)
    printing.catalogs(queries.catalogs(engine.ledger()))
    return report_failures(failures)
