"""The commands that make a version of a model again, and bundle what that takes: parse, call, print."""

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
from astro_assets.ledger.bundles import SUFFIX, read_bundle, write_bundle
from astro_assets.ledger.enacting import Enactor
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.rebuilding import Rebuilt, rebuild
from astro_assets.ledger.records import Record, find_record
from astro_assets.tables import TABLES


class NotReproducibleError(RuntimeError):
    """A version was not made such that it comes out the same."""


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command("rebuild")(rebuild_model)
    app.command("bundle")(bundle_model)


def rebuild_model(
    model: Annotated[
        str,
        typer.Argument(
            metavar="MODEL[@VERSION]|BUNDLE",
            help="As transit_scorer@3f2a; without a version, the champion. Or a bundle, whose code is run.",
        ),
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
    with _folder(into) as path, _recorded(model, home, path) as (place, record):
        if record.why_not_reproducible and not anyway:
            reasons = "; ".join(record.why_not_reproducible)
            raise NotReproducibleError(
                f"{record.model}@{record.version} cannot be called reproducible: {reasons}; "
                "--anyway makes it again all the same"
            )
        with steps_shown() as said:
            found = rebuild(record, Enactor(place), path, said)
    if output is Format.json:
        sys.stdout.write(json.dumps(_told(record, found), indent=1) + "\n")
    else:
        _print(record, found, is_kept=into is not None)
    raise typer.Exit(0 if found.is_same else 1)


def bundle_model(
    model: Annotated[
        str, typer.Argument(metavar="MODEL[@VERSION]", help="As transit_scorer@3f2a; without, the champion.")
    ],
    archive: Annotated[Path, typer.Argument(metavar="OUT", help=f"The archive to write, NAME{SUFFIX}.")],
    output: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Write one archive with all that a version was made of, from which it can be rebuilt anywhere."""
    if not archive.name.endswith(SUFFIX):
        raise typer.BadParameter(f"{archive} does not end with {SUFFIX}")
    place = open_home(home, must_exist=True)
    record = find_record(open_ledger(place, TABLES), model)
    made = write_bundle(place, record, TABLES, archive.absolute())
    if output is Format.json:
        told = {"model": record.model, "version": record.version, "path": str(made.path)}
        told |= {"sha256": made.sha256, "n_bytes": made.n_bytes, "n_files": made.n_files}
        sys.stdout.write(json.dumps(told, indent=1) + "\n")
        return
    out.print(plain(f"{record.model}@{record.version}: {made.n_files} raw files, {made.n_bytes} bytes"))
    out.print(plain(f"{made.sha256}  {archive}"), soft_wrap=True)
    for reason in record.why_not_reproducible:
        out.print(plain(f"It may not come out the same: {reason}"), soft_wrap=True)


@contextmanager
def _folder(into: Path | None) -> Iterator[Path]:
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
        yield into.absolute()
        return
    with tempfile.TemporaryDirectory(prefix="astro-assets-rebuild-") as folder:
        yield Path(folder)


@contextmanager
def _recorded(model: str, home: Path | None, folder: Path) -> Iterator[tuple[Home, Record]]:
    """Find the record of a version, and where its files are: in a home, or in a bundle."""
    if not model.endswith(SUFFIX):
        place = open_home(home, must_exist=True)
        yield place, find_record(open_ledger(place, TABLES), model)
        return
    with tempfile.TemporaryDirectory(prefix=".bundle-", dir=folder) as unpacked:
        yield read_bundle(Path(model), Path(unpacked))


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
