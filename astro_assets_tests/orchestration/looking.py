"""An inbox with a clock that tests move, the runs it asks for, and what is left if its process is killed.

Only what several test modules use; what must hold is in them.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from astro_assets.ledger.home import Home, open_home
from astro_assets.observations.tables import RAW_FILES
from astro_assets.orchestration.inbox import SWEEP_NS, Became, Inbox, Look
from astro_assets.orchestration.ingest import ingest
from astro_assets_tests.orchestration import homes

TICK_NS = 30 * 10**9
#: Old enough to be trusted.
OLD_S = 1_700_000_000.123


class Looking:
    """A home's inbox, its clock, and the names of the requests whose runs were started, and succeeded."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.ahead_ns = 0
        self.inbox = Inbox(home, clock=lambda: time.time_ns() + self.ahead_ns)
        self.started: set[str] = set()
        self.succeeded: set[str] = set()

    def tick(self, after_ns: int = TICK_NS) -> Look:
        """Look a while later."""
        self.ahead_ns += after_ns
        return self.inbox.look()

    def sweep(self) -> Look:
        """Look at every file."""
        return self.tick(SWEEP_NS)

    def request(self) -> str | None:
        """Ask for a request."""
        return self.inbox.request(self.became)

    def became(self, request: str) -> Became:
        """Tell what became of the run for a request."""
        if request in self.succeeded:
            return Became.DONE
        return Became.UNDONE if request in self.started else Became.NO_RUN

    def requested(self) -> list[str]:
        """Return the names of the files of the request there is, from the inbox downwards."""
        name = self.request()
        return [] if name is None else self.names(name)

    def names(self, request: str) -> list[str]:
        """Return the names of the files of a request."""
        return [str(path.relative_to(self.home.inbox)) for path in self.inbox.requested(request)]

    def take(self, name: str) -> list[str]:
        """Do what a run does that succeeds; return the notes of its first step."""
        notes = self.take_in(name)
        self.succeeded.add(name)
        return notes

    def take_in(self, name: str) -> list[str]:
        """Do what the first step of a run does; return its notes."""
        self.started.add(name)
        report = ingest(
            homes.ledger_of(self.home),
            RAW_FILES,
            self.inbox.requested(name),
            may_take=self.inbox.is_settled(),
            taken=self.inbox.remember,
        )
        return report.notes

    def take_all(self) -> None:
        """Do what a run by hand does."""
        ingest(homes.ledger_of(self.home), RAW_FILES, [self.home.inbox], taken=self.inbox.remember)

    def settle(self) -> Look:
        """Look twice."""
        self.tick()
        return self.tick()


def tick_for_ever(root: str) -> None:
    """Look, request and take in, again and again, as the sensor and its runs do, until killed."""
    looking = Looking(open_home(root))
    requests = Path(root, "requests.txt")
    sys.stdout.write("begins\n")
    sys.stdout.flush()
    while True:
        looking.tick()
        looking.started = set(requests.read_text().split()) if requests.exists() else set()
        if name := looking.request():
            with requests.open("a") as stream:  # the run is started: from here on it is known
                stream.write(f"{name}\n")
            looking.take(name)


def put(looking: Looking, name: str, content: str | None = None, *, mtime_s: float | None = OLD_S) -> Path:
    path = looking.home.inbox / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(name if content is None else content)
    if mtime_s is not None:
        os.utime(path, (mtime_s, mtime_s))
    return path


@contextmanager
def somebody_else(folder: Path) -> Iterator[None]:
    """Own a folder and what is below it, but not be root, who may read everything."""
    if os.geteuid():
        yield
        return
    nobody = 65534
    places = [folder, *folder.rglob("*")]
    for place in places:
        os.chown(place, nobody, -1, follow_symlinks=False)
    closed = {
        above: above.stat().st_mode for above in folder.parents if above.stat().st_mode & 0o011 != 0o011
    }
    for above, mode in closed.items():
        above.chmod(mode | 0o011)
    os.seteuid(nobody)
    try:
        yield
    finally:
        os.seteuid(0)
        for above, mode in closed.items():
            above.chmod(mode)


def stored(looking: Looking) -> set[str]:
    return set(homes.units(looking.home, "raw_files")["key"])


if __name__ == "__main__":
    tick_for_ever(sys.argv[1])
