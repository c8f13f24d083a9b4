"""Everything that a home's files hold, read by what reads each kind: for tests that something is nowhere.

Reading only; what must not be there is in the tests.
"""

from __future__ import annotations

import gzip
import io
import sqlite3
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
from pyarrow import ipc


def contents(root: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of every file below a folder, then what is in it once unpacked."""
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        name, data = str(path.relative_to(root)), path.read_bytes()
        yield name, name.encode()
        yield from _unpacked(name, data, path)


def _unpacked(name: str, data: bytes, path: Path) -> Iterator[tuple[str, bytes]]:
    yield name, data
    if data[:4] == b"PAR1":
        yield from _texts(
            name, pl.DataFrame(pl.from_arrow(pq.read_table(io.BytesIO(data), partitioning=None)))
        )
        yield name, str(pq.read_metadata(io.BytesIO(data)).to_dict()).encode()
    elif data[:6] == b"ARROW1":
        frame = pl.DataFrame(pl.from_arrow(ipc.open_file(io.BytesIO(data)).read_all()))
        for values in frame.get_columns():
            yield f"{name} {values.name}", values.to_numpy().tobytes()
    elif data[:16] == b"SQLite format 3\x00":
        yield from _rows(name, path)
    elif data[:2] == b"PK":
        with suppress(zipfile.BadZipFile), zipfile.ZipFile(io.BytesIO(data)) as archive:
            for entry in archive.namelist():
                yield from _unpacked(f"{name}/{entry}", archive.read(entry), path)
    elif data[:2] == b"\x1f\x8b":
        yield from _unpacked(f"{name} unpacked", gzip.decompress(data), path)


def _texts(name: str, frame: pl.DataFrame) -> Iterator[tuple[str, bytes]]:
    for values in frame.get_columns():
        flat = values
        while isinstance(flat.dtype, pl.List):
            flat = flat.explode()
        if isinstance(flat.dtype, pl.Struct):
            yield from _texts(f"{name} {values.name}", flat.struct.unnest())
        elif flat.dtype == pl.String:
            yield f"{name} {values.name}", "\n".join(flat.drop_nulls()).encode()
        elif flat.dtype == pl.Binary:
            yield f"{name} {values.name}", b"\n".join(flat.drop_nulls())


def _rows(name: str, path: Path) -> Iterator[tuple[str, bytes]]:
    with closing(sqlite3.connect(path)) as database:
        for (table,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608  names are the database's
                for value in row:
                    data = value if isinstance(value, bytes) else str(value).encode()
                    yield f"{name} {table}", data
                    with suppress(zlib.error):
                        yield f"{name} {table}", zlib.decompress(data)
