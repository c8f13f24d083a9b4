"""The commands about alerts: parse, call, print."""

from pathlib import Path
from typing import Annotated

import typer

from astro_assets.cli.options import HomeOption
from astro_assets.ledger.home import open_home


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module to the others."""
    alerts = typer.Typer(no_args_is_help=True, help="Filters of alerts, and what they decide.")
    alerts.command("filter")(filter_alerts)
    alerts.command("decide")(decide_alerts)
    alerts.command("label")(label_alerts)
    app.add_typer(alerts, name="alerts")


def filter_alerts(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="Filters in TOML, or JSON; those there are by default."),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Filter that is applied no more; may be repeated."),
    ] = None,
    versions: Annotated[
        bool, typer.Option("--list", help="Only list the filters, with all their versions.")
    ] = False,
    home: HomeOption = None,
) -> None:
    """Judge all packets of the home by filters, now and whenever a new file of alerts comes in.

    A filter replaces that of the same name; its decisions are made again. Earlier versions are kept, and can
    be replayed.
    """
    place = open_home(home, must_exist=True)
    from astro_assets.cli.alerts import apply_filters, list_filters

    if versions:
        list_filters(place)
        return
    raise typer.Exit(apply_filters(place, files or [], remove or []))


def decide_alerts(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Avro or Parquet files of alerts.")],
    wanted: Annotated[
        str,
        typer.Option(
            "--filter",
            metavar="FILTER",
            help="A filter's file; or the name of a filter of the home, or one of its versions.",
        ),
    ],
    home: HomeOption = None,
) -> None:
    """Judge the packets of files by a filter, a line of JSON each, in their order; nothing is stored.

    The same files and the same version of a filter give the same lines. Exits with 1 if a file holds no
    alerts.
    """
    from astro_assets.cli.alerts import decide_files

    raise typer.Exit(decide_files(files, wanted, home))


def label_alerts(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="Labels as comma-separated values: object_id, wanted (yes or no), and who says so "
            "(labelled_by), if you like. The labels there are by default.",
        ),
    ] = None,
    remove: Annotated[
        list[str] | None,
        typer.Option(metavar="OBJECT", help="Object whose label is taken back; may be repeated."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Say which objects you want to follow up and which you do not, for trees to learn it.

    A label replaces that of the same object. `astro-assets train alert_trees` learns from them.
    """
    place = open_home(home, must_exist=True)
    from astro_assets.cli.alert_labels import put_labels

    raise typer.Exit(put_labels(place, files or [], remove or []))
