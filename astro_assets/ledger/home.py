"""A home: the folder that holds everything of one installation.

Finding, creating and configuring a home live here; what its tables mean does not.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import platformdirs
from pydantic import BaseModel, ValidationError

from astro_assets.archives import settings as archives
from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.shards import DEFAULT_SHARDS
from astro_assets.ledger.table import Config, Table, settings_fault

ENVIRONMENT_VARIABLE: Final = "ASTRO_ASSETS_HOME"
SHARDS_VARIABLE: Final = "ASTRO_ASSETS_SHARDS"
#: Sections of ``config.toml`` that are no table's: settings by the two parts of a section's name.
_OTHERS: Final[Mapping[str, Mapping[str, BaseModel]]] = {archives.SECTION: archives.DEFAULTS}
_FORMAT: Final = 1
#: Characters in a folder's name that delta-rs or Dagster's SQLite takes for parts of an address.
_UNUSABLE: Final = re.compile(r"[%#?\[\]\x00-\x1f]")


Settings = TypeVar("Settings", bound=BaseModel)


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
    root: Path | str | None = None, *, n_shards: int | None = None, must_exist: bool = False
) -> Home:
    """Open a home, making it where there is none.

    Parameters
    ----------
    root
        Folder; :func:`default_root` when None.
    n_shards
        Number of shards of a home that is made now: ``ASTRO_ASSETS_SHARDS``, else 64, when None. An existing
        home keeps its own.
    must_exist
        Refuse to make a home: a question about a mistyped folder has no answer.

    Raises
    ------
    HomeError
        If the folder cannot be written, or was made by a later version of this package; or the number of
        shards that a new one is to have is none.
    """
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
            n_shards = n_shards or _shards_of_new_homes()
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


def _shards_of_new_homes() -> int:
    named = os.environ.get(SHARDS_VARIABLE) or str(DEFAULT_SHARDS)
    if not (named.isdecimal() and int(named) > 0):
        raise HomeError(f"{SHARDS_VARIABLE} = {named!r} is not a positive number of shards")
    return int(named)


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


def archive_settings(home: Home, key: str) -> archives.ArchiveSettings:
    """Return how an archive is asked: its defaults with what the home's ``config.toml`` sets.

    Parameters
    ----------
    key
        Of :data:`astro_assets.archives.settings.ARCHIVES`.

    Raises
    ------
    HomeError
        If the file is not TOML, or a setting is unknown or out of bounds; the message names it.
    """
    section = _settings(home).get(archives.SECTION, {}).get(key, {})
    return _validated(home, f"{archives.SECTION}.{key}", archives.DEFAULTS[key], section)


def _validated(home: Home, name: str, defaults: Settings, section: Mapping[str, Any]) -> Settings:
    try:
        return type(defaults).model_validate({**dict(defaults), **section})
    except ValidationError as error:
        known = list(type(defaults).model_fields)
        raise HomeError(f"{home.config_file}, [{name}] {settings_fault(error, known)}") from None


def check_config(home: Home, tables: tuple[Table, ...]) -> None:
    """Refuse sections of ``config.toml`` that name neither a table with settings of its own nor an archive.

    Raises
    ------
    HomeError
        Naming the section and the tables there are.
    """
    known = {table.name for table in tables if table.settings_of is None}
    others = {f"{wing}/{name}" for wing, names in _OTHERS.items() for name in names}
    for wing, sections in _settings(home).items():
        if not isinstance(sections, dict):
            example = tables[0].name.replace("/", ".")
            raise HomeError(f"{home.config_file}: {wing} stands in no section such as [{example}]")
        for name, section in sections.items():
            if f"{wing}/{name}" not in known | others:
                what, named = ("archive", _OTHERS[wing]) if wing in _OTHERS else ("table", known)
                there = ", ".join(sorted(named))
                raise HomeError(f"{home.config_file}: [{wing}.{name}] names no {what}; there are {there}")
            if not isinstance(section, dict):
                raise HomeError(
                    f"{home.config_file}: {wing}.{name} is {section!r}, not a section of settings"
                )
            if wing in _OTHERS:
                _validated(home, f"{wing}.{name}", _OTHERS[wing][name], section)
    for table in tables:
        table_config(home, table)


def _settings(home: Home) -> dict[str, Any]:
    try:
        return tomllib.loads(home.config_file.read_text())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise HomeError(f"{home.config_file} cannot be read as TOML: {error}") from error
