"""The databases of Dagster's run history, written without waiting for the disk at every event.

Only how SQLite commits is decided here; what is written is Dagster's. The ledger does not pass this way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy


@contextmanager
def unhurried_commits() -> Iterator[None]:
    """Let the history of this process's runs reach the disk when it is due, not with every event.

    Dagster opens each database anew for every event, commits, and closes it: a thousand events, one for each
    partition of each asset, and four waits for the disk each. A power failure may cost the last events of a
    run, never the database: the write-ahead log stays in order.
    """
    held: dict[str, sqlite3.Connection] = {}

    def relax(connection: Any, _record: Any) -> None:
        if not isinstance(connection, sqlite3.Connection):
            return
        connection.execute("PRAGMA synchronous = NORMAL")
        (file,) = (path for _, name, path in connection.execute("PRAGMA database_list") if name == "main")
        ((mode,),) = connection.execute("PRAGMA journal_mode")
        if mode == "wal" and file not in held:
            # As long as a second connection is open, closing the first does not empty the log.
            held[file] = sqlite3.connect(file, check_same_thread=False)
            held[file].execute("SELECT count(*) FROM sqlite_master").fetchall()

    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", relax)
    try:
        yield
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "connect", relax)
        for connection in held.values():
            connection.close()
