"""SIGKILL at random moments to what serves a home: the Dagster daemon, a run that it launched, PostgreSQL.

One home is served as `astro-assets ui` does it, with its run history in the PostgreSQL database that the
environment names, and files are dropped into its inbox all the time.
What has ended is started again, as a supervisor does; nothing else is done by hand.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
from chaos_homes import Rows, Trial, broken_files, rows_of

from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.objects import sha256_of
from astro_assets.ledger.staleness import stale
from astro_assets.tables import TABLES
from astro_assets_tests.cli.commands import SCRIPT, kill_session, session_of, started, wait_until
from astro_assets_tests.orchestration import homes
from astro_assets_tests.postgres import Postgres, postgres
from astro_assets_tests.servers import free_port

#: Longest wait until a drop is searched: Dagster gives up a run that was only being launched after five
#: minutes, and a sensor waits after a failed run.
PATIENCE_S = 720.0
_FIRST = 200


class Served:
    """A home that is served, into which the files of one star after the other are dropped."""

    def __init__(self, folder: Path, n_stars: int, server: Postgres) -> None:
        self.folder, self.dropped = folder, 0
        self.files = folder / "files"
        self.files.mkdir(parents=True)
        self.shas: dict[str, int] = {}
        for number in range(_FIRST, _FIRST + n_stars):
            self.shas[sha256_of(homes.star_file(self.files / f"star{number}.fits", number))] = number
        self.home = homes.new_home(folder / "home")
        self.expected = self._undisturbed()
        self.postgres = server
        self._ui: subprocess.Popen[bytes] | None = None

    def _undisturbed(self) -> Rows:
        home = homes.new_home(self.folder / "undisturbed")
        shutil.copytree(self.files, home.inbox, dirs_exist_ok=True)
        subprocess.run([str(SCRIPT), "run", "--home", str(home.root)], check=True, capture_output=True)
        return rows_of(open_ledger(home, TABLES))

    def start(self) -> None:
        """Start what has ended."""
        if self.postgres.process is None:
            self.postgres.start()
        if self._ui is None or self._ui.poll() is not None:
            if self._ui is not None:
                kill_session(self._ui.pid)
            with (self.folder / "ui.log").open("ab") as log:
                self._ui = started(
                    "ui", "--port", str(free_port()), home=self.home, stderr=log, **self.postgres.environment
                )

    def close(self) -> None:
        """End what serves the home."""
        if self._ui is not None:
            kill_session(self._ui.pid)
            self._ui.wait()

    def drop(self) -> int:
        """Drop the files of the next star."""
        number = _FIRST + self.dropped
        shutil.copy(self.files / f"star{number}.fits", self.home.inbox / ".coming")
        (self.home.inbox / ".coming").rename(self.home.inbox / f"star{number}.fits")
        self.dropped += 1
        return number

    def processes(self, words: str) -> list[psutil.Process]:
        """Return those processes of the session whose command line holds some words."""
        found = []
        for one in session_of(self._ui.pid) if self._ui else []:
            with suppress(psutil.Error):
                if words in " ".join(one.cmdline()):
                    found.append(one)
        return found

    def run_process(self) -> psutil.Process | None:
        """Return the process of the run in progress: the one that holds its mark."""
        marks = str(self.home.dagster / "running")
        for one in session_of(self._ui.pid) if self._ui else []:
            with suppress(psutil.Error):
                if any(opened.path.startswith(marks) for opened in one.open_files()):
                    return one
        return None

    def faults(self) -> list[str]:
        """Tell how the home differs from the undisturbed one, as far as files were dropped."""
        stars = set(range(_FIRST, _FIRST + self.dropped))
        found = rows_of(open_ledger(self.home, TABLES))
        said = []
        for name, units in self.expected.items():
            wanted = {key: unit for key, unit in units.items() if self._star(key, unit) in stars}
            if found[name] != wanted:
                n_there = len(found[name].items() & wanted.items())
                said.append(f"{name}: {n_there} of {len(wanted)} units are there")
        return said

    def _star(self, key: str, unit: tuple[object, ...]) -> int:
        target = unit[1] if isinstance(unit[1], str) else None
        return self.shas.get(key) or int((target or key).split()[1].partition(".")[0])


def kill_of_served(served: Served, rng: random.Random, what: str) -> Trial:
    """Drop a star, kill something, and wait until the star is searched."""
    served.start()
    number = served.drop()
    began = time.monotonic()
    if what == "run":
        wait_until(lambda: served.run_process() is not None, PATIENCE_S, pause=0.1)
        time.sleep(rng.uniform(0, 6))
    else:
        time.sleep(rng.uniform(4, 40))
    trial = Trial(f"{_CALLED[what]} is killed", f"{time.monotonic() - began:.1f} s after star {number}")
    if what == "postgres":
        served.postgres.kill()
        time.sleep(rng.uniform(0, 3))
    else:
        one = served.run_process() if what == "run" else rng.choice(served.processes(_DAEMON) or [None])
        if one is None:
            trial.moment += ", there was none"
        else:
            one.kill()
    killed = time.monotonic()
    while served.faults() and time.monotonic() - killed < PATIENCE_S:
        served.start()
        time.sleep(1)
    trial.seconds = time.monotonic() - killed
    trial.problems += served.faults()
    trial.is_identical = trial.is_recovered = not trial.problems
    wait_until(lambda: served.run_process() is None, PATIENCE_S, pause=0.2)
    ledger = open_ledger(served.home, TABLES)
    trial.problems += broken_files(ledger)
    trial.problems += [f"{path}: not in PostgreSQL" for path in served.home.dagster.rglob("*.db")]
    trial.problems += [f"not up to date: {line}" for line in stale(ledger).entries.head(3).iter_rows()]
    return trial


_DAEMON = "dagster._daemon"
_CALLED = {"run": "a run of the daemon", "daemon": "the Dagster daemon", "postgres": "PostgreSQL"}


@contextmanager
def served(folder: Path, n_stars: int) -> Iterator[Served]:
    """Serve a home for the block."""
    with postgres(is_durable=True) as server:
        one = Served(folder, n_stars, server)
        try:
            yield one
        finally:
            one.close()
