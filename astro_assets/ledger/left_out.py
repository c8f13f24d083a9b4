"""Which targets are left out of everything now: retracted ones by name, forgotten ones by a salted hash.

Planning and training read it; putting a target in and taking it back is in `retraction` and `forgetting`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import polars as pl

from astro_assets.ledger.creation import was_created
from astro_assets.ledger.home import Home
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.store import Handle, open_table
from astro_assets.ledger.table import Table

#: What was decided of each target, the latest last: the unit of a target keeps all of it.
RETRACTIONS: Final = Table(
    "ledger/retractions",
    Schema(
        (
            Column("target_id", "string", "Canonical target id."),
            Column("is_retracted", "bool", "Whether it is left out from then on; else it was taken back."),
            Column("why", "string", "Why, for people."),
            Column("decided_at", "string", "When, ISO 8601 in UTC."),
        )
    ),
)
#: What is left of a forgotten target, by its tombstone: who asks for the very target can recognise it.
FORGOTTEN: Final = Table(
    "ledger/forgotten",
    Schema(
        (
            Column("salt", "string", "Random, hexadecimal: no list of hashes made before serves."),
            Column("tombstone", "string", "Hash of the salt and the canonical target id."),
            Column("why", "string", "Why, for people."),
            Column("forgotten_at", "string", "When, ISO 8601 in UTC."),
            Column("removed", "string", "What went, counts by kind, JSON."),
            Column("models", "list[string]", "model@version of what cannot be rebuilt any more."),
        )
    ),
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """The targets that count nowhere.

    Parameters
    ----------
    names
        Retracted ones.
    tombstones
        Salt and hash of forgotten ones.
    """

    names: frozenset[str] = frozenset()
    tombstones: frozenset[tuple[str, str]] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.names or self.tombstones)

    def among(self, targets: Iterable[str | None]) -> list[str]:
        """Return which of some targets are left out."""
        there = {target for target in targets if target is not None}
        found = there & self.names
        for salt, tombstone in self.tombstones:
            found |= {target for target in there if tombstone_of(salt, target) == tombstone}
        return sorted(found)

    def without(self, rows: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
        """Return the rows that name no such target in some columns."""
        if not self:
            return rows
        for name in columns:
            gone = self.among(rows[name].unique())
            rows = rows.filter(~pl.col(name).is_in(gone).fill_null(value=False)) if gone else rows
        return rows


NOBODY: Final = LeftOut()


def left_out(home: Home) -> LeftOut:
    """Return the targets that are left out now."""
    return LeftOut(frozenset(retracted_targets(home)), _tombstones(home))


def retracted_targets(home: Home) -> Collection[str]:
    """Return the targets that are retracted now, by name."""
    if not _was_written(home, RETRACTIONS):
        return ()
    latest = open_table(home, RETRACTIONS).units(["key", "n_rows", "is_retracted"])
    return latest.filter(pl.col("is_retracted").list.last()).collect()["key"].to_list()


def tombstone_of(salt: str, target: str) -> str:
    """Return the hash that stands for a forgotten target."""
    return blake2b(target.encode(), key=bytes.fromhex(salt), digest_size=32).hexdigest()


def rows_that_count(
    handle: Handle, columns: Sequence[str], omitted: LeftOut, keys: Collection[str] | None = None
) -> pl.LazyFrame:
    """Return a table's rows without those whose star is left out: as they say themselves, or their unit.

    Parameters
    ----------
    keys
        The units that count; all of them by default.
    """
    star = handle.table.star_column
    names = [] if star is None else [star]
    rows = handle.rows(list(dict.fromkeys([*columns, *names])))
    if keys is not None:
        rows = rows.filter(pl.col("key").is_in(list(keys)))
    return omitted.without(rows.collect(), ["target", *names]).lazy() if omitted else rows


def _was_written(home: Home, table: Table) -> bool:
    """Tell whether a table is there, or any part of it, or is lost: opening what never was takes longer."""
    return home.storage.stamp(f"{home.table_key(table.name)}/") is not None or was_created(home, table)


def _tombstones(home: Home) -> frozenset[tuple[str, str]]:
    if not _was_written(home, FORGOTTEN):
        return frozenset()
    rows = open_table(home, FORGOTTEN).rows(["salt", "tombstone"]).select("salt", "tombstone")
    return frozenset((str(salt), str(tombstone)) for salt, tombstone in rows.collect().iter_rows())
