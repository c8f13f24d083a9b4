"""Bringing up to date what a decision concerns, and nothing else: compared with how things were before it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.staleness import is_idle
from astro_assets.ledger.update import Report
from astro_assets.orchestration.engine import Engine

_UNIT: Final = ["shard", "key", "status", "recipe_hash"]
#: What was due of each table, by name.
Due = Mapping[str, pl.DataFrame]


def due(ledger: Ledger) -> Due:
    """Return what is due of every table now, before a decision is made."""
    tables = [table for table in ledger.tables if not table.is_source and not is_idle(ledger.open(table))]
    return {table.name: _due(ledger.plan(table).units) for table in tables}


def update_concerned(engine: Engine, before: Due) -> list[Report]:
    """Bring tables up to date in the shards where something is due that was not before.

    Parameters
    ----------
    before
        Of the tables that there is something of.
    """
    ledger, reports = engine.ledger(), []
    for table in ledger.tables:
        if table.name not in before:
            continue
        now = _due(ledger.plan(table).units)
        concerned = now.join(before[table.name], on=_UNIT, how="anti", nulls_equal=True)
        if concerned.height:
            reports.append(engine.update(table, set(concerned["shard"]), run_id=""))
            engine.updated(reports[-1])
    return reports


def _due(units: pl.DataFrame) -> pl.DataFrame:
    return units.filter(~pl.col("status").is_in(("current", "failed"))).select(*_UNIT, "target")
