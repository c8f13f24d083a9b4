"""A home: the folder that holds everything of one installation.

Finding, creating and configuring a home live here; what its tables mean does not.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import platformdirs
from pydantic import ValidationError

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.shards import DEFAULT_SHARDS
from astro_assets.ledger.table import Config, Table, settings_fault

ENVIRONMENT_VARIABLE: Final = "ASTRO_ASSETS_HOME"
_FORMAT: Final = 1
#: Whatever the system's settings: what lies in a home decides what its owner's processes do.
_NOT_FOR_OTHERS: Final = 0o002
#: Characters in a folder's name that delta-rs or Dagster's SQLite takes for parts of an address.
_UNUSABLE: Final = re.compile(r"[%#?\[\]\x00-\x1f]")


class HomeError(RuntimeError):
    """A home cannot be used as it is; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Home:
    """The layout of a home. Use :func:`open_home`.

    Parameters
    ----------
    root
        Absolute folder.
    n_shards
        Fixed when the home was made.
    """

    root: Path
    n_shards: int = DEFAULT_SHARDS

    @property
    def inbox(self) -> Path:
        """Where observations are dropped."""
        return self.root / "inbox"

    @property
    def dagster(self) -> Path:
        """The Dagster instance: runs, events, schedules."""
        return self.root / "dagster"

    @property
    def config_file(self) -> Path:
        """The settings people edit, one section a table."""
        return self.root / "config.toml"

    def table_path(self, name: str) -> Path:
        """Return the Delta table's folder."""
        return self.root / "tables" / name


def default_root() -> Path:
    """Return the home to use when none is named: the environment's, the checkout's, the user's."""
    if named := os.environ.get(ENVIRONMENT_VARIABLE):
        return Path(named)
    checkout = Path(__file__).resolve().parents[2]
    if (checkout / "workspace.yaml").is_file() and (checkout / "pyproject.toml").is_file():
        return checkout / "data" / "home"
    return Path(platformdirs.user_data_dir("astro_assets", appauthor=False))


def open_home(
    root: Path | str | None = None, *, n_shards: int = DEFAULT_SHARDS, must_exist: bool = False
) -> Home:
    """Open a home, making it where there is none; others can write no file that this process makes from then.

    Parameters
    ----------
    root
        Folder; :func:`default_root` when None.
    n_shards
        Number of shards of a home that is made now; an existing home keeps its own.
    must_exist
        Refuse to make a home: a question about a mistyped folder has no answer.

    Raises
    ------
    HomeError
        If the folder cannot be written, or was made by a later version of this package.
    """
    os.umask(os.umask(_NOT_FOR_OTHERS) | _NOT_FOR_OTHERS)
    path = Path(root if root is not None else default_root()).expanduser().absolute()
    if unusable := _UNUSABLE.search(str(path)):
        raise HomeError(
            f"the home {path} cannot be used: its stores do not open folders with {unusable[0]!r}"
        )
    marker = path / "home.toml"
    try:
        if not marker.exists():
            if must_exist:
                raise HomeError(f"there is no home at {path}; `astro-assets run` makes one")
            path.mkdir(parents=True, exist_ok=True)
            (path / "inbox").mkdir(exist_ok=True)
            write_bytes(marker, f"format = {_FORMAT}\nn_shards = {n_shards}\n".encode(), replace=False)
        settings = tomllib.loads(marker.read_text())
    except OSError as error:
        raise HomeError(f"the home {path} cannot be used: {error}; choose another with --home") from error
    except ValueError as error:
        raise HomeError(f"{marker} is damaged: {error}") from error
    if settings.get("format") != _FORMAT:
        raise HomeError(
            f"{path} has home format {settings.get('format')}; this version reads format {_FORMAT}"
        )
    stored = settings.get("n_shards")
    if not isinstance(stored, int) or stored < 1:
        raise HomeError(f"{marker} is damaged: n_shards = {stored!r} is not a positive number")
    return Home(path, stored)


def table_config(home: Home, table: Table) -> Config:
    """Return a table's configuration: its defaults with what the home's ``config.toml`` sets.

    Raises
    ------
    HomeError
        If the file is not TOML, or a setting is unknown or out of bounds; the message names it.
    """
    wing, _, name = (table.settings_of or table).name.partition("/")
    section = _settings(home).get(wing, {}).get(name, {})
    others = {field: table_config(home, other) for field, other in table.settings_from.items()}
    if not section and not others:
        return table.config
    where, known = (
        f"{home.config_file}, [{wing}.{name}]",
        [name for name in type(table.config).model_fields if name not in others],
    )
    if elsewhere := sorted(others.keys() & section):
        other = table.settings_from[elsewhere[0]].name.replace("/", ".")
        raise HomeError(f"{where} {elsewhere[0]}: set that in [{other}]")
    try:
        return type(table.config).model_validate({**dict(table.config), **section, **others})
    except ValidationError as error:
        raise HomeError(f"{where} {settings_fault(error, known)}") from None


def check_config(home: Home, tables: tuple[Table, ...]) -> None:
    """Refuse sections of ``config.toml`` that name no table with settings of its own.

    Raises
    ------
    HomeError
        Naming the section and the tables there are.
    """
    known = {table.name for table in tables if table.settings_of is None}
    tables_there = ", ".join(sorted(known))
    for wing, sections in _settings(home).items():
        if not isinstance(sections, dict):
            example = tables[0].name.replace("/", ".")
            raise HomeError(f"{home.config_file}: {wing} stands in no section such as [{example}]")
        for name, section in sections.items():
            if f"{wing}/{name}" not in known:
                raise HomeError(
                    f"{home.config_file}: [{wing}.{name}] names no table; there are {tables_there}"
                )
            if not isinstance(section, dict):
                raise HomeError(f"{home.config_file}: {wing}.{name} is no section of settings")
    for table in tables:
        table_config(home, table)


def _settings(home: Home) -> dict[str, Any]:
    try:
        return tomllib.loads(home.config_file.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise HomeError(f"{home.config_file} cannot be read as TOML: {error}") from error
