"""The Dagster instance of a home: its settings and workspace files, and opening it.

Runs made on the command line and in the UI are kept in the same place, so that each shows the other's.
"""

import fcntl
from pathlib import Path

import dagster as dg

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.home import Home

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


#: The name of the code location, in every workspace file.
LOCATION = "astro_assets"
_WORKSPACE = f"""\
load_from:
  - python_module:
      module_name: astro_assets.definitions
      location_name: {LOCATION}
"""


def instance_folder(home: Home) -> Path:
    """Return the folder for ``DAGSTER_HOME``, with its settings file in place."""
    settings = home.dagster / "dagster.yaml"
    if not settings.exists():
        write_bytes(settings, _SETTINGS.encode(), replace=False)
    return home.dagster


def workspace_file(home: Home) -> Path:
    """Return a workspace file that serves this package from wherever it is installed."""
    path = home.dagster / "workspace.yaml"
    write_bytes(path, _WORKSPACE.encode())
    return path


def open_instance(home: Home) -> dg.DagsterInstance:
    """Open the home's Dagster instance; use it as a context manager.

    One process at a time: two that make its databases at once spoil them.
    """
    folder = instance_folder(home)
    with (folder / ".opening").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return dg.DagsterInstance.from_config(str(folder))
