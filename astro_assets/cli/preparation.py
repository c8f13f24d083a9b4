"""What commands that search do first: compile the loops of the search, let worker processes start.

No Dagster here: the processes start while it is imported.
"""

import subprocess
import sys

from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.orchestration.engine import Again, Engine
from astro_assets.orchestration.inbox import Inbox
from astro_assets.orchestration.inbox_state import InboxStateError
from astro_assets.tables import PRELOAD, TABLES
from astro_assets.transits.loop_store import are_stored


def begun_engine(home: Home, again: Again | None = None, *, has_work: bool = True) -> Engine:
    """Return the engine of a home, with its workers about to start.

    Parameters
    ----------
    again
        What is computed again although its recipe has not changed.
    has_work
        Whether there is work for several processes; they start when there is, if that is not known yet.

    Raises
    ------
    HomeError
        If the home's ``config.toml`` cannot be used; nothing was started.
    """
    open_ledger(home, TABLES)  # a setting that is wrong is found before anything starts
    prepare_loops()
    engine = Engine(home, TABLES, again=again or Again(), preload=PRELOAD)
    engine.begin(has_work=has_work)
    return engine


def awaits_files(home: Home) -> bool:
    """Tell whether a home's inbox has files that were not taken in, or none ever was."""
    try:
        look = Inbox(home).look()
    except (InboxStateError, OSError):  # told by the run
        return False
    return look.waiting + look.settled + look.requested > 0 or look.known == 0


def prepare_loops() -> None:
    """Compile the loops where that has not been done, saying so; otherwise each process would, in silence."""
    if not are_stored():
        command = [sys.executable, "-m", "astro_assets.transits.compilation"]
        # In a process of its own, whose memory is given back. What fails there, fails again where it is told.
        subprocess.run(command, check=False)  # noqa: S603  ours
