"""The parts of an audit that are lists: members, labels, files, tables.

Each line is plain values. What they are put together to is in :mod:`astro_assets.ledger.audit`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

import polars as pl

from astro_assets.ledger.ancestry import IDENTITY, Ancestry, rows_of
from astro_assets.ledger.hashing import merkle_root
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.left_out import retracted_targets
from astro_assets.ledger.objects import CorruptStoreError
from astro_assets.ledger.schema import FILE
from astro_assets.ledger.table import TARGET, Table

#: What may be told of a member besides its star.
TOLD: Final = ("class", "label_source", "mission", "segment")
UNCHANGED: Final = "as trained on"
CHANGED: Final = "changed since"
GONE: Final = "gone since"
RETRACTED: Final = "retracted"
PRUNED: Final = "pruned from history"
_SCALARS: Final = ("string", "bool", "int32", "int64", "float32", "float64")

Lines = list[dict[str, Any]]


def members_of(ledger: Ledger, rows: pl.DataFrame, found: Ancestry) -> Lines:
    """Tell of each row that was trained on what it is, and whether it is still there.

    Parameters
    ----------
    rows
        ``role``, ``table``, ``key`` and ``row_hash`` of each.
    found
        With the units that they are rows of.
    """
    lines: Lines = []
    retracted = retracted_targets(ledger.home)
    for (name,), of_table in rows.group_by("table", maintain_order=True):
        table = ledger.table(str(name))
        # Units of a source table lie by their key and have no target: their rows may name one all the same.
        own = {"star": TARGET} if TARGET in table.schema.names else {}
        told = {**own, **table.described_by}
        columns = list(dict.fromkeys(told.values()))
        described = rows_of(ledger, found.units, table, columns).unique("row_hash", keep="first")
        now = ledger.open(table).rows([]).select("key", "row_hash").collect()
        keys, hashes = set(now["key"]), set(now.select("key", "row_hash").iter_rows())
        star = pl.coalesce(*([told["star"]] if "star" in told else []), "target").alias("star")
        values = [
            pl.col(told[name]).alias(name) if name in told else pl.lit(None).alias(name) for name in TOLD
        ]
        joined = of_table.join(
            described.select("key", "row_hash", "origin", star, *values), on=["key", "row_hash"], how="left"
        )
        for line in joined.iter_rows(named=True):
            status = UNCHANGED if (line["key"], line["row_hash"]) in hashes else GONE
            status = CHANGED if status == GONE and line["key"] in keys else status
            status = PRUNED if line["origin"] is None else status
            lines.append({**line, "status": RETRACTED if line["star"] in retracted else status})
    return sorted(lines, key=lambda line: (line["role"], line["key"], line["row_hash"]))


def labels_of(ledger: Ledger, found: Ancestry) -> Lines:
    """Tell what said what the stars are: the units of source tables that hold labels."""
    lines: Lines = []
    came_in = dict(found.units.select("recipe_hash", "computed_at").iter_rows())
    for table in _sources(ledger, found):
        if not table.holds_labels:
            continue
        told, name = table.described_by, table.name.partition("/")[2]
        for row, identity, status in _units_of(ledger, found, table):
            date = identity.get(told.get("label_date", ""))
            lines.append(
                {
                    "table": table.name,
                    "key": row["key"],
                    "row_hash": row["row_hash"],
                    "label_source": identity.get(told.get("label_source", ""), name),
                    "label_date": date or _iso(came_in[row["recipe_hash"]]),
                    "identity": identity,
                    "status": status,
                }
            )
    return lines


def files_of(ledger: Ledger, found: Ancestry) -> Lines:
    """Tell of each raw file its hash, its name, and what was read in its header."""
    lines: Lines = []
    for table in _sources(ledger, found):
        if table.holds_labels or not table.schema.files:
            continue
        column = table.schema.files[0]
        reader, read = _read_of(ledger, found, table)
        told = {} if reader is None else reader.described_by
        units = list(_units_of(ledger, found, table))
        held = ledger.objects.held_files(identity[column] for _, identity, _ in units)
        for row, identity, status in units:
            known = {**identity, **read.get(row["key"], {})}
            sha256, star = identity[column], known.get(told.get("star", TARGET))
            lines.append(
                {
                    "table": table.name,
                    "key": row["key"],
                    "sha256": sha256,
                    "name": known.get("file_name"),
                    "identity": {name: value for name, value in known.items() if name != column},
                    "is_held": sha256 in held,
                    **{name: known.get(told.get(name, "")) for name in ("mission", "segment")},
                    "status": status,
                    "stars": [] if star is None else [star],
                }
            )
    return lines


def tables_of(ledger: Ledger, found: Ancestry) -> Lines:
    """Tell of each table what of it the rows came from, and what computed it with which settings."""
    lines: Lines = []
    for (name,), units in found.units.group_by("table", maintain_order=True):
        hashes = units["row_hash"].explode().drop_nulls()
        lines.append(
            {
                "table": name,
                "n_units": units.height,
                "n_rows": len(hashes),
                "root": merkle_root(sorted(hashes)),
                **{f"{plural}": _distinct(units[column]) for column, plural in _COMPUTED_BY.items()},
                "settings": list(_settings(ledger, units["config_hash"])),
                "first": _iso(units["computed_at"].min()),
                "last": _iso(units["computed_at"].max()),
            }
        )
    return sorted(lines, key=lambda line: str(line["table"]))


def _settings(ledger: Ledger, digests: pl.Series) -> Iterator[dict[str, Any]]:
    for digest in _distinct(digests):
        with suppress(CorruptStoreError):  # homes of before kept none
            yield ledger.objects.get_config(digest)


_COMPUTED_BY: Final = {
    "code_version": "code_versions",
    "config_hash": "config_hashes",
    "source": "sources",
    "environment": "environments",
    "run_id": "runs",
}


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON has them: missing ones and numbers that are none left out."""
    return {
        name: value
        for name, value in values.items()
        if value is not None and not (isinstance(value, float) and not math.isfinite(value))
    }


def _sources(ledger: Ledger, found: Ancestry) -> Iterable[Table]:
    there = set(found.units["table"].unique())
    return (table for table in ledger.tables if table.is_source and table.name in there)


def _units_of(
    ledger: Ledger, found: Ancestry, table: Table
) -> Iterator[tuple[dict[str, Any], dict[str, Any], str]]:
    """Yield each row of a source table, its plain values, and whether it is still there."""
    rows = rows_of(ledger, found.units, table, _plain_columns(table))
    now = ledger.open(table).units([*IDENTITY]).collect()
    keys, recipes = set(now["key"]), set(now["recipe_hash"])
    for row in rows.sort("key", "row_hash").iter_rows(named=True):
        gone = CHANGED if row["key"] in keys else GONE
        values = plain({name: row[name] for name in _plain_columns(table)})
        yield row, values, UNCHANGED if row["recipe_hash"] in recipes else gone


def _read_of(
    ledger: Ledger, found: Ancestry, source: Table
) -> tuple[Table | None, dict[str, dict[str, Any]]]:
    """Return the table that reads a source table alone, one row a unit of it, and what it tells of each."""
    is_only = (table for table in ledger.tables if [p.table for p in table.parents] == [source])
    table = next(
        (table for table in is_only if table.key in source.schema.names and table.choose is None), None
    )
    if table is None:
        return None, {}
    columns = _plain_columns(table)
    rows = rows_of(ledger, found.units, table, columns).unique("key", keep="none")
    return table, {
        row["key"]: plain({name: row[name] for name in columns}) for row in rows.iter_rows(named=True)
    }


def _plain_columns(table: Table) -> list[str]:
    return [column.name for column in table.schema if column.dtype in (*_SCALARS, FILE)]


def _distinct(values: pl.Series) -> list[str]:
    return sorted(value for value in values.unique().drop_nulls() if value)


def _iso(moment: Any) -> str | None:
    return moment.isoformat(timespec="seconds") if isinstance(moment, datetime) else None
