"""What commands that search do first: compile the loops of the search, let worker processes start.

No Dagster here: the processes start while it is imported.
"""

import subprocess
import sys

from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.orchestration.engine import Again, Engine
from astro_assets.tables import PRELOAD, TABLES
from astro_assets.transits.loop_store import are_stored


def begun_engine(home: Home, again: Again | None = None) -> Engine:
    """Return the engine of a home, with its workers about to start.

    Parameters
    ----------
    again
        What is computed again although its recipe has not changed.

    Raises
    ------
    HomeError
        If the home's ``config.toml`` cannot be used; nothing was started.
    """
    open_ledger(home, TABLES)  # a setting that is wrong is found before anything starts
    prepare_loops()
    engine = Engine(home, TABLES, again=again or Again(), preload=PRELOAD)
    engine.begin()
    return engine


def prepare_loops() -> None:
    """Compile the loops where that has not been done, saying so; otherwise each process would, in silence."""
    if not are_stored():
        command = [sys.executable, "-m", "astro_assets.transits.compilation"]
        # In a process of its own, whose memory is given back. What fails there, fails again where it is told.
        subprocess.run(command, check=False)  # noqa: S603  ours
