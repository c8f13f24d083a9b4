"""Runs that are marked by a process of their own, for tests to kill.

Only the process is here; what must become of the runs is in the tests.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from astro_assets.ledger.home import Home

_HOLD = """
import sys, time
from contextlib import ExitStack
from astro_assets.ledger.home import open_home
from astro_assets.orchestration.run_marks import marked
with ExitStack() as marks:
    for run_id in sys.argv[2:]:
        marks.enter_context(marked(open_home(sys.argv[1]), run_id))
    print("marked", flush=True)
    time.sleep(600)
"""


@contextmanager
def marked_by_another(home: Home, *run_ids: str) -> Iterator[None]:
    """Have runs marked by another process during the block; then that is killed."""
    command = [sys.executable, "-c", _HOLD, str(home.root), *run_ids]
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"marked\n"
            yield
        finally:
            process.kill()
