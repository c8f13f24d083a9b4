"""The command that tells why a value changed: parse, call, print."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import polars as pl
import typer
from rich.box import SIMPLE_HEAD
from rich.table import Table as Grid

from astro_assets.cli import queries
from astro_assets.cli.options import Format, FormatOption, HomeOption
from astro_assets.cli.printing import out, plain, print_wide
from astro_assets.cli.progress import steps_shown
from astro_assets.ledger.ancestry import ancestry
from astro_assets.ledger.as_of import open_as_of
from astro_assets.ledger.enacting import Enactor
from astro_assets.ledger.explanation import Explanation, explain
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.sources import environment_hash, installed_packages
from astro_assets.ledger.store import Handle
from astro_assets.ledger.table import Table
from astro_assets.ledger.worlds import World, world_of_unit
from astro_assets.tables import TABLES
from astro_assets.transits.scorer_tables import TRANSIT_SCORES

#: Prints the hash of an interpreter's installed versions.
_ENVIRONMENT_OF: Final = """
import sys; sys.path.insert(0, sys.argv[1])
from astro_assets.ledger.sources import environment_hash, installed_packages
print(environment_hash(installed_packages()))
"""
_DEFAULT_COLUMN: Final = "planet_or_eb"


class ExplainError(ValueError):
    """There is nothing to explain, or it is asked for in a way that means nothing."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command("explain")(explain_value)


def explain_value(
    score: Annotated[str, typer.Argument(help="A candidate, as 'TIC 100100827.01'; a key of --table.")],
    since: Annotated[
        str, typer.Option(metavar="WHEN|VERSION", help="A time, ISO 8601, or a version of the table.")
    ],
    table: Annotated[str, typer.Option(help="The table it is in.")] = TRANSIT_SCORES.name,
    column: Annotated[str, typer.Option(help="The column, a number.")] = _DEFAULT_COLUMN,
    python: Annotated[
        Path | None,
        typer.Option(help="Interpreter of an environment with the versions of then, where there is one."),
    ] = None,
    output: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Share the change of a value out among data, labels, code, settings, seed, versions: by re-execution."""
    ledger = open_ledger(open_home(home, must_exist=True), TABLES)
    of = ledger.table(table)
    _require_number(of, column)
    key = queries.resolve_key(ledger, of, score)
    now = ledger.open(of)
    then = open_as_of(ledger.home, of, since)
    before, was = _world(ledger, then, key, column)
    after, is_now = _world(ledger, now, key, column)
    interpreters = _interpreters(ledger, python)
    labels = [source.name for source in TABLES if source.holds_labels]
    known = {**_known(ledger, before), **_known(ledger, after)}
    with tempfile.TemporaryDirectory() as folder, steps_shown() as said:

        def value_of(world: World) -> float | None:
            made = interpreters[world.installed].make(world, Path(folder), known=known, said=said)
            value = made.enacted.rows[0][column] if made.enacted.rows else None
            return None if value is None else float(value)

        found = explain(before, after, (was, is_now), value_of, labels, here=interpreters)
    if output is Format.json:
        told = {"table": of.name, "key": key, "column": column, "since_version": then.version}
        sys.stdout.write(json.dumps({**told, **asdict(found)}, indent=1) + "\n")
    else:
        _print(f"{column} of {key}", found)


def _require_number(table: Table, column: str) -> None:
    numbers = [of.name for of in table.schema if of.dtype in ("float64", "float32", "int64", "int32")]
    if column not in numbers:
        raise ExplainError(f"{table.name} has no number {column!r}; --column is one of {', '.join(numbers)}")


def _world(ledger: Ledger, handle: Handle, key: str, column: str) -> tuple[World, float | None]:
    """Return what a unit was made of, and the value of its first row."""
    table = handle.table
    units = handle.units(["key", "n_rows", "row_hash", column]).filter(pl.col("key") == key).collect()
    if units.is_empty() or not units["n_rows"][0]:
        raise ExplainError(f"{table.name} held no row of {key!r} in version {handle.version}")
    value = units[column][0][0]
    row = pl.DataFrame({"table": [table.name], "key": [key], "row_hash": [units["row_hash"][0][0]]})
    return world_of_unit(ledger, ancestry(ledger, row), table.name, key), value


def _known(ledger: Ledger, world: World) -> Mapping[str, Path]:
    """Return the files of the models that were applied, as far as they are held."""
    files = {of.world.digest: ledger.objects.held_file(of.row["artefact"]) for of in world.applied.values()}
    return {digest: path for digest, path in files.items() if path is not None}


def _interpreters(ledger: Ledger, python: Path | None) -> dict[str, Enactor]:
    """Return what makes worlds with each set of installed versions that there is here."""
    found = {environment_hash(installed_packages()): Enactor(ledger.home)}
    if python is not None:
        package = str(Path(__file__).resolve().parents[2])
        command = [str(python), "-c", _ENVIRONMENT_OF, package]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  as asked for
        except OSError as error:
            raise ExplainError(f"--python {python} cannot be run: {error.strerror}") from None
        if done.returncode:
            raise ExplainError(f"--python {python} does not run this package: {done.stderr.strip()[-300:]}")
        found.setdefault(done.stdout.strip(), Enactor(ledger.home, python=python))
    return found


def _print(name: str, found: Explanation) -> None:
    values = ["nothing" if value is None else f"{value:.6g}" for value in (found.before, found.after)]
    out.print(plain(f"{name}: {values[0]} then, {values[1]} now"))
    if not found.differing and not found.parts:
        out.print("Nothing that it is made of has changed.")
        return
    grid = Grid("because of", "changed by", box=SIMPLE_HEAD)
    grid.columns[1].justify = "right"
    for factor, part in sorted(found.parts.items(), key=lambda item: -abs(item[1])):
        grid.add_row(factor, f"{part:+.6g}")
    grid.add_row("together", f"{sum(found.parts.values()):+.6g}", style="bold")
    print_wide(grid)
