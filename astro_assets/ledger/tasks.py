"""From a plan to pieces of work: the parent rows of each unit, read a few shards at a time.

The rows a unit sees, and their order, depend on the unit alone, never on what else is computed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

import polars as pl

from astro_assets.ledger.matching import join_columns, meet_by_target, shared_shards
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
    groups = list(_groups_of_shards(units))
    apart = {
        parent.role: _rows_of_groups(plan, parent, groups)
        for parent in plan.table.parents
        if parent.equals is None and not meet_by_target(plan.table, parent)
    }
    pending: list[Task] = []
    for number, group in enumerate(groups):
        for task in _tasks(plan, group, {role: frames.pop(number, None) for role, frames in apart.items()}):
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


def _tasks(plan: Plan, units: pl.DataFrame, apart: Mapping[str, pl.DataFrame | None]) -> Iterator[Task]:
    """Yield the tasks of a group.

    Parameters
    ----------
    apart
        The rows of those parents that do not lie in the units' own shards; None for no rows.
    """
    table, shards = plan.table, set(units["shard"])
    rows = {}
    for parent in table.parents:
        frame = apart[parent.role] if parent.role in apart else _rows(plan, parent, shards)
        rows[parent.role] = _gathered(frame, _by(plan, parent))
    for unit in units.iter_rows(named=True):
        matched = {parent.role: rows[parent.role].get(unit["key"], []) for parent in table.drivers}
        own = next(of_driver for of_driver in matched.values() if of_driver)
        for parent in table.parents:
            if parent not in table.drivers:
                value = parent.equals if parent.equals is not None else own[0][parent.on]
                matched[parent.role] = rows[parent.role].get(value, [])
        yield Task(_recipe(plan, unit, matched), {p.role: _seen(p, matched[p.role]) for p in table.parents})


def _rows_of_groups(plan: Plan, parent: Parent, groups: Sequence[pl.DataFrame]) -> dict[int, pl.DataFrame]:
    """Read the chosen rows of a parent whose rows lie in any shard: once, not once a group."""
    if not groups:
        return {}
    group = pl.concat(units.select("key", group=pl.lit(number)) for number, units in enumerate(groups))
    drivers, by = [plan.chosen[driver.role] for driver in plan.table.drivers], _by(plan, parent)
    places = (
        pl.concat(driving.select(key=plan.table.key, value=by) for driving in drivers)
        .join(group, on="key")
        .select("value", "group")
    )
    rows = _rows(plan, parent, None).join(
        places.unique(), left_on=by, right_on="value", maintain_order="left"
    )
    parts = rows.partition_by("group", as_dict=True, include_key=False, maintain_order=True)
    return {int(number): frame for (number,), frame in parts.items()}


def _by(plan: Plan, parent: Parent) -> str:
    """Return the column of a parent by which its rows find their units."""
    return plan.table.key if parent in plan.table.drivers else parent.on


def _rows(plan: Plan, parent: Parent, shards: Collection[int] | None) -> pl.DataFrame:
    """Read the chosen rows of a parent, in the order of what is seen of them."""
    columns = dict.fromkeys([*join_columns(plan.table, parent), *parent.columns])
    scan = plan.parents[parent.role].rows(list(columns), shared_shards(plan.table, parent, shards))
    chosen = plan.chosen[parent.role].select("key", "row_hash", "projection").unique()
    return scan.collect().join(chosen, on=["key", "row_hash"], how="inner").sort("projection")


def _gathered(rows: pl.DataFrame | None, by: str) -> dict[str, list[dict[str, Any]]]:
    """Gather rows by a column, in their order."""
    gathered: dict[str, list[dict[str, Any]]] = {}
    for row in () if rows is None else rows.iter_rows(named=True):
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
