"""The Dagster instance of a home: its settings file, and opening it.

Runs made on the command line and in the UI are kept in the same place, so that each shows the other's.
"""

from pathlib import Path

import dagster as dg

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.home import Home

_SETTINGS = """\
# Settings of this home's Dagster instance. Delete the file to get the defaults again.
telemetry:
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


def instance_folder(home: Home) -> Path:
    """Return the folder for ``DAGSTER_HOME``, with its settings file in place."""
    settings = home.dagster / "dagster.yaml"
    if not settings.exists():
        write_bytes(settings, _SETTINGS.encode(), replace=False)
    return home.dagster


def open_instance(home: Home) -> dg.DagsterInstance:
    """Open the home's Dagster instance; use it as a context manager."""
    return dg.DagsterInstance.from_config(str(instance_folder(home)))
