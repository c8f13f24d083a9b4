"""The event log of a home's runs: Dagster's own databases in SQLite, each opened once.

Only how they are opened and how they commit is decided here; what is written is Dagster's. The ledger does
not pass this way.
"""

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, Self

import dagster as dg
import sqlalchemy

# Dagster documents this class as the one to name in dagster.yaml, and offers it under no public name.
from dagster._core.storage.event_log import (  # noqa: TID251
    SqlEventLogStorageTable,
    SqliteEventLogStorage,
)

from astro_assets.orchestration.ui_guard import guard_webserver

#: Databases kept open: the index of all runs, and those of the runs that were looked at last.
_KEPT_OPEN: Final = 8
#: Seconds that a writer waits for another, as Dagster's own.
_PATIENCE_S: Final = 30


class RunHistory(SqliteEventLogStorage):
    """Dagster's event log in its usual files, at a fifth of the time an event.

    Dagster makes an engine of SQLAlchemy for every statement of every event, which compiles each statement
    anew, opens the database and waits for the disk: 4 to 8 ms an event, and a run has one for each partition
    of each asset. Here the databases stay open. A power failure may cost the last events of a run, never
    the database: the write-ahead log stays in order.

    It overrides a method that is not public, ``_connect``, for which there is no other place: the storage is
    chosen in ``dagster.yaml``, but how it connects is not. Its test fails if Dagster changes that.
    """

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        #: By shard, the one used last at the end.
        self._engines: dict[str, sqlalchemy.Engine] = {}
        #: Tables that were seen in the index.
        self._tables: set[str] = set()
        #: Held by a thread that writes a run's events and, before these are final, the index.
        self._lock = threading.RLock()
        super().__init__(base_dir, inst_data)

    @classmethod
    def config_type(cls) -> dict[str, Any]:
        """Return the settings in ``dagster.yaml``: none, so that a home can be moved."""
        return {}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Mapping[str, Any]) -> Self:  # noqa: ARG003
        """Open the event log of ``DAGSTER_HOME``, where Dagster's default is."""
        return cls(str(Path(os.environ["DAGSTER_HOME"]) / "history" / "runs"), inst_data)

    def _engine(self, shard: str) -> sqlalchemy.Engine:
        engine = self._engines.pop(shard, None)
        if engine is None:
            address = self.conn_string_for_shard(shard)
            engine = sqlalchemy.create_engine(address, connect_args={"timeout": _PATIENCE_S})
            sqlalchemy.event.listen(engine, "connect", _relax)
        self._engines[shard] = engine
        if len(self._engines) > _KEPT_OPEN:
            self._engines.pop(next(iter(self._engines))).dispose()
        return engine

    @contextmanager
    def _connect(self, shard: str) -> Iterator[sqlalchemy.Connection]:
        with self._lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def has_table(self, table_name: str) -> bool:
        """Whether the index has a table: asked at every event of a check."""
        if table_name not in self._tables:
            with self.index_connection() as connection:
                if not sqlalchemy.inspect(connection).has_table(table_name):
                    return False
            self._tables.add(table_name)
        return True

    def store_event(self, event: dg.EventLogEntry) -> None:
        """Store an event."""
        super().store_event(event)
        self._tell_watchers(event.run_id)

    def store_event_batch(self, events: Sequence[dg.EventLogEntry]) -> None:
        """Store the planned or done materializations of many partitions, or planned checks, of one run."""
        if not events:
            return
        rows = [self._event_to_row(event) for event in events]
        with self.run_connection(events[0].run_id) as connection:
            connection.execute(SqlEventLogStorageTable.insert(), rows)
            # What fails there undoes this: Dagster then stores one event after the other.
            self._store_in_index(events, rows)
        self._tell_watchers(events[0].run_id)

    def _store_in_index(self, events: Sequence[dg.EventLogEntry], rows: Sequence[Mapping[str, Any]]) -> None:
        """Store events again in the index of all runs, as `store_event` does for each."""
        with self.index_transaction() as connection:
            insert = SqlEventLogStorageTable.insert()
            numbered = insert.returning(SqlEventLogStorageTable.c.id, sort_by_parameter_order=True)
            stored = list(zip(events, connection.execute(numbered, rows).scalars(), strict=True))
            of_assets = [(event, number) for event, number in stored if _asset_of(event) is not None]
            if of_assets:
                self._store_asset_event_tags(connection, *map(list, zip(*of_assets, strict=True)))
            # Of an asset is kept which event was the last.
            for event, number in {_asset_of(event): (event, number) for event, number in of_assets}.values():
                self._store_asset_event(connection, event, number)
        for event, number in stored:
            if _asset_of(event) is None:
                self.store_asset_check_event(event, number)

    def _tell_watchers(self, run_id: str) -> None:
        # The UI watches the database's file, and only the log beside it is written.
        os.utime(self.path_for_shard(run_id))

    def optimize_for_webserver(self, statement_timeout: int, pool_recycle: int, max_overflow: int) -> None:
        """Get ready for a webserver, which this process makes next: only here can a home say how."""
        guard_webserver()
        super().optimize_for_webserver(statement_timeout, pool_recycle, max_overflow)

    def wipe(self) -> None:
        """Delete all events."""
        self._close()
        super().wipe()

    def dispose(self) -> None:
        """Close the databases."""
        self._close()
        super().dispose()

    def _close(self) -> None:
        with self._lock:
            while self._engines:
                self._engines.popitem()[1].dispose()


def _relax(connection: Any, _record: Any) -> None:
    """Let commits reach the disk when it is due, not with every event."""
    connection.execute("PRAGMA journal_mode = WAL")  # before Dagster sets it, when it has made the tables
    connection.execute("PRAGMA synchronous = NORMAL")


def _asset_of(event: dg.EventLogEntry) -> dg.AssetKey | None:
    return event.get_dagster_event().asset_key
