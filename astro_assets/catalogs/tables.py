"""The catalogue tables, declared for the ledger: files, their entries, objects by star, signals, names.

Only declarations and the forming of rows live here; other wings reach this wing through this module alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import polars as pl

from astro_assets.catalogs.formats import ALIASES, COMPOSITE_PLANETS
from astro_assets.catalogs.names import is_canonical
from astro_assets.catalogs.reading import read_catalog
from astro_assets.catalogs.schemas import (
    BINARY_CATALOGS,
    CATALOG_ENTRIES_SCHEMA,
    CATALOG_FILES_SCHEMA,
    ECLIPSING_BINARIES_SCHEMA,
    KEPLER_CATALOGS,
    KEPLER_OBJECTS_SCHEMA,
    KNOWN_SIGNALS_SCHEMA,
    PLANET_CATALOGS,
    PLANETS_SCHEMA,
    SIGNAL_COLUMNS,
    STAR_CATALOGS,
    STELLAR_PARAMETERS_SCHEMA,
    TARGET_ALIASES_SCHEMA,
    TESS_CATALOGS,
    TESS_OBJECTS_SCHEMA,
)
from astro_assets.catalogs.text_tables import CatalogError
from astro_assets.ledger.schema import Schema
from astro_assets.ledger.table import Config, Parent, Parents, Row, Table

__all__ = [
    "CATALOG_ENTRIES",
    "CATALOG_FILES",
    "ECLIPSING_BINARIES",
    "KEPLER_OBJECTS",
    "KNOWN_SIGNALS",
    "PLANETS",
    "STELLAR_PARAMETERS",
    "TABLES",
    "TARGET_ALIASES",
    "TESS_OBJECTS",
]

Rows = list[dict[str, Any]]
#: What identifies and judges a signal in each table of objects.
_SIGNAL: Final = ("catalog", "entry", "disposition", "listed_disposition")


def compute_catalog_entries(key: str, parents: Parents, config: Config) -> Rows:
    """Read the file of the catalogue ``key``: one row an entry."""
    (file,) = parents["catalog_files"]
    catalog = read_catalog(file["sha256"])
    if catalog.name != key:
        raise CatalogError(f"this is the catalogue {catalog.name}, not {key}")
    return [dict(row) for row in catalog.rows]


def compute_target_aliases(key: str, parents: Parents, config: Config) -> Rows:
    """Gather which targets the name ``key`` is listed for: one row a target."""
    sources: dict[str, set[str]] = {}
    for row in parents["catalog_entries"]:
        sources.setdefault(row["target_id"], set()).add(row["catalog"])
    return [
        {"star": key, "target_id": target, "sources": sorted(sources[target])} for target in sorted(sources)
    ]


def compute_kepler_objects(key: str, parents: Parents, config: Config) -> Rows:
    """Gather the KOIs and threshold-crossing events of the target ``key``."""
    return _listed(parents["catalog_entries"], KEPLER_OBJECTS_SCHEMA)


def compute_tess_objects(key: str, parents: Parents, config: Config) -> Rows:
    """Gather the TOIs of the target ``key``."""
    return _listed(parents["catalog_entries"], TESS_OBJECTS_SCHEMA)


def compute_eclipsing_binaries(key: str, parents: Parents, config: Config) -> Rows:
    """Gather the eclipsing pairs of the target ``key``."""
    return _listed(parents["catalog_entries"], ECLIPSING_BINARIES_SCHEMA)


def compute_stellar_parameters(key: str, parents: Parents, config: Config) -> Rows:
    """Gather what catalogues of stars say of the target ``key``: one row a catalogue."""
    return _listed(parents["catalog_entries"], STELLAR_PARAMETERS_SCHEMA)


def compute_planets(key: str, parents: Parents, config: Config) -> Rows:
    """Gather the planets of the star ``key``; a name that is listed for one target stands for it."""
    listed = {row["target_id"] for row in parents["target_aliases"]}
    target = listed.pop() if len(listed) == 1 else None
    rows = _listed(parents["catalog_entries"], PLANETS_SCHEMA)
    return [{**row, "target_id": row["target_id"] or target} for row in rows]


def compute_known_signals(key: str, parents: Parents, config: Config) -> Rows:
    """Gather the signals listed for the star ``key``, for each target that it is listed as.

    Of a planet's publications the one that the archive prefers counts; values that are put together of
    several publications, where no publication is held.
    """
    own = [key] if is_canonical(key) else []
    targets = sorted({*own, *(row["target_id"] for row in parents["target_aliases"])})
    roles = ("kepler_objects", "tess_objects", "eclipsing_binaries")
    entries = [row for role in roles for row in parents[role]]
    preferred = [row for row in parents["planets"] if row["is_default"]]
    known = {row["planet_name"] for row in preferred}
    put_together = [row for row in parents["planets"] if row["catalog"] == COMPOSITE_PLANETS.name]
    entries += [*preferred, *(row for row in put_together if row["planet_name"] not in known)]
    return [_signal(target, key, entry) for target in targets for entry in _sorted(entries)]


def _signal(target: str, star: str, entry: Row) -> dict[str, Any]:
    return {
        "target_id": target,
        "star": star,
        **{name: entry[name] for name in _SIGNAL},
        **{name: entry.get(name) for name in SIGNAL_COLUMNS},
    }


def _listed(entries: Iterable[Row], schema: Schema) -> Rows:
    return [{name: row[name] for name in schema.names} for row in _sorted(entries)]


def _sorted(entries: Iterable[Row]) -> list[Row]:
    return sorted(entries, key=lambda row: (row["catalog"], row["entry"]))


def choose_aliases(entries: pl.DataFrame) -> pl.DataFrame:
    """Keep the entries that list another name of a target."""
    return entries.filter(pl.col("alias").is_not_null() & pl.col("target_id").is_not_null())


def choose_kepler(entries: pl.DataFrame) -> pl.DataFrame:
    """Keep the entries of Kepler's catalogues of objects."""
    return entries.filter(pl.col("catalog").is_in(KEPLER_CATALOGS))


def choose_tess(entries: pl.DataFrame) -> pl.DataFrame:
    """Keep the entries of TESS's catalogue of objects."""
    return entries.filter(pl.col("catalog").is_in(TESS_CATALOGS))


def choose_binaries(entries: pl.DataFrame) -> pl.DataFrame:
    """Keep the entries of the catalogues of eclipsing binaries."""
    return entries.filter(pl.col("catalog").is_in(BINARY_CATALOGS))


def choose_planets(entries: pl.DataFrame) -> pl.DataFrame:
    """Keep the entries of the catalogue of planets."""
    return entries.filter(pl.col("catalog").is_in(PLANET_CATALOGS))


def choose_signals(entries: pl.DataFrame) -> pl.DataFrame:
    """Keep the entries that are about a signal, not about a star or a name.

    One catalogue may know a star's id where another has its name only, or has another id: the id counts if it
    is the only one.
    """
    target = pl.col("target_id")
    is_only = target.min().over("star") == target.max().over("star")
    agreed = pl.when(is_only).then(target.min().over("star"))
    return entries.filter(~pl.col("catalog").is_in([*STAR_CATALOGS, ALIASES.name])).with_columns(
        agreed.alias("target_id")
    )


def choose_stars(entries: pl.DataFrame) -> pl.DataFrame:
    """Keep the entries of catalogues of stars that are not about a name."""
    return entries.filter(pl.col("catalog").is_in(STAR_CATALOGS) & pl.col("alias").is_null())


#: The file of each catalogue, by the catalogue's name: a newer one takes its place. History keeps the older.
CATALOG_FILES: Final = Table(name="catalogs/catalog_files", schema=CATALOG_FILES_SCHEMA, holds_labels=True)

#: Every entry of every catalogue, in one set of columns.
CATALOG_ENTRIES: Final = Table(
    name="catalogs/catalog_entries",
    schema=CATALOG_ENTRIES_SCHEMA,
    compute=compute_catalog_entries,
    parents=(Parent(CATALOG_FILES, columns=("catalog", "sha256")),),
    key="catalog",
    target=None,
)

#: What stars are called, by name: listed matches only, none by position.
TARGET_ALIASES: Final = Table(
    name="catalogs/target_aliases",
    schema=TARGET_ALIASES_SCHEMA,
    compute=compute_target_aliases,
    parents=(Parent(CATALOG_ENTRIES, columns=("catalog", "alias", "target_id")),),
    key="alias",
    target=None,
    choose=choose_aliases,
)

#: Kepler Objects of Interest and threshold-crossing events, by target.
KEPLER_OBJECTS: Final = Table(
    name="catalogs/kepler_objects",
    schema=KEPLER_OBJECTS_SCHEMA,
    compute=compute_kepler_objects,
    parents=(Parent(CATALOG_ENTRIES, columns=KEPLER_OBJECTS_SCHEMA.names),),
    choose=choose_kepler,
)

#: TESS Objects of Interest, by target.
TESS_OBJECTS: Final = Table(
    name="catalogs/tess_objects",
    schema=TESS_OBJECTS_SCHEMA,
    compute=compute_tess_objects,
    parents=(Parent(CATALOG_ENTRIES, columns=TESS_OBJECTS_SCHEMA.names),),
    choose=choose_tess,
)

#: Eclipsing binaries of Kepler and K2, by target.
ECLIPSING_BINARIES: Final = Table(
    name="catalogs/eclipsing_binaries",
    schema=ECLIPSING_BINARIES_SCHEMA,
    compute=compute_eclipsing_binaries,
    parents=(Parent(CATALOG_ENTRIES, columns=ECLIPSING_BINARIES_SCHEMA.names),),
    choose=choose_binaries,
)

#: What catalogues of stars say of the targets that they were asked for; one row a catalogue.
STELLAR_PARAMETERS: Final = Table(
    name="catalogs/stellar_parameters",
    schema=STELLAR_PARAMETERS_SCHEMA,
    compute=compute_stellar_parameters,
    parents=(Parent(CATALOG_ENTRIES, columns=("entry", "alias", *STELLAR_PARAMETERS_SCHEMA.names)),),
    choose=choose_stars,
)

#: Planets, a row a publication, by the star as the catalogue names it.
PLANETS: Final = Table(
    name="catalogs/planets",
    schema=PLANETS_SCHEMA,
    compute=compute_planets,
    parents=(
        Parent(CATALOG_ENTRIES, columns=PLANETS_SCHEMA.names),
        Parent(TARGET_ALIASES, columns=("target_id",), on="star"),
    ),
    key="star",
    target=None,
    choose=choose_planets,
)


def _signal_columns(schema: Schema) -> tuple[str, ...]:
    return (*_SIGNAL, *(name for name in SIGNAL_COLUMNS if name in schema.names))


#: The signals that catalogues list, by star; a star listed as several targets has them for each. Not by
#: target: a name belongs to no shard of a target.
KNOWN_SIGNALS: Final = Table(
    name="catalogs/known_signals",
    schema=KNOWN_SIGNALS_SCHEMA,
    compute=compute_known_signals,
    parents=(
        Parent(CATALOG_ENTRIES, columns=("star", "target_id", "catalog")),
        Parent(KEPLER_OBJECTS, columns=_signal_columns(KEPLER_OBJECTS_SCHEMA)),
        Parent(TESS_OBJECTS, columns=_signal_columns(TESS_OBJECTS_SCHEMA)),
        Parent(ECLIPSING_BINARIES, columns=_signal_columns(ECLIPSING_BINARIES_SCHEMA)),
        Parent(PLANETS, columns=(*_signal_columns(PLANETS_SCHEMA), "is_default"), on="star"),
        Parent(TARGET_ALIASES, columns=("target_id",), on="star"),
    ),
    key="star",
    target=None,
    choose=choose_signals,
)

TABLES: Final = (
    CATALOG_FILES,
    CATALOG_ENTRIES,
    TARGET_ALIASES,
    KEPLER_OBJECTS,
    TESS_OBJECTS,
    ECLIPSING_BINARIES,
    STELLAR_PARAMETERS,
    PLANETS,
    KNOWN_SIGNALS,
)
