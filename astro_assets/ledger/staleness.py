"""What of a home is out of date, and why, without computing anything.

``stale`` units have another recipe now than the one stored; ``unsettled`` ones wait for an ancestor whose
result will decide. Reporting only: updating is elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.matching import meet_by_target
from astro_assets.ledger.plan import Plan
from astro_assets.ledger.store import Handle
from astro_assets.ledger.table import Parent

#: In the order in which people want to read them.
STATUSES: Final = ("new", "stale", "unsettled", "failed", "removed")
_MOVING: Final = ("new", "stale", "removed", "unsettled")
ENTRY_SCHEMA: Final = {
    "table": pl.String,
    "key": pl.String,
    "target": pl.String,
    "status": pl.String,
    "cause": pl.String,
}


@dataclass(frozen=True, slots=True)
class Staleness:
    """The state of a home.

    Attributes
    ----------
    entries
        One line a unit that is not current: ``table``, ``key``, ``target``, ``status``, ``cause``. A null
        key stands for units that may appear; a null target for files whose target is not known before they
        are read.
    current
        Units that are up to date, by table.
    environment
        Units that were computed with other versions of their table's libraries, by table. They are not stale:
        refreshing them is a matter of policy.
    """

    entries: pl.DataFrame
    current: dict[str, int]
    environment: dict[str, int]

    def counts(self, table: str) -> Counter[str]:
        """Count a table's entries by status."""
        return Counter(self.entries.filter(pl.col("table") == table)["status"])


@dataclass(slots=True)
class _Moving:
    """The units of a table whose rows may change at the next refresh."""

    keys: set[str] = field(default_factory=set)
    targets: set[str] = field(default_factory=set)
    unknown: bool = False


def stale(ledger: Ledger) -> Staleness:
    """Compare every unit with the recipe it should have today.

    Returns
    -------
    Staleness
        Exact for ``new``, ``stale``, ``failed`` and ``removed``; ``unsettled`` is the closure over the
        graph of tables, by target.
    """
    # Opened once: a table that several read is the same for all of them.
    opened = ledger.opened()
    moving: dict[str, _Moving] = {}
    entries, current, environment = [], {}, {}
    for table in ledger.tables:
        if table.is_source:
            continue
        if is_idle(opened.handles[table.name]):
            current[table.name] = environment[table.name] = 0
            continue
        plan = ledger.plan(table, opened=opened)
        own = plan.units.filter(pl.col("status") != "current")
        changing = own.filter(pl.col("status") != "failed")
        waiting, unknown = _unsettled(plan, set(changing["key"]), moving)
        of_table = pl.concat([own.select("key", "target", "status", "cause"), waiting])
        of_table = of_table.select(pl.lit(table.name).alias("table"), "key", "target", "status", "cause")
        entries.append(of_table)
        moves = of_table.filter(pl.col("status").is_in(_MOVING))
        # A unit that names another target now moves the one it leaves as well.
        targets = pl.concat([moves["target"], changing["target_stored"]]).drop_nulls()
        moving[table.name] = _Moving(set(moves["key"].drop_nulls()), set(targets), unknown)
        if table.target is None and changing.height:
            moving[table.name].unknown = True
        settled = (pl.col("status") == "current") & ~pl.col("key").is_in(
            waiting["key"].drop_nulls().implode()
        )
        current[table.name] = plan.units.filter(settled).height
        environment[table.name] = plan.of_other_environment(ledger.environment(table)).height
    frame = pl.concat(entries) if entries else pl.DataFrame(schema=ENTRY_SCHEMA)
    return Staleness(frame, current, environment)


def is_idle(handle: Handle) -> bool:
    """Tell whether nobody asked for a table yet that is made on demand."""
    return handle.table.is_on_demand and handle.units(["key"]).limit(1).collect().is_empty()


def _unsettled(plan: Plan, changing: set[str], moving: dict[str, _Moving]) -> tuple[pl.DataFrame, bool]:
    """Return the units that wait for a parent, and whether ones of unknown target may appear."""
    table, unknown = plan.table, False
    waits: dict[str, str] = {}
    births: dict[str, str] = {}
    for parent in table.parents:
        moves = moving.get(parent.table.name, _Moving())
        unknown = unknown or moves.unknown
        for key in _dependents(plan, parent, moves):
            waits.setdefault(key, f"waits for {parent.table.name}")
        if meet_by_target(table, parent):
            births.update(
                (target, f"may appear: waits for {parent.table.name}")
                for target in moves.targets.difference(plan.retracted.among(moves.targets))
            )
    stored = plan.units.filter(pl.col("key").is_in(list(waits)) & ~pl.col("key").is_in(list(changing)))
    lines = [
        (key, target, "unsettled", waits[key]) for key, target in stored.select("key", "target").iter_rows()
    ]
    # A unit to be removed does not stand for others: its target may come back with new ones.
    there = {line[1] for line in lines}
    there.update(plan.units.filter(pl.col("status").is_in(("new", "stale")))["target"])
    key_is_target = table.key == table.target
    lines += [
        (target if key_is_target else None, target, "unsettled", births[target])
        for target in sorted(births.keys() - there)
    ]
    if unknown:
        lines.append((None, None, "unsettled", "may appear: files that are not identified yet"))
    schema = {name: ENTRY_SCHEMA[name] for name in ("key", "target", "status", "cause")}
    return pl.DataFrame(lines, schema=schema, orient="row"), unknown


def _dependents(plan: Plan, parent: Parent, moves: _Moving) -> Iterator[str]:
    """Yield the keys of units that depend on moving units of a parent: by target, or by rows they read."""
    if meet_by_target(plan.table, parent):
        yield from plan.units.filter(pl.col("target").is_in(list(moves.targets)))["key"]
    elif parent in plan.table.drivers:
        rows = plan.chosen[parent.role]
        yield from rows.filter(pl.col("key").is_in(list(moves.keys)))[plan.table.key]
    elif moves.keys:
        yield from plan.units["key"]
