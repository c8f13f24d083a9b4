"""The rules of every table, about how its units are stored: the declared columns, and each key once.

Pure functions of frames; nothing here knows what a row means or where it lies.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from astro_assets.ledger.table import Table
from astro_assets.ledger.units import flat_rows, unit_schema

#: Stands for a key where the table as a whole is wrong.
WHOLE_TABLE: Final = "(the table)"


def broken_schema(table: Table, stored: Mapping[str, Any], units: pl.LazyFrame) -> pl.LazyFrame:
    """Find columns of other dtypes than declared, and units that lack values.

    Parameters
    ----------
    stored
        Dtype of each column as stored.
    units
        Units with all columns of the table's declaration; what is not stored is null.

    Returns
    -------
    polars.LazyFrame
        Columns ``key`` and ``what``, one line a violation.
    """
    required = [column.name for column in table.schema if not column.nullable]
    of_table = [
        (WHOLE_TABLE, f"column {name} is stored as {stored[name]} instead of {dtype}")
        for name, dtype in unit_schema(table.schema).items()
        if name in stored and stored[name] != dtype
    ]
    problems = [
        _problem((pl.col("outcome") == "rows") != (pl.col("n_rows") > 0), "n_rows contradicts outcome"),
        *(
            _problem(
                pl.col(name).list.len().fill_null(0) != pl.col("n_rows"), f"{name} has not n_rows values"
            )
            for name in table.schema.names
        ),
        *(
            _problem(
                pl.col(name).list.drop_nulls().list.len() < pl.col(name).list.len(), f"{name} is missing"
            )
            for name in required
        ),
    ]
    what = pl.concat_str(problems, separator="; ", ignore_nulls=True).alias("what")
    of_units = units.select("key", what).filter(pl.col("what") != "")
    whole = pl.LazyFrame(of_table, schema={"key": pl.String, "what": pl.String}, orient="row")
    return pl.concat([whole, of_units])


def duplicate_keys(
    table: Table, stored: Mapping[str, Any], units: pl.LazyFrame, *, identity: tuple[str, ...] = ()
) -> pl.LazyFrame:
    """Find keys of more than one unit, and rows that share what must tell them apart.

    Parameters
    ----------
    identity
        Columns of the rows whose values together occur once; none for units alone.

    Returns
    -------
    polars.LazyFrame
        Columns ``key`` and ``what``, one line a key or identity that occurs again.
    """
    shards = pl.col("shard").unique().sort().cast(pl.String).implode().list.join(", ")
    of_units = (
        units.group_by("key")
        .agg(pl.len().alias("n"), shards.alias("shards"))
        .filter(pl.col("n") > 1)
        .select("key", what=pl.format("stored {} times, in shards {}", "n", "shards"))
    )
    if not identity:
        return of_units
    names = pl.concat_str(pl.col(identity).cast(pl.String), separator=", ", ignore_nulls=True)
    of_rows = (
        flat_rows(units.select("key", "n_rows", *identity), identity)
        .group_by(identity)
        .agg(pl.len().alias("n"), pl.col("key").min())
        .filter(pl.col("n") > 1)
        .select("key", what=pl.format(f"{' and '.join(identity)} = {{}} in {{}} rows", names, "n"))
    )
    return pl.concat([of_units, of_rows])


def _problem(wrong: pl.Expr, what: str) -> pl.Expr:
    return pl.when(wrong).then(pl.lit(what))
