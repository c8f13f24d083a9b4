"""The command that makes a version of a model again: parse, call, print."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from astro_assets.cli.options import Format, FormatOption, HomeOption
from astro_assets.cli.printing import out, plain
from astro_assets.cli.progress import steps_shown
from astro_assets.ledger.bundles import is_bundle
from astro_assets.ledger.enacting import Enactor
from astro_assets.ledger.enactment import EnactmentError
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.rebuilding import Rebuilt, rebuild
from astro_assets.ledger.records import Record, find_record
from astro_assets.ledger.unbundling import unpack
from astro_assets.tables import TABLES


class NotReproducibleError(RuntimeError):
    """A version was not made such that it comes out the same."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command("rebuild")(rebuild_model)


def rebuild_model(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL[@VERSION]|BUNDLE.tar.zst", help="As transit_scorer@3f2a; without, the champion."
        ),
    ],
    into: Annotated[
        Path | None, typer.Option(help="New folder to rebuild in, which stays; a temporary one by default.")
    ] = None,
    anyway: Annotated[
        bool, typer.Option("--anyway", help="Also a version that was not made to come out the same.")
    ] = False,
    output: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Make a version again from raw files, labels and the code of then, and compare it to the bit.

    Of a home only records, raw files, code and versions are read; of a bundle nothing else is needed.
    """
    with _new_folder(into) as folder:
        record, place = _found(model, home, folder)
        if record.why_not_reproducible and not anyway:
            reasons = "; ".join(record.why_not_reproducible)
            raise NotReproducibleError(
                f"{record.model}@{record.version} cannot be called reproducible: {reasons}; "
                "--anyway makes it again all the same"
            )
        with steps_shown() as said:
            found = rebuild(record, Enactor(place), folder, said)
    if output is Format.json:
        sys.stdout.write(json.dumps(_told(record, found), indent=1) + "\n")
    else:
        _print(record, found, is_kept=into is not None)
    raise typer.Exit(0 if found.is_same else 1)


@contextmanager
def _new_folder(into: Path | None) -> Iterator[Path]:
    """Give a folder with nothing in it: what was made there before would not be made again."""
    if into is None:
        with tempfile.TemporaryDirectory() as temporary:
            yield Path(temporary)
        return
    folder = into.absolute()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise EnactmentError(f"--into {into} is there already: name a new folder")
    yield folder


def _found(model: str, home: Path | None, folder: Path) -> tuple[Record, Home]:
    if is_bundle(model):
        return unpack(Path(model), folder / "bundle")
    place = open_home(home, must_exist=True)
    return find_record(open_ledger(place, TABLES), model), place


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
