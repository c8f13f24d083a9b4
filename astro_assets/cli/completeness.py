"""The `completeness` command: planets put into the light curves of targets, and how many are found."""

from collections.abc import Sequence

import polars as pl

from astro_assets.cli import printing
from astro_assets.cli.preparation import begun_engine
from astro_assets.cli.search import report_failures, run_with_progress
from astro_assets.definitions import COMPLETENESS_JOB
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.worker import resolve_references
from astro_assets.observations.tables import SELECTED_FILES
from astro_assets.observations.targets import canonical_target_id
from astro_assets.tables import TABLES
from astro_assets.transits.completeness import asked_for, summed
from astro_assets.transits.completeness_tables import COMPLETENESS_MAP
from astro_assets.transits.injection import Star


def measure(home: Home, names: Sequence[str], n_injected: int, star: Star) -> int:
    """Put planets into the light curves of targets, search them, and print what is found of them.

    Parameters
    ----------
    names
        Targets, however they are written, or ids of what is searched of them.
    n_injected
        Planets put into each; 0 takes their maps back.

    Returns
    -------
    int
        Exit code: 0 only if every step succeeded.

    Raises
    ------
    UnknownTargetError, TargetIdError
        If there is no such target; nothing was started.
    """
    ledger = open_ledger(home, TABLES)
    rows = ledger.open(SELECTED_FILES).rows(["search_id", "target_id"]).drop_nulls("search_id").collect()
    searched = list(rows.select("search_id", "target_id").iter_rows())
    there = {search_id for search_id, _ in searched}
    targets = [name if name in there else canonical_target_id(name) for name in names]
    asked = asked_for(searched, targets, n_injected, star)
    config = {
        "targets": targets,
        "n_injected": n_injected,
        "star_radius_sun": star.radius,
        "star_mass_sun": star.mass,
    }
    engine = begun_engine(home)
    failures = run_with_progress(
        engine, COMPLETENESS_JOB, {"ops": {"transits__completeness_targets": {"config": config}}}
    )
    printing.updates(engine.reports)
    for search_id in asked:
        _print_map(engine.ledger(), search_id)
    return report_failures(failures)


def _print_map(ledger: Ledger, search_id: str) -> None:
    rows = ledger.open(COMPLETENESS_MAP).rows(["search_id", "cells"])
    for row in rows.filter(pl.col("search_id") == search_id).collect().iter_rows(named=True):
        cells = resolve_references(row, COMPLETENESS_MAP, ledger.objects)["cells"]
        printing.completeness(search_id, summed([cells]))
