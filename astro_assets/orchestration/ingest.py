"""Taking files in: each is kept once, unchanged, under its sha256, and becomes a unit of a source table.

Nothing here looks into a file; what it is, and whether it can be used, is decided by the table that reads it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.objects import sha256_of
from astro_assets.ledger.table import Table
from astro_assets.ledger.update import Progress, Report, put_units


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files and the files below folders, in a fixed order; hidden files and folders are passed over.

    Raises
    ------
    FileNotFoundError
        If a path does not exist.
    """
    for path in paths:
        if path.is_dir():
            below = (
                p
                for p in path.rglob("*")
                if not any(part.startswith(".") for part in p.relative_to(path).parts)
            )
            yield from sorted(p for p in below if p.is_file())
        elif path.is_file():
            yield path
        else:
            raise FileNotFoundError(f"{path} does not exist")


def ingest(
    ledger: Ledger, table: Table, paths: Iterable[Path], *, run_id: str = "", progress: Progress | None = None
) -> Report:
    """Take files in.

    Parameters
    ----------
    table
        A source table with the columns ``sha256``, ``file_name``, ``size_bytes``.
    paths
        Files and folders. A file already in store is recognised by its content and left alone.

    Raises
    ------
    FileNotFoundError
        If a path does not exist.
    CorruptStoreError
        If a file changed while it was being copied.
    """
    known = set(ledger.open(table).units(["key"]).collect()["key"])
    files = list(find_files(paths))
    rows: dict[str, list[Mapping[str, Any]]] = {}
    already = n_bytes = 0
    for n_done, path in enumerate(files, 1):
        sha256 = sha256_of(path)
        if sha256 in known:
            already += 1
        else:
            n_bytes += ledger.objects.put_file(path, sha256)
            row = {"sha256": sha256, "file_name": _name(path), "size_bytes": path.stat().st_size}
            rows.setdefault(sha256, [row])
        if progress is not None:
            progress(n_done, len(files))
    report = put_units(ledger, table, rows, run_id=run_id)
    report.bytes_written += n_bytes
    report.count((0, "reused") for _ in range(already))
    return report


def _name(path: Path) -> str:
    """Return the file's name as text: bytes that are no UTF-8, which no table can hold, are replaced."""
    return os.fsencode(path.name).decode(errors="replace")
