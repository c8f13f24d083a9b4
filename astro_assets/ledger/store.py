"""Tables on disk: one Delta Lake table each, read and written through one handle.

Opening, scanning and committing live here. What makes a unit stale does not.
"""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
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
from astro_assets.ledger.home import Home
from astro_assets.ledger.storage import Storage
from astro_assets.ledger.table import Table
from astro_assets.ledger.units import ROW_COLUMNS, UNIT_COLUMNS, flat_rows, unit_schema

#: History is pruned on purpose only: by default a commit drops log entries older than 30 days.
_KEEP: Final = "interval 36500 days"
_CONFIGURATION: Final = {
    "delta.logRetentionDuration": _KEEP,
    "delta.deletedFileRetentionDuration": _KEEP,
    # Opening a table reads all commits since the last checkpoint: with a hundred that takes 40 ms.
    "delta.checkpointInterval": "20",
}


class DamagedTableError(RuntimeError):
    """A file of a table is missing or is not what was written; the message names it and what restores it."""


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
        """Keep the checksums of this version where its writer was killed before it did so."""
        if self.delta is not None and self.folder is not None:
            keep_checksums(self.folder, self.version, with_copies=self.table.is_source)

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
        delta = self.delta if self.delta is not None else _create(self.home, self.table)
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
        if self.folder is not None:
            keep_checksums(self.folder, delta.version(), with_copies=self.table.is_source)
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
    storage, key = home.storage, home.table_key(table.name)
    folder = folder_of(storage, key)
    with storage.reaching():
        try:
            delta = DeltaTable(storage.place(key), version=version, storage_options=_options(storage))
        except TableNotFoundError:
            _require_log(folder, table, -1)
            return Handle(home, table, None)
        except DeltaError:
            for damage in () if folder is None else all_damages(folder):
                raise damaged_table(table, damage) from None
            raise
        if version is None:
            _require_log(folder, table, delta.version())
        if at is not None:
            delta.load_as_version(at)
    return Handle(home, table, delta)


def _require_log(folder: Path | None, table: Table, version: int) -> None:
    """Refuse a log that has lost its last commits: the table would be as it was before them."""
    for damage in () if folder is None else lost_commits(folder, version):
        raise damaged_table(table, damage)


def damaged_table(table: Table, damage: Damage) -> DamagedTableError:
    """Return the error that tells of a damage, with what restores it."""
    again = ", with --observations or `catalogs add` for files that are not in the inbox" * table.is_source
    return DamagedTableError(f"{damage}; `astro-assets run --recompute {table.name}` restores it{again}")


def _options(storage: Storage) -> dict[str, str] | None:
    return None if storage.options is None else dict(storage.options)


def _create(home: Home, table: Table) -> DeltaTable:
    """Make an empty table beside its place and put it there: of two processes, one makes it, both use it."""
    storage, key = home.storage, home.table_key(table.name)
    if storage.options is None:
        _put_in_folder(Path(storage.place(key)), table)
    else:
        _put_in_store(storage, key, table)
    with storage.reaching():
        return DeltaTable(storage.place(key), version=0, storage_options=_options(storage))


def _put_in_folder(path: Path, table: Table) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".creating-", dir=path.parent))
    DeltaTable.create(temporary, **_declared(table))
    keep_checksums(temporary, 0)
    temporary.chmod(0o755)
    try:
        temporary.rename(path)
    except OSError as error:
        shutil.rmtree(temporary)
        if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
            raise


def _put_in_store(storage: Storage, key: str, table: Table) -> None:
    """Put the one file of an empty table where there is none: delta-rs would put a second one after it."""
    with tempfile.TemporaryDirectory() as folder:
        DeltaTable.create(folder, **_declared(table))
        (commit,) = Path(folder, "_delta_log").glob("*.json")
        storage.write(f"{key}/_delta_log/{commit.name}", commit.read_bytes(), replace=False)


def _declared(table: Table) -> dict[str, Any]:
    return {
        "schema": pl.DataFrame(schema=unit_schema(table.schema)).to_arrow().schema,
        "partition_by": ["shard"],
        "name": table.name,
        "configuration": _CONFIGURATION,
    }
