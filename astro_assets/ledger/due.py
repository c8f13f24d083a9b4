"""What a run has to bring up to date now: tables, and the shards of them that may change.

Decided by the units' recipes, as planning finds them; what depends on them is taken along whole. Who runs it,
and when, is not decided here.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from astro_assets.ledger.hashing import hash_parts
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.matching import meet_by_target
from astro_assets.ledger.plan import Plan
from astro_assets.ledger.staleness import is_idle
from astro_assets.ledger.table import Parent, Table

#: Statuses of the units that an update computes or takes out.
_CHANGING: Final = ("new", "stale", "removed")
_CHANGING_SCHEMA: Final = {
    "key": pl.String,
    "shard": pl.Int32,
    "status": pl.String,
    "recipe_hash": pl.String,
}


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be brought up to date.

    Attributes
    ----------
    tables
        Names, parents first, of the tables with units to compute or to take out, and of those below them.
    shards
        Where such units are; None where they may be in any.
    units
        How many there are of each table.
    desired
        Hash of the recipes that they should have, and of the versions of the tables they were found in:
        whatever is done about them, or becomes of their parents, changes it.
    left
        Units in other shards, which are for a later run.
    """

    tables: tuple[str, ...]
    shards: frozenset[int] | None
    units: Mapping[str, int]
    desired: str
    left: int = 0


@dataclass(slots=True)
class _Found:
    """The units of a table that change, and the shards in which something of it may; None for any."""

    changing: pl.DataFrame
    shards: frozenset[int] | None
    versions: list[str] = field(default_factory=list)


def due(
    ledger: Ledger,
    *,
    asked_for: Collection[str] = (),
    waiting: Collection[str] = (),
    again: Collection[str] = (),
    most: int | None = None,
    until: float = math.inf,
) -> Due:
    """Find what is to be brought up to date.

    Parameters
    ----------
    asked_for
        Names of tables made on demand that count although nothing is in them yet.
    waiting
        Names of tables that do not count now, nor do those below them.
    again
        Names of tables that are brought up to date even if they are, as their checks have to be made again.
    most
        Units from which on the rest, in other shards, is left to a later run. What has units of unknown
        target is not divided.
    until
        A moment of the monotonic clock after which no further table is looked at: what depends on those that
        were is taken along.
    """
    # Opened once: a table that several read is the same for all of them.
    opened = ledger.opened()
    found: dict[str, _Found] = {}
    not_now = set(waiting)
    for table in ledger.tables:
        if table.is_source or table.name in not_now:
            continue
        if not_now.intersection(parent.table.name for parent in table.parents):
            not_now.add(table.name)
        elif table.name in asked_for or not is_idle(opened.handles[table.name]):
            plan = None if time.monotonic() > until else ledger.plan(table, opened=opened)
            of_table = _look(table, plan, found)
            if table.name in again:
                of_table.shards = None
            if of_table.shards is None or of_table.shards:
                found[table.name] = of_table
    chosen, left = _chosen(found, most)
    return _due(found, chosen, left)


def _look(table: Table, plan: Plan | None, found: Mapping[str, _Found]) -> _Found:
    moved = [_reached(table, parent, found[parent.table.name]) for parent in table.parents
             if parent.table.name in found]  # fmt: skip
    below = None if None in moved else frozenset[int]().union(*(shards for shards in moved if shards))
    if plan is None:
        return _Found(pl.DataFrame(schema=_CHANGING_SCHEMA), below)
    changing = plan.units.filter(pl.col("status").is_in(_CHANGING)).select(*_CHANGING_SCHEMA)
    versions = [str(handle.identity) for handle in (plan.handle, *plan.parents.values())]
    if changing.is_empty() or below is None:
        return _Found(changing, below, versions)
    own = frozenset(changing["shard"]) if table.is_by_target else None
    return _Found(changing, None if own is None else own | below, versions)


def _reached(table: Table, parent: Parent, moving: _Found) -> frozenset[int] | None:
    """Return the shards of a table in which units may change because a parent's do."""
    return moving.shards if meet_by_target(table, parent) else None


def _chosen(found: Mapping[str, _Found], most: int | None) -> tuple[frozenset[int] | None, int]:
    """Return the shards for one run, and how many units are left for later ones."""
    if any(of_table.shards is None for of_table in found.values()):
        return None, 0
    by_shard = Counter[int]()
    for of_table in found.values():
        by_shard.update(of_table.changing["shard"])
    chosen: set[int] = set()
    n_units = 0
    for shard in sorted(by_shard):
        if most is not None and chosen and n_units + by_shard[shard] > most:
            break
        chosen.add(shard)
        n_units += by_shard[shard]
    return frozenset(chosen), by_shard.total() - n_units


def _due(found: Mapping[str, _Found], chosen: frozenset[int] | None, left: int) -> Due:
    tables, units, parts = [], {}, []
    for name, of_table in found.items():
        changing = of_table.changing
        if chosen is not None:
            if of_table.shards is not None and not of_table.shards & chosen:
                continue
            changing = changing.filter(pl.col("shard").is_in(list(chosen)))
        tables.append(name)
        if changing.height:
            units[name] = changing.height
        lines = changing.sort("shard", "key").select("key", "status", "recipe_hash").iter_rows()
        parts += [name, *of_table.versions, *(str(part) for line in lines for part in line)]
    return Due(tuple(tables), chosen, units, hash_parts(*parts), left)
