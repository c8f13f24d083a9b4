"""Taking files in: each is kept once, unchanged, under its sha256, and becomes a unit of a source table.

Nothing here looks into a file; what it is, and whether it can be used, is decided by the table that reads it.
The one exception is a list of descriptions, ``targets.csv``: the line that names a file is kept with it.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final, NoReturn

import polars as pl

from astro_assets.ledger.atomic import Flushing
from astro_assets.ledger.computing import Progress
from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.objects import CorruptStoreError, ObjectStore
from astro_assets.ledger.opening import opened
from astro_assets.ledger.shards import shard_of
from astro_assets.ledger.table import Table
from astro_assets.ledger.update import Report, put_units
from astro_assets.orchestration.descriptions import DESCRIPTIONS, Descriptions
from astro_assets.orchestration.inbox import Seen, seen
from astro_assets.orchestration.inbox_links import is_trusted

_CHANGING: Final = "it is being written"
#: Files taken at once, and bytes up to which one is read as a whole and so only once.
_AT_ONCE: Final = 4
_IN_MEMORY: Final = 64 * 1024**2


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files and the files below folders, in a fixed order.

    Links are followed, each folder once, but not those of other users into folders; hidden files and folders
    are passed over.

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
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and _may_enter(Path(folder, name))
        )
        yield from (Path(folder, name) for name in names if not name.startswith("."))


def _may_enter(folder: Path) -> bool:
    try:
        return is_trusted(folder, folder.stat())
    except OSError:
        return False


def ingest(
    ledger: Ledger,
    table: Table,
    paths: Iterable[Path],
    *,
    run_id: str = "",
    progress: Progress | None = None,
    may_take: Callable[[Path, Seen], bool] | None = None,
    taken: Callable[[Mapping[Path, Seen]], None] | None = None,
    flushing: Flushing | None = None,
) -> Report:
    """Take files in.

    A file is known by its content. What a ``targets.csv`` says of it is part of its row, so that a changed
    line makes exactly that file's results stale. Where several copies come in, the first that is described
    counts; a known file that no list describes keeps what was said of it. A ``targets.csv`` brings the files
    it names. The content is kept once, under its first name; the names of copies are listed with it.

    Parameters
    ----------
    table
        A source table with the columns ``sha256``, ``file_name``, ``size_bytes``, ``description`` and
        ``copies``.
    paths
        Files and folders. A file already in store is recognised by its content; its row is replaced only if
        its description has changed, or a copy of another name has come in.
    may_take
        Whether a file, given what it looks like before it is read, is taken in. Then ``paths`` are files that
        were found before: one that is gone since, or out of reach, stops no other.
    taken
        Called after the commit with what each file looked like before it was read.
    flushing
        Where files may reach the disk later; before the commit when None.

    Returns
    -------
    Report
        With a note for each file that cannot be read, or that is being written.

    Raises
    ------
    OSError
        If a path does not exist or a folder cannot be listed; nothing is taken in then.
    """
    paths = list(paths)
    descriptions = Descriptions([ledger.home.inbox, *paths])
    files = _with_described(find_files(paths) if may_take is None else paths, descriptions)
    contents: dict[Path, str] = {}
    before: dict[Path, Seen] = {}
    notes, n_bytes = [], 0
    for n_done, (path, outcome) in enumerate(_taken(ledger.home, files, may_take, flushing), 1):
        if isinstance(outcome, str):
            notes.append(f"{path} was not taken in: {outcome}")
            continue
        before[path], contents[path], written = outcome
        n_bytes += written
        if progress is not None:
            progress(n_done, len(files))
    known = _known(ledger, table, set(contents.values()))
    found: dict[str, dict[str, Any]] = {}
    described: dict[str, str] = {}
    names: dict[str, list[str]] = {}
    for path, sha256 in contents.items():
        found.setdefault(sha256, known.get(sha256) or _row(path, sha256, before[path]))
        names.setdefault(sha256, []).append(file_name(path))
        if (description := descriptions.of(path, found[sha256]["description"])) is not None:
            described.setdefault(sha256, description)
    for sha256, description in described.items():
        found[sha256] = {**found[sha256], "description": description}
    found = {sha256: _with_copies(row, names[sha256]) for sha256, row in found.items()}
    rows = {sha256: [row] for sha256, row in found.items() if row != known.get(sha256)}
    report = put_units(ledger, table, rows, run_id=run_id)
    if taken is not None:
        taken(before)
    report.bytes_written += n_bytes
    report.count((shard_of(sha256, ledger.home.n_shards), "reused") for sha256 in found if sha256 not in rows)
    report.keys = tuple(found)
    report.notes = notes
    return report


def _known(ledger: Ledger, table: Table, keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the rows of some files that came in before, by sha256."""
    shards = {shard_of(key, ledger.home.n_shards) for key in keys}
    rows = ledger.open(table).rows(table.schema.names, shards).filter(pl.col("key").is_in(list(keys)))
    return {row["sha256"]: row for row in rows.select(table.schema.names).collect().iter_rows(named=True)}


def _row(path: Path, sha256: str, now: Seen) -> dict[str, Any]:
    size, _ = now.stamp
    return {
        "sha256": sha256,
        "file_name": file_name(path),
        "size_bytes": size,
        "description": None,
        "copies": None,
    }


def _with_copies(row: dict[str, Any], names: Iterable[str]) -> dict[str, Any]:
    """Add the names of files of one content that came in together; names that are there stand for theirs."""
    copies = Counter[str]([row["file_name"], *(row["copies"] or ())]) | Counter[str](names)
    copies[row["file_name"]] -= 1
    return {**row, "copies": sorted(copies.elements()) or None}


def _with_described(found: Iterable[Path], descriptions: Descriptions) -> list[Path]:
    """Add to each list the files that it names: their rows may change with it."""
    files: dict[Path, Path] = {}
    for path in found:
        named = descriptions.described_by(path) if path.name == DESCRIPTIONS else ()
        for file in (path, *named):
            files.setdefault(file.absolute(), file)
    return list(files.values())


def _taken(
    home: Home,
    files: Sequence[Path],
    may_take: Callable[[Path, Seen], bool] | None,
    flushing: Flushing | None,
) -> Iterator[tuple[Path, tuple[Seen, str, int] | str]]:
    """Take several files at once."""
    with Flushing() if flushing is None else nullcontext(flushing) as chosen:
        objects = ObjectStore(home, flushing=chosen)
        threads = ThreadPoolExecutor(_AT_ONCE)
        try:
            yield from zip(
                files, threads.map(lambda path: _take(objects, path, may_take), files), strict=True
            )
        finally:
            threads.shutdown(cancel_futures=True)


def _take(
    objects: ObjectStore, path: Path, may_take: Callable[[Path, Seen], bool] | None
) -> tuple[Seen, str, int] | str:
    """Store a file; return what it looked like before, its sha256 and the bytes written, or why it was not.

    What cannot be written into the store is an error of the machine, not of the file.
    """
    try:
        before = seen(path)
        if may_take is not None and not may_take(path, before):
            return _CHANGING
        size, _ = before.stamp
        data = _whole(path, size) if size <= _IN_MEMORY else None
        if data is not None and len(data) != size:
            return _CHANGING
        sha256 = sha256_of(path) if data is None else hashlib.sha256(data).hexdigest()
    except OSError as error:
        return error.strerror or str(error)
    try:
        written = objects.put_file(path, sha256, data)
        return (before, sha256, written) if seen(path).stamp == before.stamp else _CHANGING
    except CorruptStoreError:
        return _CHANGING
    except OSError as error:
        if error.filename != os.fspath(path):
            raise
        return error.strerror or str(error)


def _whole(path: Path, size: int) -> bytes:
    """Return the content of a file, and of one that is longer than it said, one byte more."""
    with opened(path) as stream:
        return stream.read(size + 1)


def _raise(error: OSError) -> NoReturn:
    raise error


def file_name(path: Path) -> str:
    """Return the file's name as text: bytes that are no UTF-8, which no table can hold, are replaced."""
    return os.fsencode(path.name).decode(errors="replace")
