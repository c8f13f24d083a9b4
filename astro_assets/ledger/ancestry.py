"""What many rows came from, at once: all units above them, as they were when they were read.

Units are found by key and recipe, in the files of older versions where they have been replaced since. Reading
only; the lineage of one unit, as a tree, is in :mod:`astro_assets.ledger.lineage`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from astro_assets.ledger.history import live_at, past_files, past_units
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.store import Handle
from astro_assets.ledger.table import Table
from astro_assets.ledger.units import ROW_COLUMNS, UNIT_COLUMNS, flat_rows

#: What is told of each unit.
_OF_UNIT: Final = (
    "key", "recipe_hash", "target", "outcome", "origin", "code_version", "config_hash", "source",
    "environment", "installed", "run_id", "computed_at", "row_hash", "parents",
)  # fmt: skip
_TYPES: Final[Mapping[str, Any]] = {**UNIT_COLUMNS, "row_hash": pl.List(ROW_COLUMNS["row_hash"])}
_UNITS: Final = {
    "table": pl.String,
    **{name: _TYPES[name] for name in _OF_UNIT if name != "parents"},
    "version": pl.Int64,
    "is_current": pl.Boolean,
}
EDGES: Final = dict.fromkeys(
    (
        "table", "key", "recipe_hash", "role", "parent_table", "parent_key", "parent_recipe_hash",
        "row_hash",
    ),
    pl.String,
)  # fmt: skip
#: What names a unit as it was.
IDENTITY: Final = ["key", "recipe_hash"]
#: What is looked for by recipe, and when it was read.
_NOTHING: Final = pl.DataFrame(
    schema={"key": pl.String, "recipe_hash": pl.String, "read_at": UNIT_COLUMNS["computed_at"]}
)


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Units and what they read.

    Attributes
    ----------
    units
        One line a unit as it was: ``table``, ``key``, ``recipe_hash`` and what is stored with it; the
        ``row_hash`` of all its rows; a Delta ``version`` of its table that held it; ``is_current``.
    edges
        One line a row that was read: by which unit, in which ``role``, of which parent.
    missing
        Units that were read and are nowhere to be found, ``table`` and ``key`` and ``recipe_hash``: their
        history was pruned.
    """

    units: pl.DataFrame
    edges: pl.DataFrame
    missing: pl.DataFrame


def ancestry(ledger: Ledger, rows: pl.DataFrame) -> Ancestry:
    """Find the units of some rows, and everything above them.

    Parameters
    ----------
    rows
        ``table``, ``key`` and ``row_hash`` of each, current or not.
    """
    wanted: dict[str, list[pl.DataFrame]] = {}
    units, edges, missing = [], [], []
    for table in reversed(ledger.tables):
        own = rows.filter(pl.col("table") == table.name).select("key", "row_hash").unique()
        read = pl.concat([_NOTHING, *wanted.get(table.name, ())]).unique(IDENTITY)
        if own.is_empty() and read.is_empty():
            continue
        found, lost = _find(ledger.open(table), _Sought(read, own))
        units.append(found.select(pl.lit(table.name).alias("table"), *[n for n in _UNITS if n != "table"]))
        if lost.height:
            missing.append(lost.select(pl.lit(table.name).alias("table"), *IDENTITY))
        of_table = edges_of(table.name, found, "computed_at")
        edges.append(of_table.drop("computed_at"))
        for (name,), group in of_table.group_by("parent_table"):
            parents = group.select(key="parent_key", recipe_hash="parent_recipe_hash", read_at="computed_at")
            wanted.setdefault(str(name), []).append(parents)
    return Ancestry(
        _joined(units, _UNITS),
        _joined(edges, EDGES),
        _joined(missing, dict.fromkeys(("table", *IDENTITY), pl.String)),
    )


def edges_of(table: str, units: pl.DataFrame, *more: str) -> pl.DataFrame:
    """Unfold the parents of some units of a table into a line each: :data:`EDGES`, and more of the units."""
    read = units.select("key", "recipe_hash", "parents", *more).filter(pl.col("parents").list.len() > 0)
    parents = read.explode("parents").with_columns(
        pl.col("parents").struct.rename_fields(
            ["role", "parent_table", "parent_key", "row_hash", "parent_recipe_hash"]
        )
    )
    types: dict[str, Any] = {**EDGES, **{name: units.schema[name] for name in more}}
    flat = parents.unnest("parents") if parents.height else pl.DataFrame(schema=types)
    return flat.select(pl.lit(table).alias("table"), *[name for name in types if name != "table"])


def _joined(frames: list[pl.DataFrame], schema: Mapping[str, Any]) -> pl.DataFrame:
    return pl.concat(frames) if frames else pl.DataFrame(schema=schema)


def _find(handle: Handle, sought: _Sought) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Find units by key and recipe, or by key and one of their rows: now, else in the past.

    Returns
    -------
    tuple of two DataFrames
        The units, and what is nowhere, without a recipe where a row was looked for.
    """
    now = handle.units(list(_OF_UNIT)).with_columns(
        pl.lit(handle.version).cast(pl.Int64).alias("version"), pl.lit(value=True).alias("is_current")
    )
    found = [sought.among(now)]
    sought = sought.without(found[-1])
    past = past_files(handle) if sought.is_some else pl.DataFrame()
    # Where they were when they were read; elsewhere if clocks differ, or nobody says when.
    for choose in (_live_when_read, _holding):
        if past.height and sought.is_some:
            files = choose(handle, past, sought)
            found.append(sought.among(_past(handle, files)))
            sought = sought.without(found[-1])
    nameless = sought.own.select("key", pl.lit(None, dtype=pl.String).alias("recipe_hash"))
    lost = pl.concat([sought.read.select(IDENTITY), nameless]).unique()
    newest = pl.concat(found).sort("version", descending=True)
    return newest.unique(IDENTITY, keep="first", maintain_order=True), lost


def _live_when_read(handle: Handle, files: pl.DataFrame, sought: _Sought) -> pl.DataFrame:
    """Return the files that the table was made of at the moments when units were read."""
    del handle
    return live_at(files, sought.read["read_at"])


def _holding(handle: Handle, files: pl.DataFrame, sought: _Sought) -> pl.DataFrame:
    """Return files that together hold what is looked for: of each unit one, as few as may be."""
    held = sought.among(_past(handle, files, [*IDENTITY, "row_hash", "path"]))
    held = held.with_columns(n=pl.len().over("path")).sort("n", "path").unique(IDENTITY, keep="last")
    return files.join(held, on="path", how="semi")


@dataclass(frozen=True, slots=True)
class _Sought:
    """Units that are looked for, by recipe or by row."""

    read: pl.DataFrame
    own: pl.DataFrame

    @property
    def is_some(self) -> bool:
        return bool(self.read.height or self.own.height)

    def among(self, units: pl.LazyFrame) -> pl.DataFrame:
        """Return those of the units that are looked for."""
        if self.own.is_empty():
            return units.join(self.read.lazy(), on=IDENTITY, how="semi").collect()
        keys = pl.concat([self.read.select("key"), self.own.select("key")]).unique()
        near = units.join(keys.lazy(), on="key", how="semi").collect()
        rows = near.select(*IDENTITY, "row_hash").explode("row_hash")
        is_own = rows.join(self.own, on=["key", "row_hash"], how="semi").select(IDENTITY)
        return near.join(pl.concat([self.read.select(IDENTITY), is_own]), on=IDENTITY, how="semi")

    def without(self, found: pl.DataFrame) -> _Sought:
        """Return what is still to be looked for."""
        own = self.own
        if own.height:
            rows = found.select("key", "row_hash").explode("row_hash")
            own = own.join(rows, on=["key", "row_hash"], how="anti")
        return _Sought(self.read.join(found, on=IDENTITY, how="anti"), own)


def rows_of(ledger: Ledger, units: pl.DataFrame, table: Table, columns: Sequence[str]) -> pl.DataFrame:
    """Read the rows of some units of a table, as they were: see :func:`units_as_read`.

    Returns
    -------
    polars.DataFrame
        ``key``, ``recipe_hash``, ``target``, ``origin``, ``row_hash`` and the columns, one line a row.
    """
    of_rows = ["row_hash", *columns]
    lines = units_as_read(ledger, units, table, [*IDENTITY, "target", "origin", "n_rows", *of_rows])
    return flat_rows(lines, of_rows).drop("n_rows").collect()


def units_as_read(ledger: Ledger, units: pl.DataFrame, table: Table, columns: Sequence[str]) -> pl.DataFrame:
    """Read some units of a table, as they were.

    Parameters
    ----------
    units
        ``table``, ``key``, ``recipe_hash``, ``version`` and ``is_current``, as in :class:`Ancestry`; those of
        other tables are passed over.
    columns
        Of the units, ``key`` and ``recipe_hash`` among them; null what a store of then lacks.
    """
    handle = ledger.open(table)
    own = units.filter(pl.col("table") == table.name)
    found = [_among(handle.units(columns), own.filter("is_current"))]
    if (old := own.filter(~pl.col("is_current"))).height:
        files = live_at(past_files(handle), old["version"], added="added")
        found.append(_among(_past(handle, files, columns).sort("version", descending=True), old))
    return pl.concat([lines.select(columns).collect() for lines in found])


def _among(lines: pl.LazyFrame, units: pl.DataFrame) -> pl.LazyFrame:
    """Return the first line of each of some units."""
    there = lines.join(units.lazy().select(IDENTITY), on=IDENTITY, how="semi", maintain_order="left")
    return there.unique(IDENTITY, keep="first", maintain_order=True)


def _past(handle: Handle, files: pl.DataFrame, names: Sequence[str] = _OF_UNIT) -> pl.LazyFrame:
    """Scan units that older versions held; what they lack is null."""
    lines = past_units(handle, [name for name in names if name != "path"], files)
    versions = files.lazy().select("path", version=pl.col("removed") - 1)
    return lines.join(versions, on="path").select(*names, "version", pl.lit(value=False).alias("is_current"))
