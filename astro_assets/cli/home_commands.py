"""The command that makes a home: parse, call, print."""

from typing import Annotated

import typer

from astro_assets.cli.options import HomeOption
from astro_assets.cli.printing import notes
from astro_assets.ledger.home import HomeError, open_home


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command()(init)


def init(
    store: Annotated[
        str,
        typer.Option(
            envvar="ASTRO_ASSETS_STORE",
            help="Where tables and files are to lie, s3://BUCKET/PREFIX; in the home itself by default.",
        ),
    ] = "",
    shards: Annotated[
        int | None,
        typer.Option(
            min=1, help="In how many parts stars are kept: ASTRO_ASSETS_SHARDS, else 64, by default."
        ),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Make a home. Other commands do that themselves, in a folder, with 64 shards.

    Both are fixed then. A home that is there stays as it is.
    """
    place = open_home(home, n_shards=shards, store=store)
    if (place.store or "") != store:
        where = place.store or "its own folder"
        raise HomeError(f"the home {place.root} is there already, and keeps its tables in {where}")
    where = place.storage.place("")
    notes([f"The home {place.root} keeps tables and files in {where}, in {place.n_shards} shards."])
