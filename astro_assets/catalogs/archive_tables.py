"""Which catalogues archives have, what they are called there, and what comes of asking for them.

Only names and results live here; asking is in `fetching`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from astro_assets.archives.errors import ArchiveError
from astro_assets.catalogs.answers import Answer
from astro_assets.catalogs.text_tables import CatalogError


@dataclass(frozen=True, slots=True)
class ArchiveTable:
    """A table of the archive that is one of our catalogues.

    Parameters
    ----------
    name
        At the archive.
    where
        Which of its rows are meant; all when empty.
    stars
        Column of the numbers of stars by which it is asked; it is asked for whole when empty.
    """

    name: str
    where: str = ""
    stars: str = ""


TABLES: Final = {
    "koi": ArchiveTable("cumulative"),
    "toi": ArchiveTable("toi"),
    "dr24_tce": ArchiveTable("q1_q17_dr24_tce"),
    "dr25_tce": ArchiveTable("q1_q17_dr25_tce"),
    "composite_planets": ArchiveTable("pscomppars"),
    "planetary_systems": ArchiveTable("ps"),
    "kic": ArchiveTable("keplerstellar", "st_delivname='q1_q17_dr25_stellar'", "kepid"),
    "epic": ArchiveTable("k2targets", stars="epic_number"),
}
#: What is fetched where nothing is named, and there are no stars to ask for.
SIGNAL_CATALOGS: Final = ("koi", "toi", "dr24_tce", "dr25_tce", "composite_planets")
#: Catalogues that are asked for stars, by the missions whose numbers they are asked by.
STAR_CATALOGS: Final = {"tic": ("TIC", "KIC"), "kic": ("KIC",), "epic": ("EPIC",)}
FETCHABLE: Final = (*TABLES, "tic")

#: Called with a catalogue's name and the parts of it that came and are to come.
Shown = Callable[[str, int, int], None]


class UnknownCatalogError(ValueError):
    """No archive has a catalogue of this name that is understood."""


@dataclass(frozen=True, slots=True)
class Held:
    """What is held of a catalogue.

    Attributes
    ----------
    path
        Its file.
    n_rows
        Lines of it.
    """

    path: Path
    n_rows: int


@dataclass(frozen=True, slots=True)
class Failure:
    """A catalogue that could not be fetched, and why."""

    catalog: str
    error: ArchiveError | CatalogError

    def __str__(self) -> str:
        return f"{self.catalog}: {self.error}"


@dataclass(slots=True)
class Fetched:
    """What came and what did not."""

    answers: list[Answer] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def catalog_of(name: str) -> str:
    """Return our name of a catalogue that is named as here or as at its archive.

    Raises
    ------
    UnknownCatalogError
        If there is none of that name.
    """
    by_name = {table.name: catalog for catalog, table in TABLES.items()}
    found = by_name.get(name, name)
    if found not in FETCHABLE:
        raise UnknownCatalogError(f"no archive has a catalogue {name!r}; there are {', '.join(FETCHABLE)}")
    return found


def catalogs_wanted(names: Iterable[str], targets: Collection[str]) -> list[str]:
    """Return which catalogues are to be fetched: those named; else all of signals, and of the targets' stars.

    Raises
    ------
    UnknownCatalogError
        If one of the names is unknown.
    """
    if named := list(dict.fromkeys(map(catalog_of, names))):
        return named
    missions = {target.partition(" ")[0] for target in targets}
    return [*SIGNAL_CATALOGS, *(name for name, of in STAR_CATALOGS.items() if missions & {*of})]
