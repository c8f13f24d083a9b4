"""The unit row: what one key of a table came to, with its result rows beside it.

A unit and its 0..n rows are one line of the Delta table, so they cannot be committed apart: the
unit's own columns are scalars, and each column of the rows is a list of ``n_rows`` values. Nothing here reads
storage.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any, Final, Literal

import polars as pl

from astro_assets.ledger.schema import Schema
from astro_assets.ledger.table import Table

Outcome = Literal["rows", "empty", "failed"]
#: From most to least real: a child takes the least real of its data parents.
ORIGINS: Final = ("real", "injected", "simulated")

_PARENT = pl.Struct(
    {"role": pl.String, "table": pl.String, "key": pl.String, "row_hash": pl.String, "recipe_hash": pl.String}
)
#: Columns of a unit that are not lists of its rows.
UNIT_COLUMNS: Final[Mapping[str, Any]] = {
    "shard": pl.Int32,
    "key": pl.String,
    "target": pl.String,
    "outcome": pl.String,
    "reason": pl.String,
    "n_rows": pl.Int32,
    "recipe_hash": pl.String,
    "output_hash": pl.String,
    "origin": pl.String,
    "code_version": pl.String,
    "config_hash": pl.String,
    "inputs": pl.List(pl.String),
    "hashed_columns": pl.String,
    "parents": pl.List(_PARENT),
    "source": pl.String,
    "environment": pl.String,
    "installed": pl.String,
    "run_id": pl.String,
    "computed_at": pl.Datetime("us", "UTC"),
}
#: Columns of each row that the ledger adds to the schema's.
ROW_COLUMNS: Final[Mapping[str, Any]] = {"row_hash": pl.String, "column_digests": pl.Binary}


@dataclass(frozen=True, slots=True)
class ParentRow:
    """A row that was read: which one, as it was then."""

    role: str
    table: str
    key: str
    row_hash: str
    recipe_hash: str


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides a unit's result, and the rows it will be made from."""

    key: str
    target: str | None
    shard: int
    recipe_hash: str
    code_version: str
    config_hash: str
    inputs: tuple[str, ...]
    origin: str
    parents: tuple[ParentRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Unit:
    """A computed unit, ready to be stored."""

    recipe: Recipe
    outcome: Outcome
    reason: str
    output_hash: str
    rows: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    bytes_written: int = 0


def unit_schema(schema: Schema) -> dict[str, Any]:
    """Return the Polars schema of a table's Delta form."""
    rows = {column.name: pl.List(column.polars_type) for column in schema}
    return {**UNIT_COLUMNS, **rows, **{name: pl.List(dtype) for name, dtype in ROW_COLUMNS.items()}}


def units_frame(table: Table, units: Sequence[Unit], stamp: Mapping[str, Any]) -> pl.DataFrame:
    """Lay units out as a frame of :func:`unit_schema`.

    Parameters
    ----------
    stamp
        ``source``, ``environment``, ``installed``, ``run_id`` and ``computed_at`` of this update.
    """
    hashed = ",".join(column.name for column in table.schema.content)
    recipes = [unit.recipe for unit in units]
    of_units: dict[str, list[Any]] = {
        "shard": [recipe.shard for recipe in recipes],
        "key": [recipe.key for recipe in recipes],
        "target": [recipe.target for recipe in recipes],
        "outcome": [unit.outcome for unit in units],
        "reason": [unit.reason for unit in units],
        "n_rows": [len(unit.rows) for unit in units],
        "recipe_hash": [recipe.recipe_hash for recipe in recipes],
        "output_hash": [unit.output_hash for unit in units],
        "origin": [recipe.origin for recipe in recipes],
        "code_version": [recipe.code_version for recipe in recipes],
        "config_hash": [recipe.config_hash for recipe in recipes],
        "inputs": [list(recipe.inputs) for recipe in recipes],
        "hashed_columns": [hashed] * len(units),
        **{name: [value] * len(units) for name, value in stamp.items()},
    }
    schema = unit_schema(table.schema)
    columns = {name: pl.Series(name, values, schema[name]) for name, values in of_units.items()}
    parents = [parent for recipe in recipes for parent in recipe.parents]
    fields = {field.name: [getattr(parent, field.name) for parent in parents] for field in _PARENT.fields}
    of_parents = pl.DataFrame(fields, dict.fromkeys(fields, pl.String)).to_struct()
    columns["parents"] = _nested(of_parents, [len(recipe.parents) for recipe in recipes])
    rows = [row for unit in units for row in unit.rows]
    for name in (*table.schema.names, *ROW_COLUMNS):
        values = pl.Series(name, [row[name] for row in rows], schema[name].inner)
        columns[name] = _nested(values, of_units["n_rows"])
    return pl.DataFrame([columns[name].alias(name) for name in schema])


def _nested(values: pl.Series, lengths: Sequence[int]) -> pl.Series:
    """Return lists of so many of the values each; row by row that takes ten times as long."""
    import pyarrow as pa

    ends = pl.Series(list(accumulate(lengths, initial=0)), dtype=pl.Int64).to_arrow()
    nested = pl.from_arrow(pa.LargeListArray.from_arrays(ends, values.to_arrow()))
    return pl.Series(nested, dtype=pl.List(values.dtype))


def flat_rows(units: pl.LazyFrame | pl.DataFrame, columns: Sequence[str]) -> pl.LazyFrame:
    """Unfold units into one line a row.

    Parameters
    ----------
    units
        Lines of a table; must hold ``n_rows`` and the list columns named.
    columns
        The row columns to unfold; the other columns repeat.
    """
    return units.lazy().filter(pl.col("n_rows") > 0).explode(list(columns))


def least_real(origins: Sequence[str]) -> str:
    """Return the least real of some origins; ``real`` for none."""
    return max(origins, key=ORIGINS.index, default=ORIGINS[0])
