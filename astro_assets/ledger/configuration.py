"""The settings of a home: what its ``config.toml`` says of tables and archives, over what is declared."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from astro_assets.archives import settings as archives
from astro_assets.ledger.home import Home, HomeError
from astro_assets.ledger.table import Config, Table, settings_fault

#: Sections of ``config.toml`` that are no table's: settings by the two parts of a section's name.
_OTHERS: Final[Mapping[str, Mapping[str, BaseModel]]] = {archives.SECTION: archives.DEFAULTS}
Settings = TypeVar("Settings", bound=BaseModel)


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
                raise HomeError(f"{home.config_file}: {wing}.{name} is no section of settings")
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
