"""The command that asks archives for catalogues: parse, call, print."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from astro_assets.cli.options import HomeOption
from astro_assets.ledger.home import open_home
from astro_assets.observations.targets import TargetIdError, canonical_target_id


def add_to(catalogs: typer.Typer) -> None:
    """Add the commands of this module to the others about catalogues."""
    catalogs.command("fetch")(fetch_catalogs)


def fetch_catalogs(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME]...",
            help="As here or at the archive: koi (cumulative), toi, dr24_tce, dr25_tce, composite_planets "
            "(pscomppars), planetary_systems (ps); tic, kic, epic: stars. By default all but "
            "planetary_systems, those of stars for the targets there are.",
        ),
    ] = None,
    targets: Annotated[
        Path | None,
        typer.Option(
            help="File with a target a line, for catalogues of stars; the home's own targets by default."
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Ask archives for catalogues, take in what comes, and label the candidates there are.

    What an archive does not answer stays as it is, and is named at the end.
    """
    from astro_assets.cli.catalogs import fetch

    wanted = targets_in(targets) if targets is not None else []
    raise typer.Exit(fetch(open_home(home), names or [], wanted))


def targets_in(path: Path, catalogue: str | None = None) -> list[str]:
    """Return the canonical ids in a file with a target a line; ``-`` is standard input.

    Parameters
    ----------
    catalogue
        Of lines that are bare numbers; without it they are no targets.

    Raises
    ------
    TargetIdError
        If a line is no target; the message names it.
    """
    lines = (sys.stdin.read() if str(path) == "-" else path.read_text()).splitlines()
    found = []
    for number, line in enumerate(lines, start=1):
        text = line.partition("#")[0].strip()
        if text:
            if catalogue is not None and text.isascii() and text.isdigit():
                text = f"{catalogue} {text}"
            try:
                found.append(canonical_target_id(text))
            except TargetIdError as error:
                raise TargetIdError(f"{path}, line {number}: {error}") from None
    return list(dict.fromkeys(found))
