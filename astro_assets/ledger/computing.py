"""Which units of a plan are computed, and computing them: what runs where is the caller's Compute.

Nothing here commits: that is the matter of `update`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from astro_assets.ledger.compute import Compute
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.plan import Plan
from astro_assets.ledger.running import source_version
from astro_assets.ledger.table import Table
from astro_assets.ledger.tasks import task_chunks
from astro_assets.ledger.units import Unit
from astro_assets.ledger.worker import CHUNK, Order, compute_chunk

#: Called with the number of units done and to do.
Progress = Callable[[int, int], None]
#: Units of a piece that are computed together, at least: two vectors of stars.
_COMPANY: Final = 32


@dataclass(frozen=True, slots=True)
class Prepared:
    """What was done of an update before its time, committing nothing.

    Attributes
    ----------
    plan
        How things were then.
    units
        What was computed, by recipe hash.
    """

    plan: Plan | None = None
    units: Mapping[str, Unit] = field(default_factory=dict)


def wanted_units(
    ledger: Ledger,
    plan: Plan,
    *,
    retry_failed: bool = False,
    refresh_environment: bool = False,
    recompute: bool = False,
) -> pl.DataFrame:
    """Return the lines of ``plan.units`` that are to be computed.

    Parameters
    ----------
    retry_failed, refresh_environment, recompute
        As of :func:`~astro_assets.ledger.update.update`.
    """
    if recompute:
        return plan.units.filter(pl.col("status") != "removed")
    wanted = {"new", "stale"} | ({"failed"} if retry_failed else set())
    units = plan.units.filter(pl.col("status").is_in(wanted))
    if refresh_environment:
        units = pl.concat([units, plan.of_other_environment(ledger.environment(plan.table))])
    return units


def computed_units(
    ledger: Ledger,
    plan: Plan,
    units: pl.DataFrame,
    compute: Compute,
    *,
    rewrite: bool = False,
    progress: Progress | None = None,
) -> Iterator[Unit]:
    """Compute some lines of ``plan.units``; units come in any order.

    Parameters
    ----------
    rewrite
        Whether arrays that are in store are written again.
    """
    if units.is_empty():
        return
    # Small pieces keep all workers busy and show progress; what is computed together needs company.
    size = -(-units.height // (4 * compute.workers))
    if plan.table.is_batched:
        size = min(max(size, _COMPANY), -(-units.height // compute.workers))
    size = max(1, min(CHUNK, size))
    order = Order(plan.table, plan.version.config, ledger.home, source_version(), rewrite)
    calls = ((order, chunk) for chunk in task_chunks(plan, units, size))
    n_done = 0
    if progress is not None:
        progress(0, units.height)
    for chunk in compute.run(compute_chunk, calls):
        n_done += len(chunk)
        if progress is not None:
            progress(n_done, units.height)
        yield from chunk


def prepare(
    ledger: Ledger,
    table: Table,
    *,
    compute: Compute,
    retry_failed: bool = False,
    refresh_environment: bool = False,
    recompute: bool = False,
    progress: Progress | None = None,
) -> Prepared:
    """Compute what :func:`~astro_assets.ledger.update.update` would compute now, for all shards.

    Whatever changes before that update, it takes those of the units whose recipes are still wanted. There are
    none where so few are wanted that it gains nothing.
    """
    plan = ledger.plan(table, None)
    units = wanted_units(
        ledger, plan, retry_failed=retry_failed, refresh_environment=refresh_environment, recompute=recompute
    )
    if units.height < _COMPANY:
        return Prepared(plan)
    done = computed_units(ledger, plan, units, compute, rewrite=recompute, progress=progress)
    return Prepared(plan, {unit.recipe.recipe_hash: unit for unit in done})
