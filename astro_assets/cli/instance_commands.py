"""The command that makes the Dagster instance of a home before its services start."""

import json
import sys

import typer

from astro_assets.cli import printing
from astro_assets.cli.options import Format, FormatOption, HomeOption
from astro_assets.ledger.home import open_home


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    app.command()(instance)


def instance(output: FormatOption = Format.table, home: HomeOption = None) -> None:
    """Make a home and its Dagster instance, where they are not there yet, and print where they are.

    Services of Dagster that you start yourself take that folder as DAGSTER_HOME. Run this before them: all of
    them would make the instance's tables at once.
    """
    from astro_assets.orchestration.instance import instance_folder, open_instance
    from astro_assets.orchestration.postgres import postgres_address

    place = open_home(home)
    with open_instance(place):
        pass
    found = {
        "home": str(place.root),
        "dagster_home": str(instance_folder(place)),
        "run_history": postgres_address() or "SQLite files there",
    }
    if output is Format.json:
        sys.stdout.write(json.dumps(found, indent=1) + "\n")
    else:
        printing.notes([f"{name:<13}{value}" for name, value in found.items()])
