"""A table as of a version or a time that people name. Reading only."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from astro_assets.ledger.history import logged_commits
from astro_assets.ledger.home import Home
from astro_assets.ledger.store import Handle, open_table
from astro_assets.ledger.table import Table


class AsOfError(LookupError):
    """A table was not there then, or is no longer readable as it was; the message says what there is."""

    def __str__(self) -> str:
        return str(self.args[0])


def open_as_of(home: Home, table: Table, when: str) -> Handle:
    """Open a table as it was.

    Parameters
    ----------
    when
        A Delta version; or a time in ISO 8601, in UTC where it names no zone; or a date, whose end is meant.

    Raises
    ------
    AsOfError
        If ``when`` is none of these, the table has no such version or did not exist then, or what it held was
        pruned since.
    """
    latest = open_table(home, table)
    if latest.delta is None:
        raise AsOfError(f"{table.name} was never written in this home")
    made = _times(latest)
    if when.strip().isdigit():
        version = int(when)
        if version not in made:
            raise AsOfError(f"{table.name} has no version {version}: there are {min(made)} to {max(made)}")
    else:
        moment = _moment(when)
        before = [version for version, at in made.items() if at <= moment]
        if not before:
            first = min(made.values()).isoformat(timespec="seconds")
            raise AsOfError(f"{table.name} did not exist on {when}: it was made at {first}")
        version = max(before)
    then = open_table(home, table, version=version)
    if gone := then.missing_files():
        raise AsOfError(f"{table.name} as of version {version} was pruned: {len(gone)} of its files are gone")
    return then


def _moment(text: str) -> datetime:
    try:
        if len(text.strip()) == len("2026-01-01"):
            day = date.fromisoformat(text.strip())
            return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1, microseconds=-1)
        moment = datetime.fromisoformat(text.strip())
    except (ValueError, OverflowError):
        raise AsOfError(
            f"{text!r} is no version, date or time: write 12, 2026-01-31 or 2026-01-31T12:00"
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _times(handle: Handle) -> dict[int, datetime]:
    """Return when each version was committed, as the log says: copied files are younger."""
    return {version: _committed(commit) for version, commit in logged_commits(handle).items()}


def _committed(commit: Path) -> datetime:
    for line in commit.read_bytes().splitlines():
        if b'"commitInfo"' in line[:20]:
            told = json.loads(line)["commitInfo"]
            return datetime.fromtimestamp(told["timestamp"] / 1000, UTC)
    return datetime.fromtimestamp(commit.stat().st_mtime, UTC)
