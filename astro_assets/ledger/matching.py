"""Which rows of its parents a table reads, and how they find its units.

Planning makes recipes of them; tasks read their values.
"""

from __future__ import annotations

from collections.abc import Collection

import polars as pl

from astro_assets.ledger.hashing import DIGEST_BYTES
from astro_assets.ledger.left_out import NOBODY, LeftOut
from astro_assets.ledger.store import Handle
from astro_assets.ledger.table import TARGET, Parent, Table


def parent_rows(
    table: Table,
    parent: Parent,
    handle: Handle,
    shards: Collection[int] | None,
    retracted: LeftOut = NOBODY,
) -> pl.DataFrame:
    """Read the parent rows that count: identity, join columns and the hash of the declared projection."""
    columns = dict.fromkeys(
        [*join_columns(table, parent), *(parent.columns if _chooses(table, parent) else ())]
    )
    rows = handle.rows(list(columns), shared_shards(table, parent, shards))
    if parent.equals is not None:
        rows = rows.filter(pl.col(parent.on) == parent.equals)
    own = [table.target] if parent in table.drivers and table.target is not None else []
    frame = retracted.without(rows.collect(), ["target", *own])
    if _chooses(table, parent) and table.choose is not None:
        frame = table.choose(frame)
    return _with_projection(frame, parent.columns)


def shared_shards(table: Table, parent: Parent, shards: Collection[int] | None) -> Collection[int] | None:
    """Return the shards of a parent to read: the same where they meet by target, else all (None)."""
    return shards if meet_by_target(table, parent) else None


def meet_by_target(table: Table, parent: Parent) -> bool:
    """Whether a unit and the parent rows it reads always have one target, and so lie in one shard."""
    joins_by_target = parent in table.drivers or parent.on == TARGET
    return parent.table.is_by_target and table.target == TARGET and joins_by_target


def _chooses(table: Table, parent: Parent) -> bool:
    return table.choose is not None and parent is table.parents[0]


def join_columns(table: Table, parent: Parent) -> list[str]:
    """Return the columns of a parent by which its rows find their units."""
    if parent not in table.drivers:
        return [parent.on]
    own = [table.key] if table.target is None else [table.key, table.target]
    return [
        *own,
        *(other.on for other in table.parents if other.equals is None and other not in table.drivers),
    ]


def _with_projection(rows: pl.DataFrame, columns: Collection[str]) -> pl.DataFrame:
    """Replace the digests by one string a row: those of the declared columns, and the row's origin.

    Rows stored under an earlier schema say themselves which columns their digests belong to.
    """
    layouts = rows.partition_by("hashed_columns", maintain_order=True) or [rows]
    parts = []
    for layout in layouts:
        names = layout["hashed_columns"][0].split(",") if layout.height else []
        digests = [
            pl.col("column_digests")
            .bin.slice(names.index(name) * DIGEST_BYTES, DIGEST_BYTES)
            .bin.encode("hex")
            if name in names
            else pl.lit("absent")
            for name in columns
        ]
        parts.append(layout.with_columns(projection=pl.concat_str([*digests, pl.col("origin")])))
    return pl.concat(parts).drop("column_digests", "hashed_columns", "n_rows")
