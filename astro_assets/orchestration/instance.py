"""The Dagster instance of a home: its settings and workspace files, and opening it.

Runs made on the command line and in the UI are kept in the same place, so that each shows the other's: in
SQLite files in the home, or in the PostgreSQL database that the environment names.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

import dagster as dg
import sqlalchemy

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.home import Home
from astro_assets.ledger.variables import environment
from astro_assets.orchestration.postgres import POSTGRES_VARIABLE, connected, postgres_address

_SETTINGS = """\
# Settings of this home's Dagster instance. Delete the file to get the defaults again.
telemetry:
  enabled: false
nux:
  enabled: false
run_monitoring:
  enabled: true
retention:
  schedule:
    purge_after_days: 30
  sensor:
    purge_after_days:
      skipped: 2
      success: 30
      failure: 30
concurrency:
  pools:
    granularity: op
"""
_EVENT_LOG = """\
# Dagster's own event log, which keeps its databases open. Without this it works as well, and slower.
event_log_storage:
  module: astro_assets.orchestration.run_history
  class: RunHistory
  config: {}
"""
# The settings end with those of concurrency. Runs are processes beside the code, whose memory is shared.
_POSTGRES = f"""\
  runs:
    max_concurrent_runs: 4
# The address is read from the environment whenever a process starts, the password by the driver.
run_storage:
  module: dagster_postgres
  class: PostgresRunStorage
  config: &history
    postgres_url:
      env: {POSTGRES_VARIABLE}
schedule_storage:
  module: dagster_postgres
  class: PostgresScheduleStorage
  config: *history
# Dagster's own, which keeps pages of other sites away from the UI.
event_log_storage:
  module: astro_assets.orchestration.postgres_history
  class: PostgresHistory
  config: *history
"""
#: As it was before there was an event log of ours for it.
_FORMER_POSTGRES = f"""\
  runs:
    max_concurrent_runs: 4
# The address is read from the environment whenever a process starts, the password by the driver.
storage:
  postgres:
    postgres_url:
      env: {POSTGRES_VARIABLE}
"""

#: Lets Dagster store the events of an asset's partitions together; Dagster reads it at every event.
BATCHED_EVENTS: Final = {"DAGSTER_EVENT_BATCH_SIZE": "1000"}
#: The name of the code location, in every workspace file.
LOCATION = "astro_assets"
_WORKSPACE = f"""\
load_from:
  - python_module:
      module_name: astro_assets.definitions
      location_name: {LOCATION}
"""


def postgres_folder(home: Home) -> Path:
    """Return the folder for ``DAGSTER_HOME`` of a history in PostgreSQL; it is there once that was used."""
    return home.dagster / "postgres"


def instance_folder(home: Home) -> Path:
    """Return the folder for ``DAGSTER_HOME``, with its settings file in place.

    Raises
    ------
    PostgresError
        If the environment names a database in a way that cannot be.
    """
    if postgres_address() is not None:
        folder = postgres_folder(home)
        folder.mkdir(parents=True, exist_ok=True)
        _keep(folder / "dagster.yaml", _SETTINGS + _POSTGRES, former=_SETTINGS + _FORMER_POSTGRES)
        return folder
    _keep(home.dagster / "dagster.yaml", _SETTINGS + _EVENT_LOG, former=_SETTINGS)
    return home.dagster


def _keep(settings: Path, text: str, former: str) -> None:
    """Write settings where there are none, or those of an older version that nobody changed."""
    if not settings.exists():
        write_bytes(settings, text.encode(), replace=False)
    elif settings.read_text() == former:
        write_bytes(settings, text.encode())


def workspace_file(home: Home) -> Path:
    """Return a workspace file that serves this package from wherever it is installed."""
    path = home.dagster / "workspace.yaml"
    write_bytes(path, _WORKSPACE.encode())
    return path


def open_instance(home: Home) -> dg.DagsterInstance:
    """Open the home's Dagster instance; use it as a context manager.

    One process at a time: two that make its databases at once spoil them.

    Raises
    ------
    PostgresError
        If the database that the environment names cannot be used.
    """
    folder, address = instance_folder(home), postgres_address()
    with (folder / ".opening").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if address is not None:
            with connected(address):
                pass  # Dagster would try six times, telling of each
        is_new = address is None and not (folder / "history").exists()
        with environment({"DAGSTER_HOME": str(folder)}), _made_at_once(folder) if is_new else nullcontext():
            return dg.DagsterInstance.from_config(str(folder))


@contextmanager
def _made_at_once(folder: Path) -> Iterator[None]:
    """Let SQLite wait for the disk when a new home's databases are made, not for each of their tables."""

    def unhurried(connection: Any, _record: object) -> None:
        if isinstance(connection, sqlite3.Connection):
            connection.execute("PRAGMA synchronous = OFF")

    sqlalchemy.event.listen(sqlalchemy.Engine, "connect", unhurried)
    try:
        yield
    finally:
        sqlalchemy.event.remove(sqlalchemy.Engine, "connect", unhurried)
    for database in folder.rglob("*.db"):
        with database.open("rb") as stream:
            os.fsync(stream.fileno())
