"""Taking files in: each is kept once, unchanged, under its sha256, and becomes a unit of a source table.

Nothing here looks into a file; what it is, and whether it can be used, is decided by the table that reads it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.objects import sha256_of
from astro_assets.ledger.shards import shard_of
from astro_assets.ledger.table import Table
from astro_assets.ledger.update import Progress, Report, put_units


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files and the files below folders, in a fixed order.

    Links are followed, each folder once; hidden files and folders are passed over.

    Raises
    ------
    OSError
        If a path does not exist, or a folder cannot be listed: that is no empty folder.
    """
    for path in paths:
        if path.is_dir():
            yield from sorted(_below(path))
        else:
            path.lstat()
            yield path


def _below(top: Path) -> Iterator[Path]:
    seen: set[tuple[int, int]] = set()
    for folder, folders, names in os.walk(top, onerror=_raise, followlinks=True):
        status = Path(folder).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(folder, name) for name in names if not name.startswith("."))


def ingest(
    ledger: Ledger, table: Table, paths: Iterable[Path], *, run_id: str = "", progress: Progress | None = None
) -> Report:
    """Take files in.

    Parameters
    ----------
    table
        A source table with the columns ``sha256``, ``file_name``, ``size_bytes``.
    paths
        Files and folders. A file already in store is recognised by its content; its row is left alone.

    Returns
    -------
    Report
        With a note for each file that cannot be read.

    Raises
    ------
    OSError
        If a path does not exist or a folder cannot be listed.
    CorruptStoreError
        If a file changed while it was being copied.
    """
    known = set(ledger.open(table).units(["key"]).collect()["key"])
    files = list(find_files(paths))
    rows: dict[str, list[Mapping[str, Any]]] = {}
    again, notes, n_bytes = [], [], 0
    for n_done, path in enumerate(files, 1):
        try:
            sha256 = _readable_sha256(path)
        except OSError as error:
            notes.append(f"{path} was not taken in: {error.strerror}")
            continue
        n_bytes += ledger.objects.put_file(path, sha256)
        if sha256 in known:
            again.append(sha256)
        else:
            row = {"sha256": sha256, "file_name": _name(path), "size_bytes": path.stat().st_size}
            rows.setdefault(sha256, [row])
        if progress is not None:
            progress(n_done, len(files))
    report = put_units(ledger, table, rows, run_id=run_id)
    report.bytes_written += n_bytes
    report.count((shard_of(sha256, ledger.home.n_shards), "reused") for sha256 in again)
    report.keys = (*rows, *again)
    report.notes = notes
    return report


def _readable_sha256(path: Path) -> str:
    if not stat.S_ISREG(path.stat().st_mode):
        # A pipe, a socket or a device: reading it might never end.
        raise OSError(errno.EINVAL, "not a regular file")
    return sha256_of(path)


def _raise(error: OSError) -> NoReturn:
    raise error


def _name(path: Path) -> str:
    """Return the file's name as text: bytes that are no UTF-8, which no table can hold, are replaced."""
    return os.fsencode(path.name).decode(errors="replace")
