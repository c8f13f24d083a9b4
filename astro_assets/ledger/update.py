"""Bringing a table up to date: find what is new, stale or removed, compute only that, commit once.

Also how units of source tables are put in and taken out. How units are computed is in `computing`.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from astro_assets.ledger.compute import Compute, Serial
from astro_assets.ledger.computing import Prepared, Progress, computed_units, wanted_units
from astro_assets.ledger.hashing import hash_parts, recipe_hash
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.plan import Plan
from astro_assets.ledger.shards import shard_of
from astro_assets.ledger.store import ConflictError, Handle
from astro_assets.ledger.table import Row, Table
from astro_assets.ledger.units import ORIGINS, Recipe, Unit, units_frame
from astro_assets.ledger.worker import make_unit

_ATTEMPTS: Final = 20
#: From this many units on, a sweep in which every single one failed is an error of ours or of the settings.
_SWEEP: Final = 10


class SweepFailedError(RuntimeError):
    """Every unit of a sweep failed: the cause is common to them."""


@dataclass(slots=True)
class Report:
    """What an update did.

    Attributes
    ----------
    outcomes
        Units computed, by shard and outcome (``rows``, ``empty``, ``failed``), and units ``reused`` and
        ``removed``.
    version
        The Delta version that now holds the result.
    bytes_written
        Of new arrays.
    keys
        Units of a source table that were put in, new or not.
    notes
        What people should be told besides.
    """

    table: str
    outcomes: dict[int, Counter[str]] = field(default_factory=dict)
    computed: tuple[str, ...] = ()
    version: int = -1
    bytes_written: int = 0
    seconds: float = 0.0
    keys: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list)

    def total(self, outcome: str) -> int:
        """Sum an outcome over shards."""
        return sum(counts[outcome] for counts in self.outcomes.values())

    def count(self, outcomes: Iterable[tuple[int, str]]) -> None:
        """Add outcomes, each with its shard."""
        for shard, outcome in outcomes:
            self.outcomes.setdefault(shard, Counter())[outcome] += 1


def update(  # noqa: PLR0913  each is a choice that callers make by name
    ledger: Ledger,
    table: Table,
    *,
    shards: Collection[int] | None = None,
    compute: Compute | None = None,
    run_id: str = "",
    retry_failed: bool = False,
    refresh_environment: bool = False,
    recompute: bool = False,
    progress: Progress | None = None,
    prepared: Prepared | None = None,
) -> Report:
    """Bring a computed table up to date for some shards.

    Parameters
    ----------
    shards
        All when None.
    retry_failed
        Compute failed units again although their recipe has not changed.
    refresh_environment
        Compute units again that were computed with other versions of the table's libraries.
    recompute
        Compute every unit again and write its arrays anew, which restores what was lost from the store.
    progress
        Called with the number of units done and to do.
    prepared
        What was done ahead: the units that are wanted are taken.

    Raises
    ------
    SweepFailedError
        After the commit, if ten or more units were computed and all failed.
    OSError, MemoryError, CorruptStoreError
        Failures of the machine: nothing is committed.
    """
    started = time.monotonic()
    prepared = prepared or Prepared()
    done = dict(prepared.units)
    for attempt in range(_ATTEMPTS):
        handle = ledger.open(table)
        if handle.delta is None and all(ledger.open(driver.table).delta is None for driver in table.drivers):
            return Report(table.name)  # there is nothing, and nothing to make anything of
        plan = ledger.plan(table, shards, handle, prepared.plan)
        handle.keep_checksums()
        to_do = wanted_units(
            ledger,
            plan,
            retry_failed=retry_failed,
            refresh_environment=refresh_environment,
            recompute=recompute,
        )
        missing = to_do.filter(~pl.col("recipe_hash").is_in(list(done)))
        engine = compute or Serial()
        for unit in computed_units(ledger, plan, missing, engine, rewrite=recompute, progress=progress):
            done[unit.recipe.recipe_hash] = unit
        units = [done[recipe] for recipe in to_do["recipe_hash"]]
        removed = plan.units.filter(pl.col("status") == "removed")
        try:
            version = _commit(ledger, handle, units, removed, run_id)
        except ConflictError:
            _wait(attempt)
            continue
        report = _report(plan, units, version, time.monotonic() - started)
        if len(units) >= _SWEEP and report.total("failed") == len(units):
            raise SweepFailedError(
                f"{table.name}: all {len(units)} units failed; the first: {units[0].reason}"
            )
        return report
    raise ConflictError(
        f"{table.name}: others kept changing the same shards; gave up after {_ATTEMPTS} attempts"
    )


def put_units(
    ledger: Ledger,
    table: Table,
    rows: Mapping[str, Sequence[Row]],
    *,
    remove: Collection[str] = (),
    run_id: str = "",
) -> Report:
    """Put units into a source table, and take others out; equal ones are left as they are.

    Parameters
    ----------
    rows
        The rows of each key; no rows make an ``empty`` unit.
    remove
        Keys taken out. History keeps them.
    """
    started = time.monotonic()
    units = [_source_unit(ledger, table, key, of_key) for key, of_key in rows.items()]
    gone = set(remove) - set(rows)
    shards = {unit.recipe.shard for unit in units} | {shard_of(key, ledger.home.n_shards) for key in gone}
    for attempt in range(_ATTEMPTS):
        handle = ledger.open(table)
        handle.check()
        handle.keep_checksums()
        there = handle.units(["key", "shard", "recipe_hash"], shards).collect()
        known = set(there["recipe_hash"])
        new = [unit for unit in units if unit.recipe.recipe_hash not in known]
        try:
            version = _commit(ledger, handle, new, there.filter(pl.col("key").is_in(list(gone))), run_id)
        except ConflictError:
            _wait(attempt)
            continue
        report = Report(
            table.name, {}, tuple(u.recipe.key for u in new), version, sum(u.bytes_written for u in new)
        )
        report.count((unit.recipe.shard, unit.outcome) for unit in new)
        report.count((unit.recipe.shard, "reused") for unit in units if unit.recipe.recipe_hash in known)
        report.count((shard, "removed") for key, shard, _ in there.iter_rows() if key in gone)
        report.seconds = time.monotonic() - started
        return report
    raise ConflictError(
        f"{table.name}: others kept changing the same shards; gave up after {_ATTEMPTS} attempts"
    )


def _source_unit(ledger: Ledger, table: Table, key: str, rows: Sequence[Row]) -> Unit:
    version = ledger.version(table)
    recipe = Recipe(
        key,
        None,
        shard_of(key, ledger.home.n_shards),
        "",
        version.code_version,
        version.config_hash,
        (),
        ORIGINS[0],
    )
    unit = make_unit(table, recipe, rows, ledger.objects)
    inputs = (unit.output_hash, hash_parts(unit.recipe.origin))
    of_itself = recipe_hash(table.name, key, None, version.code_version, version.config_hash, inputs)
    return replace(unit, recipe=replace(unit.recipe, recipe_hash=of_itself, inputs=inputs))


def _commit(ledger: Ledger, handle: Handle, units: Sequence[Unit], removed: pl.DataFrame, run_id: str) -> int:
    shards = {unit.recipe.shard for unit in units} | set(removed["shard"])
    if not shards:
        return handle.version
    stamp: dict[str, Any] = {**ledger.stamp(handle.table), "run_id": run_id, "computed_at": datetime.now(UTC)}
    fresh = units_frame(handle.table, units, stamp)
    place = ["shard", "key"]
    replaced = pl.concat([fresh.select(place), removed.select(place)])
    kept = handle.units(shards=shards).collect().join(replaced, on=place, how="anti")
    frame = pl.concat([kept, fresh])
    return handle.commit(frame.sort("shard", "key"), shards)


def _report(plan: Plan, units: Sequence[Unit], version: int, seconds: float) -> Report:
    written = sum(unit.bytes_written for unit in units)
    report = Report(plan.table.name, {}, tuple(u.recipe.key for u in units), version, written, seconds)
    report.count((unit.recipe.shard, unit.outcome) for unit in units)
    computed = {(unit.recipe.shard, unit.recipe.key) for unit in units}
    for shard, key, status in plan.units.select("shard", "key", "status").iter_rows():
        if (shard, key) not in computed:
            report.count([(shard, "removed" if status == "removed" else "reused")])
    return report


def _wait(attempt: int) -> None:
    """Wait a little longer each time, with jitter, so that writers of one shard do not meet again."""
    time.sleep(random.uniform(0.0, min(2.0, 0.05 * 2**attempt)))  # noqa: S311  not for secrets
