"""Taking files in: each is kept once, unchanged, under its sha256, and becomes a unit of a source table.

Nothing here looks into a file; what it is, and whether it can be used, is decided by the table that reads it.
The one exception is a list of descriptions, ``targets.csv``: the line that names a file is kept with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.objects import sha256_of
from astro_assets.ledger.table import Table
from astro_assets.ledger.update import Progress, Report, put_units
from astro_assets.orchestration.descriptions import DESCRIPTIONS, Descriptions


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

    A file is known by its content. What a ``targets.csv`` says of it is part of its row, so that a changed
    line makes exactly that file's results stale. Where several copies come in, the first that is described
    counts; a known file that no list describes keeps what was said of it. A ``targets.csv`` brings the files
    it names.

    Parameters
    ----------
    table
        A source table with the columns ``sha256``, ``file_name``, ``size_bytes``, ``description``.
    paths
        Files and folders. A file already in store is recognised by its content; its row is replaced only if
        its description has changed.

    Raises
    ------
    FileNotFoundError
        If a path does not exist.
    CorruptStoreError
        If a file changed while it was being copied.
    """
    known = _known(ledger, table)
    descriptions = Descriptions()
    files = _with_described(find_files(paths), descriptions)
    rows: dict[str, dict[str, Any]] = {}
    already = n_bytes = 0
    for n_done, path in enumerate(files, 1):
        sha256, description = sha256_of(path), descriptions.of(path)
        if sha256 in rows:
            rows[sha256]["description"] = rows[sha256]["description"] or description
        elif sha256 in known and description in (None, known[sha256]["description"]):
            already += 1
        elif sha256 in known:
            rows[sha256] = {**known[sha256], "description": description}
        else:
            n_bytes += ledger.objects.put_file(path, sha256)
            rows[sha256] = {
                "sha256": sha256,
                "file_name": _name(path),
                "size_bytes": path.stat().st_size,
                "description": description,
            }
        if progress is not None:
            progress(n_done, len(files))
    report = put_units(ledger, table, {sha256: [row] for sha256, row in rows.items()}, run_id=run_id)
    report.bytes_written += n_bytes
    report.count((0, "reused") for _ in range(already))
    return report


def _known(ledger: Ledger, table: Table) -> dict[str, dict[str, Any]]:
    rows = ledger.open(table).rows(table.schema.names).collect().select(table.schema.names)
    return {row["sha256"]: row for row in rows.iter_rows(named=True)}


def _with_described(found: Iterable[Path], descriptions: Descriptions) -> list[Path]:
    """Add to each list the files that it names: their rows may change with it."""
    files: dict[Path, Path] = {}
    for path in found:
        named = descriptions.described_by(path) if path.name == DESCRIPTIONS else ()
        for file in (path, *named):
            files.setdefault(file.absolute(), file)
    return list(files.values())


def _name(path: Path) -> str:
    """Return the file's name as text: bytes that are no UTF-8, which no table can hold, are replaced."""
    return os.fsencode(path.name).decode(errors="replace")
