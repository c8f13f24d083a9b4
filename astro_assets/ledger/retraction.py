"""Leaving a target out from now on, and taking that back: deciding it, and finding what was made of it.

Old versions of all tables and models keep what they hold; planning (`plan`) and training (`models`) leave it
out.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from astro_assets.ledger.history import past_units
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.left_out import FORGOTTEN, RETRACTIONS, retracted_targets, tombstone_of
from astro_assets.ledger.model_tables import MODEL_MEMBERS
from astro_assets.ledger.store import Handle
from astro_assets.ledger.table import Table
from astro_assets.ledger.update import put_units

_ROWS: Final = {"key": pl.String, "star": pl.String, "row_hash": pl.String}
_DECISIONS: Final = RETRACTIONS.schema.names


def set_retracted(ledger: Ledger, target: str, why: str, *, is_retracted: bool) -> bool:
    """Decide that a target is left out from now on, or no longer, and return whether that is new."""
    decided = decisions(ledger).filter(pl.col("target_id") == target)
    if is_retracted == (target in retracted_targets(ledger.home)):
        return False
    now = datetime.now(UTC).isoformat(timespec="seconds")
    row = {"target_id": target, "is_retracted": is_retracted, "why": why, "decided_at": now}
    put_units(ledger, RETRACTIONS, {target: [*decided.to_dicts(), row]})
    return True


def decisions(ledger: Ledger) -> pl.DataFrame:
    """Return all that was decided, by target, in order of time: the columns of :data:`RETRACTIONS`."""
    rows = ledger.open(RETRACTIONS).rows(list(_DECISIONS)).select(_DECISIONS).collect()
    return rows.sort("target_id", maintain_order=True)


def retraction_of(ledger: Ledger, target: str) -> dict[str, Any] | None:
    """Return ``why`` and ``decided_at`` of a target that is retracted now, else None."""
    if target not in retracted_targets(ledger.home):
        return None
    last = decisions(ledger).filter(pl.col("target_id") == target).tail(1)
    return last.select("why", "decided_at").row(0, named=True)


def held(ledger: Ledger, target: str) -> pl.DataFrame:
    """Count what tables hold of a target now: ``table``, ``units`` and ``rows``, parents first."""
    lines = []
    for table in ledger.tables:
        units = ledger.open(table).units(["target", "n_rows"]).filter(pl.col("target") == target)
        (n_units, n_rows) = units.select(pl.len(), pl.col("n_rows").sum()).collect().row(0)
        if n_units:
            lines.append((table.name, n_units, n_rows))
    return pl.DataFrame(lines, schema={"table": pl.String, "units": pl.Int64, "rows": pl.Int64}, orient="row")


def retracted_members(ledger: Ledger, model: str, version: str) -> pl.DataFrame:
    """Return the rows that a version was trained on whose star is retracted now.

    Returns
    -------
    polars.DataFrame
        ``role``, ``member_table``, ``member_key``, ``member_row_hash``, ``star``.
    """
    found = members_of(ledger, retracted_targets(ledger.home))
    of_version = (pl.col("model") == model) & (pl.col("model_version") == version)
    return found.filter(of_version).drop("model", "model_version")


def members_of(ledger: Ledger, stars: Collection[str]) -> pl.DataFrame:
    """Return the rows of some stars that any model was trained on, replaced since or not.

    Returns
    -------
    polars.DataFrame
        ``model``, ``model_version``, ``role``, ``member_table``, ``member_key``, ``member_row_hash``,
        ``star``.
    """
    columns = ["model", "model_version", "role", "member_table", "member_key", "member_row_hash"]
    schema = {**dict.fromkeys(columns, pl.String), "star": pl.String}
    if not stars:
        return pl.DataFrame(schema=schema)
    members = ledger.open(MODEL_MEMBERS).rows(columns).select(columns).collect()
    known = {table.name: table for table in ledger.tables}
    frames = []
    for (name,), of_table in members.group_by("member_table"):
        if str(name) not in known:
            continue
        rows = rows_of(ledger.open(known[str(name)]), stars)
        of_rows = rows.rename({"key": "member_key", "row_hash": "member_row_hash"})
        frames.append(of_table.join(of_rows, on=["member_key", "member_row_hash"], how="inner"))
    found = pl.concat(frames) if frames else pl.DataFrame(schema=schema)
    return found.select(list(schema)).sort(columns)


def rows_of(handle: Handle, stars: Collection[str]) -> pl.DataFrame:
    """Return each row of some stars that a table holds or held, once: ``key``, ``star``, ``row_hash``."""
    names = ["key", "target", "n_rows", *_star_columns(handle.table), "row_hash"]
    frames = [
        _stars_rows(handle.table, units, stars) for units in (handle.units(names), past_units(handle, names))
    ]
    return pl.concat(frames).unique().sort(list(_ROWS))


def _stars_rows(table: Table, units: pl.LazyFrame, stars: Collection[str]) -> pl.DataFrame:
    wanted = pl.col("target").is_in(list(stars)).fill_null(value=False)
    own = _star_columns(table)
    for name in own:
        wanted |= pl.col(name).list.eval(pl.element().is_in(list(stars))).list.any().fill_null(value=False)
    rows = units.filter((pl.col("n_rows") > 0) & wanted).explode([*own, "row_hash"])
    found = rows.select("key", pl.coalesce("target", *own).alias("star"), "row_hash")
    return found.filter(pl.col("star").is_in(list(stars))).collect()


def _star_columns(table: Table) -> list[str]:
    return [] if table.star_column is None else [table.star_column]


def forgotten_models(ledger: Ledger) -> dict[str, str]:
    """Return why each ``model@version`` that was trained on a forgotten target cannot be rebuilt."""
    rows: list[dict[str, Any]] = ledger.open(FORGOTTEN).rows(["models", "forgotten_at"]).collect().to_dicts()
    return {
        name: f"cannot be rebuilt: a star was forgotten on {row['forgotten_at'][:10]}"
        for row in rows
        for name in row["models"]
    }


def tombstone_for(ledger: Ledger, target: str) -> dict[str, Any] | None:
    """Return the row of :data:`FORGOTTEN` of a target that was forgotten, else None."""
    columns = list(FORGOTTEN.schema.names)
    rows: list[dict[str, Any]] = ledger.open(FORGOTTEN).rows(columns).select(columns).collect().to_dicts()
    for row in rows:
        if tombstone_of(row["salt"], target) == row["tombstone"]:
            return row
    return None
