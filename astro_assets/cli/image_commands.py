"""The commands of the image wing."""

from pathlib import Path
from typing import Annotated

import typer

from astro_assets.cli.options import Format, FormatOption, HomeOption
from astro_assets.ledger.home import open_home
from astro_assets.ledger.models import CHAMPION
from astro_assets.observations.cutouts import PlaceError, places_listed


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command()(cutouts)
    app.command()(compare)


def cutouts(
    places: Annotated[
        list[str] | None,
        typer.Argument(
            help="Targets of the home, or places as NAME,RA,DEC in degrees; all asked for by default."
        ),
    ] = None,
    listed: Annotated[
        Path | None,
        typer.Option("--list", metavar="FILE", help="File of such places, one a line; # begins a comment."),
    ] = None,
    side: Annotated[
        float | None,
        typer.Option(min=0.01, max=14400, help="Side of the square, arcsec; 60, or as asked for before."),
    ] = None,
    remove: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Place that is wanted no more; may be repeated.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Also write the cutouts there, as FITS.")
    ] = None,
    home: HomeOption = None,
) -> None:
    """Cut places of the sky out of every image that shows them, now and whenever a new one comes in."""
    text = "\n".join(places or [])
    if listed is not None:
        if not listed.is_file():
            raise PlaceError(f"--list {listed}: there is no such file")
        text += "\n" + listed.read_text(encoding="utf-8", errors="replace")
    wanted = places_listed(text)
    place = open_home(home, must_exist=True)
    from astro_assets.cli.cutouts import cut

    raise typer.Exit(cut(place, wanted, side_arcsec=side, remove=remove or [], folder=out))


def compare(
    frames: Annotated[list[Path], typer.Argument(help="FITS files of the field.")],
    reference: Annotated[Path, typer.Option(help="FITS file of the field, deep and sharp.")],
    model: Annotated[str, typer.Option(help="Alias or version of the segmenter.")] = CHAMPION,
    hdu: Annotated[str, typer.Option(help="Name or number of the HDU of the images.")] = "",
    output: FormatOption = Format.table,
    home: HomeOption = None,
) -> None:
    """Find what changed in frames against a reference: transients, supernovae, variable stars, asteroids.

    Nothing is stored. Frames are laid upon the reference by their stars. One that cannot be compared is told
    on standard error, and the exit code is 1.
    """
    from astro_assets.cli import comparison

    segmenter = comparison.opened(home, model)
    raise typer.Exit(comparison.compare(segmenter, frames, reference, hdu, output))
