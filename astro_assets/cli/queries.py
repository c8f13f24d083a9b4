"""What the commands look up in a home's tables: frames and plain values out, nothing printed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import fields
from typing import Any, Final

import polars as pl

from astro_assets.catalogs.tables import CATALOG_ENTRIES, CATALOG_FILES
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.left_out import left_out, retracted_targets
from astro_assets.ledger.lineage import Node, UnknownUnitError
from astro_assets.ledger.retraction import retraction_of, tombstone_for
from astro_assets.ledger.staleness import STATUSES, Staleness
from astro_assets.ledger.store import Handle
from astro_assets.ledger.table import TARGET, Table
from astro_assets.observations.tables import (
    ARCHIVE_PRODUCTS,
    OBSERVATION_FILES,
    RAW_FILES,
    SIMULATED_TRUTH,
    SURFACE_KINDS,
)
from astro_assets.observations.targets import TargetIdError, canonical_target_id
from astro_assets.orchestration.inbox import Inbox, seen
from astro_assets.orchestration.inbox_state import State
from astro_assets.orchestration.ingest import file_name, find_files
from astro_assets.transits.tables import TRANSIT_CANDIDATES

#: Columns of `astro-assets candidates`, on which other tools rely.
CANDIDATE_COLUMNS: Final = (
    "target_id",
    "rank",
    "period_days",
    "epoch_btjd",
    "duration_hours",
    "depth_ppm",
    "snr",
    "sde",
    "n_transits",
    "origin",
)
#: Relative difference within which two periods of a month's data are one.
_SAME_PERIOD: Final = 0.005
#: The beginning of a hash, long enough to name one.
_HASH_BEGINNING: Final = re.compile(r"[0-9a-f]{6,64}", re.IGNORECASE)
#: A candidate however written: its target, a point and its rank.
_CANDIDATE: Final = re.compile(r"(.+)\.([0-9]+)\s*")


def candidates(ledger: Ledger, *, include_undetected: bool = False) -> pl.DataFrame:
    """Return the candidates, the best of all targets first, with the columns :data:`CANDIDATE_COLUMNS`."""
    columns = [name for name in CANDIDATE_COLUMNS if name != "origin"]
    rows = ledger.open(TRANSIT_CANDIDATES).rows([*columns, "is_detected", "detection_statistic"])
    if not include_undetected:
        rows = rows.filter("is_detected")
    order = ["is_detected", "detection_statistic"]
    frame = rows.sort(*order, "target_id", "rank", descending=[True, True, False, False])
    return frame.select(CANDIDATE_COLUMNS).collect()


def best_with_truth(ledger: Ledger, n: int) -> pl.DataFrame:
    """Return the best candidate of each of the n best simulated stars, beside the truth of nearest period."""
    found = candidates(ledger).filter(pl.col("origin") == "simulated")
    best = found.unique("target_id", keep="first", maintain_order=True).head(n).with_row_index("place")
    ratio = pl.col("period_days") / pl.col("true_period_days")
    return (
        best.join(_truth(ledger), on="target_id", how="left")
        .with_columns(found_over_true=ratio)
        .sort("place", ratio.log().abs())
        .unique("target_id", keep="first", maintain_order=True)
        .select("target_id", "kind", "true_period_days", "period_days", "found_over_true", "depth_ppm", "snr")
    )


def recovery(ledger: Ledger) -> pl.DataFrame:
    """Count simulated stars by true signal, and those found at, or at half or twice, a true period."""
    stars = (
        ledger.open(OBSERVATION_FILES).rows(["target_id"]).filter(pl.col("origin") == "simulated").collect()
    )
    truth = stars.select("target_id").unique().join(_truth(ledger), on="target_id", how="left")
    found = candidates(ledger).select("target_id", "period_days")
    ratio = pl.col("period_days") / pl.col("true_period_days")
    at, half, twice = (((ratio / factor - 1).abs() < _SAME_PERIOD).any() for factor in (1.0, 0.5, 2.0))
    by_star = (
        truth.join(found, on="target_id", how="left")
        .group_by("target_id")
        .agg(
            pl.col("kind").first().fill_null("none"),
            at_period=at,
            at_alias=half | twice,
            has_candidate=pl.col("period_days").is_not_null().any(),
        )
    )
    counts = by_star.group_by(true_signal="kind").agg(
        stars=pl.len(),
        found_at_period=pl.col("at_period").sum(),
        only_at_half_or_twice=(pl.col("at_alias") & ~pl.col("at_period")).sum(),
        with_any_candidate=pl.col("has_candidate").sum(),
    )
    return counts.sort("true_signal", descending=True)


def _truth(ledger: Ledger) -> pl.DataFrame:
    rows = ledger.open(SIMULATED_TRUTH).rows(["target_id", "kind", "period_days"])
    signals = rows.filter(~pl.col("kind").is_in(SURFACE_KINDS)).collect()
    return signals.select("target_id", "kind", true_period_days="period_days").unique()


def failed_units(ledger: Ledger) -> pl.DataFrame:
    """Return the units whose computation failed: table, key, reason."""
    frames = [
        ledger.open(table)
        .units(["key", "outcome", "reason"])
        .filter(pl.col("outcome") == "failed")
        .select(pl.lit(table.name).alias("table"), "key", "reason")
        for table in ledger.tables
        if not table.is_source
    ]
    failed = pl.concat(frames).sort("table", "key").collect()
    return failed.with_columns(pl.col("key").replace(file_names(ledger)))


def file_names(ledger: Ledger) -> dict[str, str]:
    """Return the name under which each file came in, by sha256."""
    return dict(ledger.open(RAW_FILES).rows(["file_name"]).select("key", "file_name").collect().iter_rows())


def files_in_inbox(ledger: Ledger) -> int:
    """Count the files in the inbox that are not taken in, as they are now.

    A file that no run has met under its path counts as taken in if one of its name and size is.
    """
    rows = ledger.open(RAW_FILES).rows(["file_name", "size_bytes", "copies"]).collect()
    held = {
        (name, size)
        for first, size, copies in rows.select("file_name", "size_bytes", "copies").iter_rows()
        for name in (first, *(copies or ()))
    }
    remembered = Inbox(ledger.home).remembered()
    n_new = 0
    for path in find_files([ledger.home.inbox]):
        try:
            now = seen(path)
        except OSError:  # a link to nowhere, a pipe: no run takes it in
            continue
        stamp, state = remembered.get(path, (now.stamp, None))
        is_held = (file_name(path), now.stamp[0]) in held
        n_new += not (is_held if state is None else state is State.KNOWN and stamp == now.stamp)
    return n_new


def catalogs(ledger: Ledger) -> pl.DataFrame:
    """Return the catalogues held, with the date of their file and how many entries and stars they list."""
    told = ["archive", "archive_version", "retrieved_at"]
    files = ledger.open(CATALOG_FILES).rows(["catalog", "date", "file_name", "sha256", *told])
    entries = ledger.open(CATALOG_ENTRIES).rows(["catalog", "star"])
    counts = entries.group_by("catalog").agg(entries=pl.len(), stars=pl.col("star").n_unique())
    found = files.join(counts, on="catalog", how="left").sort("catalog")
    return found.select("catalog", "date", "entries", "stars", "file_name", "sha256", *told).collect()


def target(ledger: Ledger, target_id: str, shard: int) -> dict[str, Any]:
    """Return a target's id, shard and files."""
    columns = ["target_id", "file_name", "sha256", "mission", "segment_kind", "segment", "cadence_s"]
    rows = ledger.open(OBSERVATION_FILES).rows(columns).filter(pl.col("target_id") == target_id).collect()
    files = rows.select(*columns[1:], "origin").sort("mission", "segment", "sha256")
    files = files.join(_fetched_from(ledger), on="sha256", how="left", maintain_order="left")
    forgotten = tombstone_for(ledger, target_id)
    return {
        "target_id": target_id,
        "shard": shard,
        "retracted": retraction_of(ledger, target_id),
        "forgotten": forgotten and {name: forgotten[name] for name in ("why", "forgotten_at")},
        "files": files.to_dicts(),
    }


def _fetched_from(ledger: Ledger) -> pl.DataFrame:
    """Return where files were fetched from, and when, by SHA-256: ``from`` and ``fetched_at``."""
    names = ["sha256", "uri", "fetched_at"]
    rows = ledger.open(ARCHIVE_PRODUCTS).rows(names).select(names).sort("fetched_at").collect()
    first = rows.unique("sha256", keep="first", maintain_order=True)
    return first.select("sha256", pl.col("uri").alias("from"), "fetched_at")


def retracted_files(ledger: Ledger, keys: Sequence[str]) -> list[str]:
    """Say which of some files are of retracted targets: they are kept, and never searched."""
    rows = ledger.open(OBSERVATION_FILES).rows(["file_name", "target_id"])
    taken = rows.filter(pl.col("key").is_in(keys)).select("file_name", "target_id").collect()
    stars = left_out(ledger.home).among(taken["target_id"])
    retracted = retracted_targets(ledger.home)
    return [
        f"{name} is of {star}, which is retracted: it is kept, and not searched"
        if star in retracted
        else f"{name} is of {star}, which was forgotten: it is not searched; forget it again to remove it"
        for name, star in taken.filter(pl.col("target_id").is_in(stars)).sort("target_id").iter_rows()
    ]


def rows_of(
    handle: Handle, *, key: str | None = None, target: str | None = None, limit: int | None = None
) -> tuple[pl.DataFrame, int]:
    """Return rows of a table, with their unit's key, target and origin, and how many there are in all."""
    schema = handle.table.schema
    rows = handle.rows(list(schema.names))
    if key is not None:
        rows = rows.filter(pl.col("key") == key)
    if target is not None:
        own = [TARGET] if TARGET in schema.names else []
        rows = rows.filter(pl.any_horizontal(pl.col("target", *own) == target).fill_null(value=False))
    found = rows.select("key", "target", "origin", *schema.names, "row_hash").sort("key", maintain_order=True)
    frame = found.collect()
    return (frame if limit is None else frame.head(limit)), frame.height


def resolve_key(ledger: Ledger, table: Table, text: str) -> str:
    """Return the key that a person means.

    That is the exact key; a target or a candidate however written; in a table of targets with candidates, the
    target of a candidate; in a table of files, the beginning of one hash.

    Raises
    ------
    UnknownUnitError
        If there is none, or several hashes begin so.
    """
    keys = ledger.open(table).units(["key"]).collect()["key"]
    names = [text]
    with suppress(TargetIdError):
        names.append(canonical_target_id(text))
    if match := _CANDIDATE.fullmatch(text):
        with suppress(TargetIdError):
            names.append(f"{canonical_target_id(match[1])}.{match[2]}")
    for name in names:
        if (keys == name).any():
            return name
    if "candidate_id" in table.schema.names:
        candidates = ledger.open(table).rows(["candidate_id"]).filter(pl.col("candidate_id").is_in(names))
        for key in candidates.collect()["key"]:
            return str(key)
    is_hash = _HASH_BEGINNING.fullmatch(text) is not None
    beginning = keys.filter(keys.str.starts_with(text.lower())) if is_hash else keys.clear()
    if len(beginning) == 1:
        return str(beginning[0])
    hint = f"; {len(beginning)} keys begin so" if len(beginning) else ""
    raise UnknownUnitError(f"{table.name} holds no unit {text!r}{hint}")


def rows_json(rows: pl.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values; what is no number is null, as JSON knows no NaN."""
    numbers = pl.selectors.float()
    return rows.with_columns(pl.when(numbers.is_finite()).then(numbers)).to_dicts()


def lineage_json(node: Node) -> dict[str, Any]:
    """Return a lineage as nested plain values."""
    plain = {field.name: getattr(node, field.name) for field in fields(node) if field.name != "parents"}
    return {
        **plain,
        "row_hashes": list(node.row_hashes),
        "parents": [lineage_json(parent) for parent in node.parents],
    }


def staleness_json(ledger: Ledger, state: Staleness) -> dict[str, Any]:
    """Return the state of a home as plain values."""
    tables = {
        table.name: {
            "current": state.current[table.name],
            **{status: state.counts(table.name)[status] for status in STATUSES},
            "other_environment": state.environment[table.name],
        }
        for table in ledger.tables
        if not table.is_source
    }
    return {"tables": tables, "files_in_inbox": files_in_inbox(ledger), "entries": state.entries.to_dicts()}
