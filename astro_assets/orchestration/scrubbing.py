"""Taking a name out of what Dagster and MLflow keep: their SQLite databases, and texts.

Where something lies is in `forgetting`.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import zlib
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

from astro_assets.ledger.atomic import write_bytes

#: Texts in, texts out.
Replace = Callable[[str], str]
_SQLITE: Final = b"SQLite format 3\x00"
#: Longest wait for a process that has a database open, in seconds.
_PATIENCE_S: Final = 30.0
#: Pictures within texts: a name may be drawn in one. Each is replaced by one empty pixel.
_PICTURE: Final = re.compile(r"data:image/png;base64,[A-Za-z0-9+/=]{200,}")
_PIXEL: Final = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAA"
    "AABJRU5ErkJggg=="
)


def without_pictures(text: str) -> str:
    """Return a text without the pictures in it."""
    return _PICTURE.sub(_PIXEL, text)


def scrub_folder(folder: Path, replace: Replace) -> int:
    """Replace a name in every database and text below a folder, and return in how many.

    Raises
    ------
    sqlite3.OperationalError
        If another process does not let go of a database.
    """
    return sum(scrub_file(path, replace) for path in sorted(folder.rglob("*")) if path.is_file())


def scrub_file(path: Path, replace: Replace) -> bool:
    """Replace a name in a database or a text, and return whether it was there."""
    with path.open("rb") as stream:
        beginning = stream.read(len(_SQLITE))
    if beginning == _SQLITE:
        return _scrub_database(path, replace)
    if path.name.endswith(("-wal", "-shm", "-journal")):  # emptied with its database
        return False
    data = path.read_bytes()
    new = _bytes(data, replace)
    if new != data:
        write_bytes(path, new, mode=path.stat().st_mode & 0o777)
    return new != data


def _scrub_database(path: Path, replace: Replace) -> bool:
    n_changed = 0
    with closing(sqlite3.connect(path, timeout=_PATIENCE_S, isolation_level=None)) as database:
        database.execute("PRAGMA secure_delete = ON")
        database.execute("BEGIN IMMEDIATE")
        names = [
            name
            for (name,) in database.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            )
        ]
        for name in names:
            n_changed += _scrub_rows(database, name, replace)
        database.execute("COMMIT")
        # What was changed or deleted, now or before, is in free pages and in the log of writes still.
        database.execute("VACUUM")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return n_changed > 0


def _scrub_rows(database: sqlite3.Connection, table: str, replace: Replace) -> int:
    columns = [row[1] for row in database.execute(f'PRAGMA table_info("{table}")')]
    listed = ", ".join(f'"{column}"' for column in columns)
    n_changed = 0
    for rowid, *values in database.execute(f'SELECT rowid, {listed} FROM "{table}"').fetchall():  # noqa: S608
        new = [replaced_value(value, replace) for value in values]
        if new != values:
            assigned = ", ".join(f'"{column}" = ?' for column in columns)
            # Names of tables and columns are the database's own.
            database.execute(f'UPDATE "{table}" SET {assigned} WHERE rowid = ?', (*new, rowid))  # noqa: S608
            n_changed += 1
    return n_changed


def replaced_value(value: object, replace: Replace) -> object:
    """Return a value of a database's row without a name: text, packed or not, is changed; all else stays."""
    if isinstance(value, str):
        return replace(value)
    return _bytes(value, replace) if isinstance(value, bytes) else value


def _bytes(data: bytes, replace: Replace) -> bytes:
    """Replace within text in UTF-8, compressed by zlib or not; other bytes stay."""
    try:
        text, is_packed = zlib.decompress(data), True
    except zlib.error:
        text, is_packed = data, False
    try:
        before = text.decode()
    except UnicodeDecodeError:
        return data
    after = replace(before)
    if after == before:
        return data
    return zlib.compress(after.encode()) if is_packed else after.encode()


def remove(path: Path) -> int:
    """Remove a file, or a folder with all in it, and return the bytes."""
    if not path.is_dir() or path.is_symlink():
        n_bytes = path.stat().st_size if path.is_file() else 0
        path.unlink(missing_ok=True)
        return n_bytes
    n_bytes = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    shutil.rmtree(path)
    return n_bytes
