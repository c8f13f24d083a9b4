"""The history of runs: committed without a wait for every event, and safely there afterwards."""

import sqlite3
from pathlib import Path

import sqlalchemy

from astro_assets.orchestration.run_history import unhurried_commits


def _engine(path: Path) -> sqlalchemy.Engine:
    return sqlalchemy.create_engine(f"sqlite:///{path}", poolclass=sqlalchemy.NullPool)


def _write(path: Path, value: int) -> int:
    with _engine(path).begin() as connection:
        connection.exec_driver_sql("INSERT INTO numbers VALUES (?)", (value,))
        return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())


def test_events_wait_in_the_log_and_reach_the_database_at_the_end(tmp_path: Path) -> None:
    path, log = tmp_path / "history.db", tmp_path / "history.db-wal"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("CREATE TABLE numbers (n)")
    connection.close()
    assert _write(path, 0) == 2  # FULL: a wait for the disk
    assert not log.exists()
    with unhurried_commits():
        assert [_write(path, n) for n in (1, 2)] == [1, 1]
        assert log.stat().st_size > 0
        with sqlite3.connect(path) as other:
            assert other.execute("SELECT n FROM numbers").fetchall() == [(0,), (1,), (2,)]
        other.close()
    assert not log.exists()
    assert _write(path, 3) == 2
    with sqlite3.connect(path) as other:
        assert other.execute("SELECT count(*) FROM numbers").fetchall() == [(4,)]
    other.close()


def test_other_databases_are_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "plain.db"
    with unhurried_commits():
        with _engine(path).begin() as connection:
            connection.exec_driver_sql("CREATE TABLE numbers (n)")
        _write(path, 1)
        path.unlink()  # nothing holds it
    assert not list(tmp_path.iterdir())
