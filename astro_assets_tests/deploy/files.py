"""The files of `deploy/` as tests read them: settings, and what compose makes of a service with them."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
DEPLOY = REPOSITORY / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
_VARIABLE = re.compile(r"\$\{(\w+)(?::?([-?])([^}]*))?\}")
_SETTING = re.compile(r"^([A-Z][A-Z_0-9]*)=(.*)$", re.MULTILINE)


def settings() -> dict[str, str]:
    """Return every setting of the one file, with the value that it has there."""
    lines = _SETTING.findall((DEPLOY / "settings.env.example").read_text())
    assert len(dict(lines)) == len(lines), "a setting stands there twice"
    return {name: value.strip("'") for name, value in lines}


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a text with settings put in, as compose does it."""

    def value(match: re.Match[str]) -> str:
        name, kind, default = match.groups()
        if values.get(name):
            return values[name]
        assert kind != "?", f"{name} is needed"
        return default or ""

    return _VARIABLE.sub(value, text)


def command_of(service: str, values: Mapping[str, str]) -> list[str]:
    """Return the command of a service."""
    return [filled(word, values) for word in SERVICES[service]["command"]]


def environment_of(service: str, values: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a service."""
    return {name: filled(value, values) for name, value in SERVICES[service].get("environment", {}).items()}


def tool(name: str) -> str:
    """Return a program that comes with the extra `test`; the test is skipped where it is not installed."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: it comes with the extra `test`")
    return found
