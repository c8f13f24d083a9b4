"""What is being forgotten, written down so that it can be gone on with, and who may do so: one alone."""

from __future__ import annotations

import fcntl
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.left_out import tombstone_of
from astro_assets.ledger.trace import Trace, trace_of
from astro_assets.orchestration.run_marks import Mark, journal_path, mark_of
from astro_assets.orchestration.scrubbing import without_pictures


class ForgettingError(RuntimeError):
    """A target cannot be forgotten now; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Journal:
    """What is being forgotten."""

    trace: Trace
    salt: str
    why: str
    with_shared: bool
    begun_at: str

    @property
    def tombstone(self) -> str:
        """What stands for the target from now on."""
        return tombstone_of(self.salt, self.trace.target)

    @property
    def name(self) -> str:
        """What stands in texts in place of the target's name."""
        return f"forgotten-{self.tombstone[:8]}"

    def replace(self, text: str) -> str:
        """Return a text without the target's name, and without pictures, which may show it."""
        return self.trace.replaced(without_pictures(text), self.name)

    def write(self, home: Home) -> None:
        """Store it."""
        told = {
            "salt": self.salt,
            "why": self.why,
            "with_shared": self.with_shared,
            "begun_at": self.begun_at,
        }
        write_bytes(
            journal_path(home), json.dumps({**told, "trace": self.trace.to_json()}).encode(), mode=0o600
        )

    @classmethod
    def read(cls, home: Home) -> Self | None:
        """Return what was begun and did not come to its end."""
        try:
            told = json.loads(journal_path(home).read_text())
        except FileNotFoundError:
            return None
        return cls(**{**told, "trace": Trace.of_json(told["trace"])})


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Let no run be in progress, and nobody else forget, during the block.

    Raises
    ------
    ForgettingError
        If a run is in progress, or somebody is forgetting.
    """
    home.dagster.mkdir(exist_ok=True)
    with (home.dagster / ".forgetting").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ForgettingError("a target is being forgotten already; wait for that") from None
        refuse_during_runs(home)
        yield


def refuse_during_runs(home: Home) -> None:
    """Raise where a run is in progress.

    Raises
    ------
    ForgettingError
        Naming it.
    """
    running = home.dagster / "running"
    names = [path.name for path in running.iterdir()] if running.is_dir() else []
    for name in names:
        if mark_of(home, name) is Mark.ALIVE:
            raise ForgettingError(f"the run {name[:8]} is in progress; wait for its end, or cancel it, first")


def begun(ledger: Ledger, target: str, pattern: str, why: str, *, with_shared: bool) -> Journal:
    """Write down what is to go; what was interrupted is gone on with as it was begun.

    Raises
    ------
    ForgettingError
        If another target was begun with.
    """
    there = Journal.read(ledger.home)
    if there is not None:
        if there.trace.target != target:
            raise ForgettingError(
                "forgetting another target was interrupted: `astro-assets forget` it again first; its name "
                f"is in {journal_path(ledger.home)}"
            )
        return there
    now = datetime.now(UTC).isoformat(timespec="seconds")
    journal = Journal(trace_of(ledger, target, pattern), secrets.token_hex(16), why, with_shared, now)
    journal.write(ledger.home)
    return journal


def end(home: Home) -> None:
    """Remove the journal: nothing names the target any more."""
    journal_path(home).unlink(missing_ok=True)
