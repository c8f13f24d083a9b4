"""The command that makes a version of a model again: parse, call, print."""

import json
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated

import typer

from astro_assets.cli.options import Format, FormatOption, HomeOption
from astro_assets.cli.printing import out, plain
from astro_assets.cli.progress import steps_shown
from astro_assets.ledger.enacting import Enactor
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.rebuilding import Rebuilt, rebuild
from astro_assets.ledger.records import Record, find_record
from astro_assets.tables import TABLES


class NotReproducibleError(RuntimeError):
    """A version was not made such that it comes out the same."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command("rebuild")(rebuild_model)


def rebuild_model(
    model: Annotated[
        str, typer.Argument(metavar="MODEL[@VERSION]", help="As transit_scorer@3f2a; without, the champion.")
    ],
    into: Annotated[
        Path | None, typer.Option(help="Folder to rebuild in, which stays; a temporary one by default.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also a version that was not made to come out the same.")
    ] = False,
    output: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Make a version again from raw files, labels and the code of then, and compare it to the bit."""
    place = open_home(home, must_exist=True)
    record = find_record(open_ledger(place, TABLES), model)
    if record.why_not_reproducible and not anyway:
        reasons = "; ".join(record.why_not_reproducible)
        raise NotReproducibleError(
            f"{record.model}@{record.version} cannot be called reproducible: {reasons}; "
            "--anyway makes it again all the same"
        )
    folder = tempfile.TemporaryDirectory() if into is None else nullcontext(str(into.absolute()))
    with folder as path, steps_shown() as said:
        found = rebuild(record, Enactor(place), Path(path), said)
    if output is Format.json:
        sys.stdout.write(json.dumps(_told(record, found), indent=1) + "\n")
    else:
        _print(record, found, is_kept=into is not None)
    raise typer.Exit(0 if found.is_same else 1)


def _print(record: Record, found: Rebuilt, *, is_kept: bool) -> None:
    width = max(len(comparison.name) for comparison in found.compared)
    for comparison in found.compared:
        word = "the same" if comparison.is_same else f"DIFFERS, was {comparison.then[:16]}"
        out.print(plain(f"{comparison.name:{width}}  {(comparison.now or '-')[:16]}  {word}"), soft_wrap=True)
    for cause in found.causes:
        out.print(plain(f"  {cause}"), soft_wrap=True)
    name = f"{record.model}@{record.version}"
    out.print(f"{name} came out the same, to the bit." if found.is_same else f"{name} came out different.")
    if is_kept:
        out.print(plain(f"It lies in {found.artefact}"), soft_wrap=True)


def _told(record: Record, found: Rebuilt) -> dict[str, object]:
    return {
        "model": record.model,
        "version": record.version,
        "is_same": found.is_same,
        "is_reproducible": not record.why_not_reproducible,
        "compared": [
            {"name": of.name, "then": of.then, "now": of.now, "is_same": of.is_same} for of in found.compared
        ],
        "causes": found.causes,
    }
