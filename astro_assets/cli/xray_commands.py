"""The commands about X-ray light curves: parse, call, print."""

from pathlib import Path
from typing import Annotated

import typer

from astro_assets.cli.options import HomeOption, RowFormat
from astro_assets.ledger.models import CHAMPION


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    xray = typer.Typer(no_args_is_help=True, help="X-ray light curves, and what is usual of them.")
    xray.command("score")(score_curves)
    # With a single command the group's name would be the command's.
    xray.callback()(_xray)
    app.add_typer(xray, name="xray")


def _xray() -> None:
    """X-ray light curves, and what is usual of them."""


def score_curves(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of X-ray light curves.")],
    model: Annotated[str, typer.Option(help="Alias or version of the autoencoder.")] = CHAMPION,
    hdu: Annotated[str, typer.Option(help="Name or number of the HDU of the light curves.")] = "",
    output: Annotated[RowFormat, typer.Option("--format", help="How to print.")] = RowFormat.table,
    home: HomeOption = None,
) -> None:
    """Tell how usual X-ray light curves are: p-values, changes, variability, known sources nearest to them.

    Nothing is stored. A file of which there is no probability is told on standard error, and the exit code
    is 1.
    """
    from astro_assets.cli import xray_scores

    raise typer.Exit(xray_scores.score(xray_scores.opened(home, model), files, hdu, output))
