"""The help of commands: a docstring's lines end where the code's do, a terminal's where it does."""

from __future__ import annotations

import inspect

import typer


def reflow(app: typer.Typer) -> None:
    """Let the help of all commands of an application, and of those below it, be of whole paragraphs."""
    for command in app.registered_commands:
        said = command.help or inspect.getdoc(command.callback) or ""
        command.help = "\n\n".join(" ".join(paragraph.split()) for paragraph in said.split("\n\n"))
    for group in app.registered_groups:
        if group.typer_instance is not None:
            reflow(group.typer_instance)
