"""From a plan to pieces of work: the parent rows of each unit, read a few shards at a time.

The rows a unit sees, and their order, depend on the unit alone, never on what else is computed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

import polars as pl

from astro_assets.ledger.matching import join_columns, shared_shards
from astro_assets.ledger.plan import Plan
from astro_assets.ledger.table import Parent
from astro_assets.ledger.units import ParentRow, Recipe
from astro_assets.ledger.worker import Task

#: Units whose parent rows are read at once, while workers compute those before.
_AT_ONCE: Final = 500
_IDENTITY: Final = ("key", "row_hash", "recipe_hash")


def task_chunks(plan: Plan, units: pl.DataFrame, size: int) -> Iterator[list[Task]]:
    """Yield the tasks of some planned units in chunks of at most ``size``.

    Parameters
    ----------
    units
        Lines of ``plan.units``.
    """
    pending: list[Task] = []
    for group in _groups_of_shards(units):
        for task in _tasks(plan, group):
            pending.append(task)
            if len(pending) == size:
                yield pending
                pending = []
    if pending:
        yield pending


def _groups_of_shards(units: pl.DataFrame) -> Iterator[pl.DataFrame]:
    group: list[pl.DataFrame] = []
    for shard in units.partition_by("shard", maintain_order=True):
        group.append(shard)
        if sum(frame.height for frame in group) >= _AT_ONCE:
            yield pl.concat(group)
            group = []
    if group:
        yield pl.concat(group)


def _tasks(plan: Plan, units: pl.DataFrame) -> Iterator[Task]:
    table, shards = plan.table, set(units["shard"])
    driving = table.parents[0]
    rows = {p.role: _rows_by(plan, p, table.key if p is driving else p.on, shards) for p in table.parents}
    for unit in units.iter_rows(named=True):
        own = rows[driving.role][unit["key"]]
        matched = {driving.role: own}
        for parent in table.parents[1:]:
            value = parent.equals if parent.equals is not None else own[0][parent.on]
            matched[parent.role] = rows[parent.role].get(value, [])
        yield Task(_recipe(plan, unit, matched), {p.role: _seen(p, matched[p.role]) for p in table.parents})


def _rows_by(
    plan: Plan, parent: Parent, by: str, shards: Collection[int]
) -> Mapping[str, list[dict[str, Any]]]:
    """Read the chosen rows of a parent, gathered by a column, in the order of what is seen of them."""
    columns = dict.fromkeys([*join_columns(plan.table, parent), *parent.columns])
    scan = plan.parents[parent.role].rows(list(columns), shared_shards(plan.table, parent, shards))
    chosen = plan.chosen[parent.role].select("key", "row_hash", "projection").unique()
    frame = scan.collect().join(chosen, on=["key", "row_hash"], how="inner").sort("projection")
    gathered: dict[str, list[dict[str, Any]]] = {}
    for row in frame.iter_rows(named=True):
        gathered.setdefault(row[by], []).append(row)
    return gathered


def _seen(parent: Parent, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: row[name] for name in (*parent.columns, "origin")} for row in rows]


def _recipe(plan: Plan, unit: Mapping[str, Any], matched: Mapping[str, list[dict[str, Any]]]) -> Recipe:
    names = {parent.role: parent.table.name for parent in plan.table.parents}
    parents = tuple(
        ParentRow(role, names[role], *(row[name] for name in _IDENTITY))
        for role, rows in matched.items()
        for row in rows
    )
    return Recipe(
        unit["key"],
        unit["target"],
        unit["shard"],
        unit["recipe_hash"],
        plan.version.code_version,
        plan.version.config_hash,
        tuple(unit["inputs"]),
        unit["origin"],
        parents,
    )
