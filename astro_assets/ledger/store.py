"""Tables on disk: one Delta Lake table each, read and written through one handle.

Opening, scanning and committing live here. What makes a unit stale does not.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
from deltalake import DeltaTable, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from astro_assets.ledger.checksums import (
    Damage,
    all_damages,
    damages,
    damages_of,
    folder_of,
    keep_checksums,
    lost_commits,
)
from astro_assets.ledger.creation import create, created_key, keep_created, options_of, was_created
from astro_assets.ledger.home import Home
from astro_assets.ledger.table import Table
from astro_assets.ledger.units import ROW_COLUMNS, UNIT_COLUMNS, flat_rows, unit_schema


class DamagedTableError(RuntimeError):
    """A file of a table, or all of it, is missing or is not what was written; says what restores it."""

    def __init__(self, place: str, problem: str, remedy: str) -> None:
        super().__init__(place, problem, remedy)
        self.place, self.problem, self.remedy = place, problem, remedy

    def __str__(self) -> str:
        return f"{self.place} {self.problem}; {self.remedy}"


class LostTableError(DamagedTableError):
    """A table was written, and nothing is left of it."""


class ConflictError(RuntimeError):
    """Somebody else committed to the same shards after this handle was opened; read again."""


@dataclass(frozen=True, slots=True)
class Handle:
    """One version of one table: what it reads is what its commit is checked against.

    Attributes
    ----------
    delta
        None where the table was never written.
    is_partial
        Whether files that were pruned are passed over.
    """

    home: Home
    table: Table
    delta: DeltaTable | None
    is_partial: bool = False

    @property
    def version(self) -> int:
        """The Delta version read, -1 for a table never written."""
        return -1 if self.delta is None else self.delta.version()

    @property
    def identity(self) -> tuple[str, int]:
        """The id of the Delta table, other when it is made anew, and the version."""
        return "" if self.delta is None else str(self.delta.metadata().id), self.version

    def units(
        self, columns: Sequence[str] | None = None, shards: Collection[int] | None = None
    ) -> pl.LazyFrame:
        """Scan units, one line each.

        Parameters
        ----------
        columns
            Columns wanted; one that the store lacks, or holds in another dtype, comes out null. All when
            None.
        shards
            Shards wanted; all when None.
        """
        wanted = unit_schema(self.table.schema)
        names = list(wanted) if columns is None else list(columns)
        if self.delta is None:
            return pl.LazyFrame(schema={name: wanted[name] for name in names})
        frame = self._scan(self.delta, shards)
        there = pl.Schema(self.delta.schema())
        if shards is not None:
            frame = frame.filter(pl.col("shard").is_in(list(shards)))
        return frame.select(
            pl.col(name) if there.get(name) == wanted[name] else _absent(name, wanted[name]) for name in names
        )

    def _scan(self, delta: DeltaTable, shards: Collection[int] | None) -> pl.LazyFrame:
        """Scan the files by their plain paths: `pl.scan_delta` fails where a folder's name holds a space."""
        files = self._files(shards)
        if not files:
            return pl.LazyFrame(schema=pl.Schema(delta.schema()))
        return pl.scan_parquet(files, glob=False, hive_partitioning=True, hive_schema={"shard": pl.Int32})

    @property
    def key(self) -> str:
        """Where the table lies in the home's storage."""
        return self.home.table_key(self.table.name)

    @property
    def folder(self) -> Path | None:
        """The table's folder; None where an object store holds it, which checks what it keeps by itself."""
        return folder_of(self.home.storage, self.key)

    def file_names(self) -> list[str]:
        """Return the files that this version is made of, by their paths below the table's."""
        if self.delta is None:
            return []
        return [unquote(path) for path in pl.DataFrame(self.delta.get_add_actions())["path"]]

    def missing_files(self) -> list[str]:
        """Return those of the files that are there no longer."""
        keys = {f"{self.key}/{name}": name for name in self.file_names()}
        return [keys[key] for key in keys.keys() - self.home.storage.existing(keys)]

    def local_folder(self, names: Iterable[str]) -> Path:
        """Return a folder of this machine in which files of the table can be read."""
        table_id, _ = self.identity
        return self.home.storage.folder_with(self.key, names, table_id)

    def _files(self, shards: Collection[int] | None) -> list[Path]:
        names = self.file_names()
        if self.is_partial:
            lost = set(self.missing_files())
            names = [name for name in names if name not in lost]
        if shards is not None:
            prefixes = tuple(f"shard={shard}/" for shard in shards)
            names = [name for name in names if name.startswith(prefixes)]
        self.check_files(names)
        folder = self.local_folder(names)
        return [folder / name for name in names]

    def check_files(self, names: Iterable[str]) -> None:
        """Compare some files of the table, named by their paths below it, with what was written.

        Raises
        ------
        DamagedTableError
            If one is missing or damaged.
        """
        for damage in () if self.folder is None else damages_of(self.folder, names):
            raise damaged_table(self.table, damage)

    def check(self) -> None:
        """Compare the files that this version is read from with what was written.

        Raises
        ------
        DamagedTableError
            If one is missing or damaged.
        """
        if self.delta is not None and self.folder is not None:
            for damage in damages(self.folder, self.version, self.file_names()):
                raise damaged_table(self.table, damage)

    def keep_checksums(self) -> None:
        """Keep the checksums of this version, and that it was written, where its writer was killed before."""
        if self.delta is not None:
            self._keep_checksums(self.version)

    def _keep_checksums(self, version: int) -> None:
        keep_created(self.home, self.table)
        if self.folder is not None:
            keep_checksums(self.folder, version, with_copies=self.table.is_source)

    def rows(
        self, columns: Sequence[str] | None = None, shards: Collection[int] | None = None
    ) -> pl.LazyFrame:
        """Scan result rows, one line each, with their unit's ``key``, ``target``, ``origin``, recipe."""
        names = [*(self.table.schema.names if columns is None else columns), *ROW_COLUMNS]
        of_unit = ["key", "target", "origin", "recipe_hash", "n_rows", "hashed_columns"]
        return flat_rows(self.units([*of_unit, *names], shards), names)

    def commit(self, units: pl.DataFrame, shards: Collection[int]) -> int:
        """Replace the named shards by these units, all at once, and return the new version.

        Raises
        ------
        ConflictError
            If one of the shards was changed since this handle was opened; nothing was written.
        """
        delta = self.delta if self.delta is not None else create(self.home, self.table)
        migrates = pl.Schema(delta.schema()) != units.schema
        data = units
        options: dict[str, Any] = {
            "predicate": f"shard IN ({', '.join(str(shard) for shard in sorted(shards))})"
        }
        if migrates:
            others = self.units().filter(~pl.col("shard").is_in(list(shards))).collect()
            data = pl.concat([others, units])
            options = {"schema_mode": "overwrite"}
        try:
            with self.home.storage.reaching():
                write_deltalake(delta, data.to_arrow(), mode="overwrite", partition_by=["shard"], **options)
        except CommitFailedError as error:
            raise ConflictError(str(error)) from error
        self._keep_checksums(delta.version())
        return delta.version()


def _absent(name: str, dtype: Any) -> pl.Expr:
    """Return nulls in place of a column: for a column of the rows, one a row."""
    if name in UNIT_COLUMNS:
        return pl.lit(None, dtype=dtype).alias(name)
    return pl.lit(None, dtype=dtype.inner).repeat_by("n_rows").alias(name)


def open_table(home: Home, table: Table, *, version: int | None = None, at: datetime | None = None) -> Handle:
    """Open a table as it is now, or as it was.

    Parameters
    ----------
    version
        A Delta version.
    at
        A moment; the last version committed by then is read.

    Raises
    ------
    deltalake.exceptions.DeltaError
        If there is no such version.
    DamagedTableError
        If its log is damaged.
    """
    with home.storage.reaching():
        delta = _found(home, table, version)
        if delta is not None and at is not None:
            delta.load_as_version(at)
    return Handle(home, table, delta)


def _found(home: Home, table: Table, version: int | None) -> DeltaTable | None:
    """Open a table; None where it was never written."""
    storage, key = home.storage, home.table_key(table.name)
    folder = folder_of(storage, key)
    for is_second_look in (False, True):
        try:
            delta = DeltaTable(storage.place(key), version=version, storage_options=options_of(storage))
        except TableNotFoundError:
            _require_log(folder, table, -1)
            if is_second_look:
                raise _lost_table(home, table) from None
            if not was_created(home, table):
                return None  # else it is lost, or another process has just made it
        except DeltaError:
            for damage in () if folder is None else all_damages(folder):
                raise damaged_table(table, damage) from None
            raise
        else:
            if version is None:
                _require_log(folder, table, delta.version())
            return delta
    return None


def _require_log(folder: Path | None, table: Table, version: int) -> None:
    """Refuse a log that has lost its last commits: the table would be as it was before them."""
    for damage in () if folder is None else lost_commits(folder, version):
        raise damaged_table(table, damage)


def damaged_table(table: Table, damage: Damage) -> DamagedTableError:
    """Return the error that tells of a damage, with what restores it."""
    again = ", with --observations or `catalogs add` for files that are not in the inbox" * table.is_source
    remedy = f"`astro-assets run --recompute {table.name}` restores it{again}"
    return DamagedTableError(str(damage.path), damage.problem, remedy)


def _lost_table(home: Home, table: Table) -> LostTableError:
    storage = home.storage
    remedy = f"`astro-assets run --recompute {table.name}` makes it again"
    if table.is_source:
        mark = storage.place(created_key(table))
        remedy = f"copy it from a backup; without one, remove {mark} and put in again what the table held"
    return LostTableError(storage.place(home.table_key(table.name)), "is missing", remedy)
