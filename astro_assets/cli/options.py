"""Options that several commands take."""

import ipaddress
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Format(StrEnum):
    """How to print."""

    table = "table"
    json = "json"


class RowFormat(StrEnum):
    """How to print rows."""

    table = "table"
    json = "json"
    csv = "csv"


HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home", help="The home; by default ASTRO_ASSETS_HOME, data/home in a checkout, else yours."
    ),
]
FormatOption = Annotated[Format, typer.Option("--format", help="How to print.")]


def is_loopback(host: str) -> bool:
    """Tell whether an address can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
