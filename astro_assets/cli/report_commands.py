"""The command that writes the report: parse, call, print."""

import sys
from contextlib import suppress
from typing import Annotated

import polars as pl
import typer

from astro_assets.cli.last_checks import last_checks
from astro_assets.cli.options import HomeOption
from astro_assets.cli.progress import progress_shown
from astro_assets.ledger.audit import member_stars
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.lineage import UnknownUnitError
from astro_assets.ledger.model_names import UnknownModelError, resolve
from astro_assets.observations.tables import OBSERVATION_FILES
from astro_assets.observations.targets import TargetIdError, canonical_target_id
from astro_assets.tables import MODEL_SPECS, TABLES


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command()(report)


def report(
    subjects: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TARGET|MODEL[@VERSION] ...]",
            help="Stars that get pages, or models whose stars do; all stars by default.",
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Write pages of what the home holds, to be read without network; only what changed is written again."""
    from astro_assets.reports.site import refresh_site

    ledger = open_ledger(open_home(home, must_exist=True), TABLES)
    targets = sorted({one for text in subjects for one in _targets(ledger, text)}) if subjects else None
    with progress_shown("pages written") as progress, last_checks(ledger.home) as checks_of:
        done = refresh_site(ledger, MODEL_SPECS, targets, progress, checks_of)
    counts = (
        f"{len(done.written)} pages written, {len(done.unchanged)} unchanged, {len(done.removed)} removed"
    )
    sys.stderr.write(f"{counts}\n")
    sys.stdout.write(f"{done.index}\n")


def _targets(ledger: Ledger, text: str) -> list[str]:
    """Return the stars that people mean by a star, or by a model that was trained on them."""
    with suppress(TargetIdError):
        target = canonical_target_id(text)
        rows = ledger.open(OBSERVATION_FILES).rows(["target_id"]).filter(pl.col("target_id") == target)
        if rows.limit(1).collect().height:
            return [target]
        raise UnknownUnitError(f"no file of {target} was taken in")
    try:
        return member_stars(ledger, *resolve(ledger, text))
    except UnknownModelError as error:
        raise UnknownModelError(f"{text!r} is no star, and {error}") from error
