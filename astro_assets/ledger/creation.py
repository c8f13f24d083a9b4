"""Making a table where there is none, and keeping beside all tables which of them were ever written.

Without that, a table whose folder is lost would be taken for one that nobody has written yet.
"""

from __future__ import annotations

import errno
import shutil
import tempfile
from pathlib import Path
from typing import Any, Final

import polars as pl
from deltalake import DeltaTable

from astro_assets.ledger.checksums import keep_checksums
from astro_assets.ledger.home import Home
from astro_assets.ledger.storage import Storage
from astro_assets.ledger.table import Table
from astro_assets.ledger.units import unit_schema

#: History is pruned on purpose only: by default a commit drops log entries older than 30 days.
_KEEP: Final = "interval 36500 days"
_CONFIGURATION: Final = {
    "delta.logRetentionDuration": _KEEP,
    "delta.deletedFileRetentionDuration": _KEEP,
    # Opening a table reads all commits since the last checkpoint: with a hundred that takes 40 ms.
    "delta.checkpointInterval": "20",
}


def created_key(table: Table) -> str:
    """Return what is there, in a home's storage, from the first commit of a table on."""
    return f"created/{table.name}"


def was_created(home: Home, table: Table) -> bool:
    """Tell whether a table was written: it is there, or it is lost."""
    return home.storage.size(created_key(table)) is not None


def keep_created(home: Home, table: Table) -> None:
    """Keep that a table was written; after its commit, so that whoever reads this finds the table."""
    if not was_created(home, table):
        home.storage.write(created_key(table), b"")


def let_be_new(home: Home, table: Table) -> None:
    """Let a table that is lost be one that was never written."""
    home.storage.remove(created_key(table))


def options_of(storage: Storage) -> dict[str, str] | None:
    """Return what Delta Lake needs to know to read and write in a place."""
    return None if storage.options is None else dict(storage.options)


def create(home: Home, table: Table) -> DeltaTable:
    """Make an empty table beside its place and put it there: of two processes, one makes it, both use it."""
    storage, key = home.storage, home.table_key(table.name)
    if storage.options is None:
        _put_in_folder(Path(storage.place(key)), table)
    else:
        _put_in_store(storage, key, table)
    with storage.reaching():
        return DeltaTable(storage.place(key), version=0, storage_options=options_of(storage))


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
