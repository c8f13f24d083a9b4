"""Homes of the toy wing for tests: opening, refreshing and comparing them.

What the wing computes is in :mod:`astro_assets_tests.ledger.toy`; expectations are in the tests.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from astro_assets.ledger.compute import Compute
from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.model_tables import MODEL_TABLES
from astro_assets.ledger.staleness import stale
from astro_assets.ledger.table import Config
from astro_assets.ledger.update import Report, put_units, update
from astro_assets_tests.ledger import toy

#: The computed tables of the wing, parents first.
CHAIN = ("curves", "stars", "signals", "views")


def toy_ledger(
    root: Path,
    *,
    n_shards: int = 4,
    code: Mapping[str, int] | None = None,
    config: Mapping[str, Config] | None = None,
    with_models: bool = False,
    with_judgements: bool = False,
) -> Ledger:
    """Open a home of the toy wing with chosen versions of code and configuration."""
    tables = list(toy.tables(code, config))
    stars = next(table for table in tables if table.name == "toy/stars")
    if with_models:
        tables += [*MODEL_TABLES, toy.labels_table(stars)]
    if with_judgements:
        tables += [*MODEL_TABLES, toy.CLASSES, toy.judged_table(stars)]
    return open_ledger(open_home(root, n_shards=n_shards), tables)


def refresh(
    ledger: Ledger,
    names: Collection[str] | None = None,
    *,
    shards: Collection[int] | None = None,
    compute: Compute | None = None,
    retry_failed: bool = False,
) -> dict[str, Report]:
    """Bring computed tables up to date, parents first, and return the reports by short name."""
    return {
        _short(table.name): update(ledger, table, shards=shards, compute=compute, retry_failed=retry_failed)
        for table in ledger.tables
        if not table.is_source and (names is None or _short(table.name) in names)
    }


def put_files(ledger: Ledger, *rows: Mapping[str, Any], remove: Collection[str] = ()) -> Report:
    """Put rows of files under their names."""
    return put_units(ledger, toy.FILES, {row["file_id"]: [row] for row in rows}, remove=remove)


def put_entries(
    ledger: Ledger, entries: Mapping[str, tuple[str, float]], remove: Collection[str] = ()
) -> Report:
    """Put catalogue entries: target and factor by name."""
    rows = {
        name: [{"entry": name, "target_id": target, "factor": factor}]
        for name, (target, factor) in entries.items()
    }
    return put_units(ledger, toy.CATALOGUE, rows, remove=remove)


def computed(reports: Mapping[str, Report]) -> dict[str, list[str]]:
    """Return the keys computed, by table; tables in which nothing was computed are left out."""
    return {name: sorted(report.computed) for name, report in reports.items() if report.computed}


def removed(reports: Mapping[str, Report]) -> dict[str, int]:
    """Return how many units were removed, by table; tables without are left out."""
    return {name: n for name, report in reports.items() if (n := report.total("removed"))}


def contents(ledger: Ledger, names: Sequence[str] = CHAIN) -> dict[str, dict[str, tuple[Any, ...]]]:
    """Return what decides whether two homes hold the same, by table and key.

    That is shard, target, outcome, reason, recipe, output, origin and the row hashes in order.
    """
    columns = [
        "key", "shard", "target", "outcome", "reason", "recipe_hash", "output_hash", "origin", "row_hash",
        "column_digests",
    ]  # fmt: skip
    found = {}
    for name in names:
        lines = ledger.open(ledger.table(name)).units(columns).collect()
        assert lines["key"].is_unique().all(), f"{name} holds a key twice"
        found[name] = {key: tuple(map(_frozen, rest)) for key, *rest in lines.iter_rows()}
    return found


def entries(ledger: Ledger) -> set[tuple[str, str | None, str]]:
    """Return what is not current as (short table name, key, status)."""
    lines = stale(ledger).entries.select("table", "key", "status").iter_rows()
    return {(_short(table), key, status) for table, key, status in lines}


def units(ledger: Ledger, name: str, *columns: str) -> pl.DataFrame:
    """Return a table's units, sorted by key."""
    return ledger.open(ledger.table(name)).units(["key", *columns]).sort("key").collect()


def _short(name: str) -> str:
    return name.partition("/")[2]


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
