"""The commands about the past of a home: rows as they were, stars left out."""

import json
import re
import sys
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from astro_assets.cli import printing, queries
from astro_assets.cli.options import Format, FormatOption, HomeOption
from astro_assets.ledger.as_of import open_as_of
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.retraction import decisions
from astro_assets.observations.targets import canonical_target_id
from astro_assets.tables import TABLES

#: Rows of a table that are printed by default.
_SHOWN = 20
WhyOption = Annotated[str, typer.Option("--why", help="For whoever asks later.")]
TargetArgument = Annotated[str, typer.Argument(help="A target, however it is written.")]


class DurationError(ValueError):
    """A text is no duration."""


class RowFormat(StrEnum):
    """How to print rows."""

    table = "table"
    json = "json"
    csv = "csv"


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command()(show)
    app.command()(retract)
    app.command("retractions")(list_retractions)
    app.command()(forget)
    app.command()(prune)


def show(
    table: Annotated[str, typer.Argument(help="A table, such as transits/transit_candidates.")],
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="A version; a time, in UTC unless it says so; a date, to its end."),
    ] = None,
    key: Annotated[str | None, typer.Option(help="Rows of this unit.")] = None,
    target: Annotated[str | None, typer.Option(help="Rows of this target, however it is written.")] = None,
    limit: Annotated[
        int | None, typer.Option(min=0, help=f"Most rows; {_SHOWN} of a table by default, else all.")
    ] = None,
    output: Annotated[RowFormat, typer.Option("--format", help="How to print.")] = RowFormat.table,
    home: HomeOption = None,
) -> None:
    """Show the rows of a table, as they are or as they were."""
    ledger = _ledger(home)
    chosen = ledger.table(table)
    handle = ledger.open(chosen) if as_of is None else open_as_of(ledger.home, chosen, as_of)
    wanted = canonical_target_id(target) if target is not None else None
    most = _SHOWN if limit is None and output is RowFormat.table else limit
    rows, n_rows = queries.rows_of(handle, key=key, target=wanted, limit=most)
    if output is RowFormat.table:
        printing.rows(rows)
        printing.notes([f"{n_rows} rows of {chosen.name}, version {handle.version}"])
    elif output is RowFormat.csv:
        lists = pl.selectors.list()
        sys.stdout.write(rows.with_columns(lists.map_elements(_listed, pl.String)).write_csv())
    else:
        sys.stdout.write(json.dumps(queries.rows_json(rows), indent=1, default=_plain) + "\n")


def retract(
    target: TargetArgument,
    why: WhyOption,
    undo: Annotated[bool, typer.Option("--undo", help="Let a retracted star count again.")] = False,
    keep_models: Annotated[
        bool, typer.Option("--keep-models", help="Only list the promoted models that were trained on it.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Leave a star out from now on: tell what descends from it, fit champions again without it.

    Older versions of tables and models keep what they hold of it, flagged.
    """
    from astro_assets.cli import retraction

    place, star = open_home(home, must_exist=True), canonical_target_id(target)
    if undo:
        raise typer.Exit(retraction.take_back(place, star, why))
    raise typer.Exit(retraction.retract(place, star, why, keep_models=keep_models))


def forget(
    target: TargetArgument,
    why: WhyOption,
    purge_files: Annotated[
        bool, typer.Option("--purge-files", help="Also remove stored files that tell of other stars, too.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Take a star out of everything, of the past as well: nothing of it remains but a salted hash.

    Models that were trained on it are removed and cannot be rebuilt. Files that you put into the home
    yourself stay, and are named if they mention it. Interrupted, the same command goes on.
    """
    from astro_assets.cli.forgetting import forget_target

    place, star = open_home(home, must_exist=True), canonical_target_id(target)
    raise typer.Exit(forget_target(place, star, why, with_shared=purge_files))


def prune(
    older_than: Annotated[
        str, typer.Option("--older-than", help="Age of what is no longer needed: 90d, 36h, 0d.")
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be freed.")] = False,
    output: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Free history: what tables held before, and neither they now nor a promoted model is made of.

    Raw files and models stay. Lineage of what is held now, audit and rebuild of promoted models still work.
    """
    from astro_assets.ledger import pruning
    from astro_assets.orchestration.run_marks import alone

    before = datetime.now(UTC) - _duration(older_than)
    ledger = _ledger(home)
    with alone(ledger.home):
        freed = pruning.prunable(ledger, before)
        if not dry_run:
            pruning.prune(freed)
    parts = [{"kind": part.kind, "files": len(part.keys), "bytes": part.n_bytes} for part in freed]
    total = sum(part.n_bytes for part in freed)
    if output is Format.json:
        sys.stdout.write(json.dumps({"parts": parts, "bytes": total, "dry_run": dry_run}, indent=1) + "\n")
        return
    printing.rows(pl.DataFrame([part for part in parts if part["files"]]))
    printing.notes([f"{total} bytes {'would be' if dry_run else 'are'} freed"])


def _duration(text: str) -> timedelta:
    match = re.fullmatch(r"([0-9]{1,6})\s*([dh])", text.strip())
    if match is None:
        raise DurationError(f"--older-than {text}: write days or hours, as 90d or 36h")
    return timedelta(**{{"d": "days", "h": "hours"}[match[2]]: int(match[1])})


def list_retractions(output: FormatOption = Format.table, home: HomeOption = None) -> None:
    """List which stars were retracted, and which of them count again, when and why."""
    rows = decisions(_ledger(home))
    if output is Format.json:
        sys.stdout.write(json.dumps(rows.to_dicts(), indent=1) + "\n")
    elif rows.height:
        printing.rows(rows)
    else:
        printing.notes(["No star was retracted."])


def _listed(values: Any) -> str:
    return json.dumps(list(values), default=_plain)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _ledger(home: Path | None) -> Ledger:
    return open_ledger(open_home(home, must_exist=True), TABLES)
