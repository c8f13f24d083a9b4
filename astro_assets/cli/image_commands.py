"""The commands of the image wing."""

from pathlib import Path
from typing import Annotated

import typer

from astro_assets.cli.options import Format, FormatOption, HomeOption, RowFormat
from astro_assets.ledger.home import open_home
from astro_assets.ledger.models import CHAMPION
from astro_assets.observations.cutouts import places_listed
from astro_assets.observations.place_lists import places_in


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command()(cutouts)
    app.command()(assess)
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
        typer.Option(
            "--list",
            metavar="FILE",
            help="File of such places, one a line; or a table: CSV with a header, FITS, VOTable, ECSV.",
        ),
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
    wanted = places_listed("\n".join(places or []))
    if listed is not None:
        wanted = list(dict.fromkeys([*wanted, *places_in(listed)]))
    place = open_home(home, must_exist=True)
    from astro_assets.cli.cutouts import cut

    raise typer.Exit(cut(place, wanted, side_arcsec=side, remove=remove or [], folder=out))


def assess(
    frames: Annotated[
        list[Path] | None,
        typer.Argument(help="FITS files. Those of one night are judged beside each other, from 5 on."),
    ] = None,
    watch: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Judge the files there, and each that comes, as soon as it is whole, until interrupted.",
        ),
    ] = None,
    interval: Annotated[
        float, typer.Option(min=0.05, max=3600, help="With --watch: seconds between two looks.")
    ] = 0.5,
    model: Annotated[str, typer.Option(help="Alias or version of the frame assessor.")] = CHAMPION,
    output: Annotated[
        RowFormat, typer.Option("--format", help="How to print; with --watch a line a frame.")
    ] = RowFormat.table,
    home: HomeOption = None,
) -> None:
    """Grade frames good, medium or bad, with reasons, by the promoted frame assessor.

    Nothing is stored. A file that cannot be judged is told on standard error, and the exit code is 1.
    """
    if (watch is None) == (not frames):
        raise typer.BadParameter("name frames, or a folder with --watch")
    from astro_assets.cli import assessment

    judge = assessment.opened(home, model)
    if watch is not None:
        from astro_assets.cli.watching import watch_folder

        raise typer.Exit(watch_folder(judge, watch, interval, output))
    raise typer.Exit(assessment.assess(judge, frames or [], output))


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
