"""Freeing history on purpose: files of versions that are old and that nothing held now is made of.

Kept is what tables hold now and held since a moment, and everything above it and above the members of every
promoted model: its lineage, audit and rebuild stay possible. Delta Lake's own vacuum keeps whole versions,
and writes new ones; here single files are kept, and no log is touched.
"""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

import polars as pl

from astro_assets.ledger.ancestry import IDENTITY, ancestry, rows_of
from astro_assets.ledger.checksums import folder_of, leave_out
from astro_assets.ledger.forgetting_tables import data_files, table_names
from astro_assets.ledger.history import logged_files, past_files, past_units
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.left_out import FORGOTTEN, RETRACTIONS
from astro_assets.ledger.model_tables import MODEL_MEMBERS, MODEL_TABLES, MODELS, PROMOTED_MODELS
from astro_assets.ledger.storage import Entry, Folder, Storage, local_file
from astro_assets.ledger.store import Handle

#: What was written so shortly ago may be of a commit to come, in seconds.
_MARGIN_S: Final = 3600.0
#: What a killed writer leaves; younger ones may be another's that lives, in seconds.
_LEFTOVERS_S: Final = 86400.0
_LEFTOVERS: Final = (".partial-*", ".creating-*")
#: Stores of immutable things under their hash, and how names end there. Raw files stay.
_STORES: Final = {"objects": ".arrow", "sources": ".zip", "environments": ".json"}
#: Tables of decisions and models: small, and each version of them is what was decided when.
_NEVER: Final = frozenset(table.name for table in (*MODEL_TABLES, RETRACTIONS, FORGOTTEN))
_VERSION: Final = ["model", "model_version"]
_HASH: Final = re.compile(r"[0-9a-f]{32,}")


@dataclass(frozen=True, slots=True)
class Freed:
    """What is freed of one kind: files or folders of a place, by key, and their bytes."""

    kind: str
    storage: Storage = field(repr=False)
    keys: tuple[str, ...] = field(repr=False)
    n_bytes: int


def prunable(ledger: Ledger, before: datetime, *, margin_s: float = _MARGIN_S) -> list[Freed]:
    """Find what can be freed, table by table, then of the stores.

    Parameters
    ----------
    before
        Whatever a table held at this moment or later is kept.
    margin_s
        What is younger is kept whatever it is.
    """
    latest = time.time() - margin_s
    needed, storage = _needed(ledger), ledger.home.storage
    freed, kept = [], {entry.key for entry in _files_of_undeclared(ledger)}
    for table in ledger.tables:
        handle = ledger.open(table)
        if handle.delta is None:
            continue
        of_table = _kept_files(handle, before, needed.filter(pl.col("table") == table.name))
        there = data_files(storage, table.name)
        gone = [entry for entry in there if entry.key not in of_table and entry.modified < latest]
        kept |= {entry.key for entry in there}.difference(entry.key for entry in gone)
        freed.append(_freed(table.name, storage, gone))
    stores = {kind: _by_hash(storage.entries(f"{kind}/"), suffix) for kind, suffix in _STORES.items()}
    named = _named(storage, kept, {digest for of_kind in stores.values() for digest in of_kind})
    named |= _recorded(ledger)
    for kind, of_kind in stores.items():
        lost = [entry for digest, entry in of_kind.items() if digest not in named]
        freed.append(_freed(kind, storage, [entry for entry in lost if entry.modified < latest]))
    freed.append(_leftovers(ledger.home.root, latest - _LEFTOVERS_S))
    return freed


def _by_hash(entries: Iterable[Entry], suffix: str) -> dict[str, Entry]:
    return {entry.name.removesuffix(suffix): entry for entry in entries if entry.name.endswith(suffix)}


def _leftovers(root: Path, latest: float) -> Freed:
    """Find what killed writers left in a folder: an object store shows nothing half-written."""
    found = (path for pattern in _LEFTOVERS for path in root.rglob(pattern))
    old = sorted(path for path in found if path.exists() and path.lstat().st_mtime < latest)
    keys = tuple(path.relative_to(root).as_posix() for path in old)
    return Freed("leftovers of killed writers", Folder(root), keys, sum(map(_size, old)))


def prune(freed: Iterable[Freed]) -> None:
    """Remove what was found; killed in the middle, the rest is found again."""
    for part in freed:  # tables first: nothing that a table still holds may refer to what is gone
        for table in {key.rsplit("/", 2)[0] for key in part.keys if key.endswith(".parquet")}:
            if (folder := folder_of(part.storage, table)) is not None:
                leave_out(folder, [key.removeprefix(f"{table}/") for key in part.keys])
        for key in part.keys:
            part.storage.remove(key)


def _needed(ledger: Ledger) -> pl.DataFrame:
    """Return the units that are not current any more, and above what is held now or a promoted model."""
    rows = [_members_of_applied(ledger)]
    for table in ledger.tables:
        if not table.is_source:
            here = ledger.open(table).rows([]).select(pl.lit(table.name).alias("table"), "key", "row_hash")
            rows.append(here.collect())
    units = ancestry(ledger, pl.concat(rows).unique()).units
    return units.filter(~pl.col("is_current")).select("table", *IDENTITY)


def _members_of_applied(ledger: Ledger) -> pl.DataFrame:
    """Return the members of every version under an alias, and of those that went into one of these."""
    names = {"member_table": "table", "member_key": "key", "member_row_hash": "row_hash"}
    members = ledger.open(MODEL_MEMBERS).units(["key", *names]).collect()
    promoted = ledger.open(PROMOTED_MODELS).rows(_VERSION).collect()
    found, more = pl.DataFrame(schema=dict.fromkeys(names.values(), pl.String)), _keys(promoted)
    seen: set[str] = set()
    while more:
        seen |= more
        own = members.filter(pl.col("key").is_in(list(more))).drop("key").explode(list(names)).rename(names)
        units = ancestry(ledger, own).units
        more = _keys(rows_of(ledger, units, PROMOTED_MODELS, _VERSION)) - seen
        found = pl.concat([found, own])
    return found


def _keys(versions: pl.DataFrame) -> set[str]:
    return {f"{model}@{version}" for model, version in versions.select(_VERSION).iter_rows()}


def _kept_files(handle: Handle, before: datetime, needed: pl.DataFrame) -> set[str]:
    """Return the keys of a table's files that stay."""
    files = logged_files(handle)
    if handle.table.name in _NEVER:
        return {f"{handle.key}/{path}" for path in files["path"]}
    kept = {
        f"{handle.key}/{path}"
        for path, removed, removed_at in files.select("path", "removed", "removed_at").iter_rows()
        if removed is None or removed_at is None or removed_at >= before
    }
    past = past_files(handle)
    if needed.is_empty() or past.is_empty():
        return kept
    lines = past_units(handle, IDENTITY, past)
    held = lines.join(needed.lazy().select(IDENTITY), on=IDENTITY, how="semi").collect()
    newest = held.join(past.select("path", "removed"), on="path").sort("removed", descending=True)
    return kept | {f"{handle.key}/{path}" for path in newest.unique(IDENTITY, keep="first")["path"]}


def _files_of_undeclared(ledger: Ledger) -> Iterable[Entry]:
    """Yield the files of tables that are declared no longer: nobody can tell what of them is needed."""
    storage, declared = ledger.home.storage, {table.name for table in ledger.tables}
    for name in table_names(storage):
        if name not in declared:
            yield from data_files(storage, name)


def _named(storage: Storage, files: Collection[str], digests: Collection[str]) -> set[str]:
    """Return those of some hashes that stand anywhere in some files of tables."""
    wanted = pl.Series(list(digests), dtype=pl.String)
    found: set[str] = set()
    for key in files:
        path = local_file(storage, key)
        schema = pl.read_parquet_schema(path)
        texts = [name for name, dtype in schema.items() if dtype in (pl.String, pl.List(pl.String))]
        frame = pl.read_parquet(path, columns=texts, hive_partitioning=False, glob=False)
        for values in frame.get_columns():
            flat = values.explode(empty_as_null=False) if isinstance(values.dtype, pl.List) else values
            found.update(flat.unique().filter(flat.unique().is_in(wanted.implode())).drop_nulls())
    return found


def _recorded(ledger: Ledger) -> set[str]:
    """Return every hash that what is recorded of models names: such sources and environments are kept."""
    storage = ledger.home.storage
    records = (entry.key for entry in storage.entries("records/") if entry.name.endswith(".json"))
    texts = [storage.read(key).decode() for key in records]
    for values in ledger.open(MODELS).units().collect().get_columns():
        if values.dtype == pl.List(pl.String):
            texts += values.explode().drop_nulls().to_list()
    return {word for text in texts for word in _HASH.findall(text)}


def _freed(kind: str, storage: Storage, entries: Collection[Entry]) -> Freed:
    keys = tuple(sorted(entry.key for entry in entries))
    return Freed(kind, storage, keys, sum(entry.n_bytes for entry in entries))


def _size(path: Path) -> int:
    if path.is_dir():
        return sum(inner.stat().st_size for inner in path.rglob("*") if inner.is_file())
    return path.stat().st_size
