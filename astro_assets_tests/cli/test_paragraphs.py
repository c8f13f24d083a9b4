"""Help is of whole paragraphs, for every command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from astro_assets.cli.app import app


def _commands(command: Any, name: str) -> Iterator[tuple[str, Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield name, command
    for word, one in (below or {}).items():
        yield from _commands(one, f"{name} {word}".strip())


COMMANDS = dict(_commands(typer.main.get_command(app), ""))


@pytest.mark.parametrize("name", COMMANDS)
def test_no_line_of_its_help_ends_before_the_terminals_does(name: str) -> None:
    said = COMMANDS[name].help
    assert said
    assert "\n" not in said.replace("\n\n", "")


def test_paragraphs_stay_apart() -> None:
    assert {"forget", "instance", "catalogs list"} <= COMMANDS.keys()
    assert "\n\n" in COMMANDS["forget"].help
