"""Taking files in: each is kept once, unchanged, under its sha256, and becomes a unit of a source table.

Nothing here looks into a file; what it is, and whether it can be used, is decided by the table that reads it.
"""

from __future__ import annotations

import errno
import os
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
    seen: set[tuple[int, int]] = set()
    for path in paths:
        if not path.is_dir():
            path.stat()
            yield path
            continue
        for folder, folders, names in os.walk(path, onerror=_raise, followlinks=True):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            identity = (stat := Path(folder).stat()).st_dev, stat.st_ino
            if identity in seen:
                folders.clear()
                continue
            seen.add(identity)
            yield from (Path(folder) / name for name in sorted(names) if not name.startswith("."))


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
            sha256, written = _take(ledger, path)
        except (PermissionError, FileNotFoundError, NotAFileError) as error:
            notes.append(f"{path} was not taken in: {error.strerror or error}")
            continue
        n_bytes += written
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


class NotAFileError(OSError):
    """A pipe, a socket or a device: reading it might never end."""


def _take(ledger: Ledger, path: Path) -> tuple[str, int]:
    if not path.is_file():
        path.stat()
        raise NotAFileError(errno.EINVAL, "not a regular file")
    sha256 = sha256_of(path)
    return sha256, ledger.objects.put_file(path, sha256)


def _raise(error: OSError) -> NoReturn:
    raise error


def _name(path: Path) -> str:
    """Return the file's name as text: bytes that are no UTF-8, which no table can hold, are replaced."""
    return os.fsencode(path.name).decode(errors="replace")
