"""What is being forgotten, written down so that it can be gone on with: one star at a time."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

from astro_assets.ledger.atomic import write_bytes
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.left_out import tombstone_of
from astro_assets.ledger.retraction import tombstone_for
from astro_assets.ledger.trace import Trace, trace_of
from astro_assets.orchestration.run_marks import journal_path
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


def begun(ledger: Ledger, target: str, pattern: str, why: str, *, with_shared: bool) -> Journal:
    """Write down what is to go; what was interrupted is gone on with.

    Parameters
    ----------
    with_shared
        Whether stored files that tell of others too go. What was begun without may be gone on with so.

    Raises
    ------
    ForgettingError
        If another target was begun with, or the same with its shared files, some of which may be gone.
    """
    there = Journal.read(ledger.home)
    if there is not None:
        return _gone_on_with(ledger.home, there, target, with_shared=with_shared)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    trace, salt = trace_of(ledger, target, pattern), secrets.token_hex(16)
    if (before := tombstone_for(ledger, target)) is not None:  # files of it came in since, or were kept then
        kept = {*trace.shared_files, *json.loads(before["removed"]).get("shared_files", ())}
        trace, salt = replace(trace, shared_files=tuple(sorted(kept))), before["salt"]
    journal = Journal(trace, salt, why, with_shared, now)
    journal.write(ledger.home)
    return journal


def _gone_on_with(home: Home, there: Journal, target: str, *, with_shared: bool) -> Journal:
    if there.trace.target != target:
        raise ForgettingError(
            "forgetting another target was interrupted: `astro-assets forget` it again first; its name "
            f"is in {journal_path(home)}"
        )
    if there.with_shared and not with_shared:
        raise ForgettingError(
            "this was begun with --purge-files, and interrupted: files that tell of other stars too may be "
            "gone already; give --purge-files again"
        )
    journal = replace(there, with_shared=with_shared)
    journal.write(home)
    return journal


def end(home: Home) -> None:
    """Remove the journal: nothing names the target any more."""
    journal_path(home).unlink(missing_ok=True)
