"""What commands that search do first: compile the loops of the search, once for an installation."""

import subprocess
import sys

from astro_assets.transits.loop_store import are_stored


def prepare_loops() -> None:
    """Compile the loops where that has not been done, saying so; otherwise each process would, in silence."""
    if not are_stored():
        command = [sys.executable, "-m", "astro_assets.transits.compilation"]
        # In a process of its own, whose memory is given back. What fails there, fails again where it is told.
        subprocess.run(command, check=False)  # noqa: S603  ours
