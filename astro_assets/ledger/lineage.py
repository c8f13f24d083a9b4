"""Where a unit's rows came from, and what was made of them.

Parents are resolved by the recipe that was stored when they were read, in history if need be, so that the
file named is the one actually used. Reading only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import polars as pl

from astro_assets.ledger.history import has_lost_files
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.store import open_table
from astro_assets.ledger.table import Table
from astro_assets.ledger.units import UNIT_COLUMNS

_FROM_UNIT: Final = (
    "key", "recipe_hash", "outcome", "origin", "code_version", "config_hash", "source", "environment",
)  # fmt: skip


class UnknownUnitError(KeyError):
    """The table holds no such unit."""

    def __str__(self) -> str:
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class Node:
    """A unit in a lineage.

    Attributes
    ----------
    version
        The Delta version of the table that holds this unit.
    is_current
        Whether the table still holds it; otherwise it was replaced or removed since.
    row_hashes
        The rows read by the child; all rows for the unit asked about.
    context
        The context columns of the unit's first row: file names, header identity.
    """

    role: str
    table: str
    key: str
    recipe_hash: str
    outcome: str
    origin: str
    code_version: str
    config_hash: str
    source: str
    environment: str
    computed_at: str
    version: int
    is_current: bool
    row_hashes: tuple[str, ...]
    context: dict[str, Any]
    parents: tuple[Node, ...]

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Node]]:
        """Yield this node and all its ancestors, depth first."""
        yield depth, self
        for parent in self.parents:
            yield from parent.walk(depth + 1)


#: Ancestors resolved so far, by role, recipe and the rows that were read.
_Known = dict[tuple[str, str, tuple[str, ...]], Node]


def lineage(ledger: Ledger, table: Table, key: str) -> Node:
    """Trace a unit back to the raw files.

    Raises
    ------
    UnknownUnitError
        If the table holds no unit of this key now.
    """
    unit, version = _find(ledger, table, key)
    if unit is None:
        raise UnknownUnitError(f"{table.name} holds no unit {key!r}")
    return _node(ledger, table, "", unit, version, tuple(unit["row_hash"]), {})


def _node(
    ledger: Ledger,
    table: Table,
    role: str,
    unit: dict[str, Any],
    version: int,
    row_hashes: tuple[str, ...],
    known: _Known,
) -> Node:
    read: dict[tuple[str, str, str, str], list[str]] = {}
    for parent in unit["parents"]:
        identity = (parent["role"], parent["table"], parent["key"], parent["recipe_hash"])
        read.setdefault(identity, []).append(parent["row_hash"])
    parents = []
    for (parent_role, name, key, recipe), hashes in read.items():
        place = (parent_role, recipe, tuple(hashes))
        if place not in known:
            known[place] = _ancestor(
                ledger, parent_role, name, key, recipe, tuple(hashes), unit["computed_at"], known
            )
        parents.append(known[place])
    current = ledger.open(table).version
    context = {
        column.name: unit[column.name][0]
        for column in table.schema
        if column.context and unit["n_rows"] and unit[column.name] is not None
    }
    return Node(
        role=role,
        table=table.name,
        version=version,
        is_current=version == current,
        row_hashes=row_hashes,
        context=context,
        computed_at=unit["computed_at"].isoformat(timespec="seconds"),
        parents=tuple(parents),
        **{name: unit[name] for name in _FROM_UNIT},
    )


def _ancestor(
    ledger: Ledger,
    role: str,
    name: str,
    key: str,
    recipe: str,
    hashes: tuple[str, ...],
    read_at: datetime,
    known: _Known,
) -> Node:
    table = ledger.table(name)
    unit, version = _find(ledger, table, key, recipe, read_at)
    if unit is None:
        where = "neither now nor in its history"
        if has_lost_files(ledger.open(table)):
            where = "nor does what is left of its history, which was pruned"
        raise UnknownUnitError(f"{name} holds no unit {key!r} with recipe {recipe[:12]}, {where}")
    return _node(ledger, table, role, unit, version, hashes, known)


def _find(
    ledger: Ledger, table: Table, key: str, recipe: str | None = None, read_at: datetime | None = None
) -> tuple[dict[str, Any] | None, int]:
    """Find a unit by key as it is now, or by key and recipe as it was when it was read."""
    handle = ledger.open(table)
    columns = [*UNIT_COLUMNS, "row_hash", *(column.name for column in table.schema if column.context)]
    wanted = pl.col("key") == key
    if recipe is not None:
        wanted &= pl.col("recipe_hash") == recipe
    for version in _versions(ledger, table, handle.version, read_at):
        is_past = version != handle.version
        then = (
            replace(open_table(ledger.home, table, version=version), is_partial=True) if is_past else handle
        )
        found = then.units(columns).filter(wanted).collect()
        if found.height:
            return found.row(0, named=True), version
    return None, handle.version


def _versions(ledger: Ledger, table: Table, latest: int, read_at: datetime | None) -> Iterator[int]:
    """Yield the latest version, then those from the moment of reading back: histories are long."""
    yield latest
    if read_at is not None and latest >= 0:
        near = open_table(ledger.home, table, at=read_at).version
        yield from range(near, -1, -1)
        yield from range(near + 1, latest)  # clocks of several machines may differ


def descendants(ledger: Ledger, table: Table, key: str) -> pl.DataFrame:
    """List every unit that holds this unit among its ancestors now.

    Returns
    -------
    polars.DataFrame
        ``table``, ``key``, ``target`` in the order of the tables.
    """
    reached = {(table.name, key)}
    lines: list[tuple[str, str, str | None]] = []
    for child in ledger.tables:
        names = {parent.table.name for parent in child.parents} & {name for name, _ in reached}
        if not names:
            continue
        read = (
            ledger.open(child)
            .units(["key", "target", "parents"])
            .explode("parents")
            .unnest("parents", separator="_")
        )
        pairs = read.filter(pl.col("parents_table").is_in(list(names))).collect()
        for unit, target, name, parent in pairs.select(
            "key", "target", "parents_table", "parents_key"
        ).iter_rows():
            if (name, parent) in reached and (child.name, unit) not in reached:
                reached.add((child.name, unit))
                lines.append((child.name, unit, target))
    return pl.DataFrame(
        lines, schema={"table": pl.String, "key": pl.String, "target": pl.String}, orient="row"
    )
