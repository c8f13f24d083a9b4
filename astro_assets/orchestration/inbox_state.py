"""The file in which an inbox's state is kept: a small SQLite database with folders, files and a few facts.

Only its tables and transactions are here. What the states mean, and when they change, is in ``inbox``.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import IntEnum
from pathlib import Path
from typing import Any, Final

#: Longest wait for another process that is looking at the same inbox, in seconds.
PATIENCE_S: Final = 20.0
_VERSION: Final = 1
#: A folder's id is never used again: a look may still hold that of one it forgot.
#: Paths are bytes: names on a disk need not be text. A folder without a `listed_mtime_ns` is to be listed.
_TABLES: Final = """
CREATE TABLE folders (
  id INTEGER PRIMARY KEY AUTOINCREMENT, parent INTEGER, path BLOB NOT NULL UNIQUE, identity TEXT NOT NULL,
  listed_mtime_ns INTEGER
);
CREATE INDEX folders_by_parent ON folders (parent);
CREATE INDEX folders_by_identity ON folders (identity);
CREATE TABLE files (
  folder INTEGER NOT NULL, name BLOB NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
  seen_ns INTEGER NOT NULL, state INTEGER NOT NULL, PRIMARY KEY (folder, name)
) WITHOUT ROWID;
CREATE INDEX files_by_state ON files (state);
CREATE TABLE facts (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
"""


class State(IntEnum):
    """What is known of a file."""

    #: Seen, and perhaps still being written.
    SEEN = 0
    #: Was the same at two looks.
    SETTLED = 1
    #: A run has been requested that takes it in.
    REQUESTED = 2
    #: Taken in.
    KNOWN = 3


class InboxStateError(RuntimeError):
    """The state of the inbox cannot be used now."""


class InboxBusyError(InboxStateError):
    """Another process has been looking at the inbox for longer than one waits."""


class _OutdatedError(sqlite3.DatabaseError):
    """The state was written by another version of this package."""


@contextmanager
def transaction(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the state for changing; everything in the block happens, or nothing.

    A file that is damaged or of another version is replaced by an empty one: it is only a memory.

    Raises
    ------
    InboxBusyError
        If another process does not let go of it.
    InboxStateError
        If it cannot be written, or has just been found damaged.
    """
    try:
        with closing(_opened(path)) as connection:
            _begin(connection)
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()
    except sqlite3.Error as error:
        if _is_damaged(error):
            _remove(path)
        busy = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY
        raise (InboxBusyError if busy else InboxStateError)(f"{path}: {error}") from error


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection | None]:
    """Open the state without changing anything; None if there is none that can be read.

    Raises
    ------
    InboxStateError
        If it cannot be read now.
    """
    if not path.exists():
        yield None
        return
    try:
        # Not `mode=ro`: half of a transaction that a killed process left must be taken back before reading.
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=rw", timeout=PATIENCE_S, uri=True)) as connection:
            yield connection if _is_usable(connection) else None
    except sqlite3.Error as error:
        raise InboxStateError(f"{path}: {error}") from error


def _opened(path: Path) -> sqlite3.Connection:
    try:
        return _connected(path)
    except sqlite3.DatabaseError as error:
        if not _is_damaged(error):
            raise
        _remove(path)
        return _connected(path)


def _is_damaged(error: sqlite3.Error) -> bool:
    damaged = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return isinstance(error, _OutdatedError) or getattr(error, "sqlite_errorcode", None) in damaged


def _is_usable(connection: sqlite3.Connection) -> bool:
    try:
        return _version(connection) == _VERSION
    except sqlite3.DatabaseError as error:
        if _is_damaged(error):
            return False
        raise


def _remove(path: Path) -> None:
    for name in (path.name, f"{path.name}-journal"):
        path.with_name(name).unlink(missing_ok=True)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=PATIENCE_S, isolation_level=None)
    try:
        if _version(connection) != _VERSION:
            _make_tables(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _make_tables(connection: sqlite3.Connection) -> None:
    _begin(connection)
    if (version := _version(connection)) != _VERSION:  # nobody else was faster
        if version:
            raise _OutdatedError(f"the state is of version {version}")
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    connection.commit()


def _begin(connection: sqlite3.Connection) -> None:
    # At once for writing: two that read first and write later would refuse each other.
    connection.execute("BEGIN IMMEDIATE")


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)


def fact(connection: sqlite3.Connection, name: str) -> Any:
    """Return a fact, None if there is none."""
    row = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else row[0]


def set_fact(connection: sqlite3.Connection, name: str, value: str | int | None) -> None:
    """Remember a fact."""
    connection.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))


def count_by_state(connection: sqlite3.Connection) -> dict[int, int]:
    """Return how many files there are in each state."""
    return dict(connection.execute("SELECT state, count(*) FROM files GROUP BY state").fetchall())
