"""What of a target, and of a candidate, is out of date, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from astro_assets.ledger.staleness import Staleness
from astro_assets.reports.rendering import Badge, badge

#: The worst first.
_WORDS: Final = {
    "failed": "failed",
    "stale": "out of date",
    "removed": "to be removed",
    "new": "not computed yet",
    "unsettled": "may be out of date",
}
_LISTED: Final = 3


@dataclass(frozen=True, slots=True)
class State:
    """What is out of date.

    Attributes
    ----------
    said
        In a sentence; empty where nothing is.
    """

    badges: list[Badge] = field(default_factory=list)
    said: str = ""

    @property
    def text(self) -> str:
        """The badge's text, for tables."""
        return self.badges[0]["text"] if self.badges else ""


@dataclass(frozen=True, slots=True)
class OutOfDate:
    """The states of targets.

    Attributes
    ----------
    by_target
        Table, status and cause of each unit that is not current.
    """

    by_target: dict[str, list[tuple[str, str, str]]]

    def of(self, target: str, tables: Iterable[str] | None = None) -> State:
        """Return what is out of date of a target, or of some tables of it."""
        wanted = None if tables is None else set(tables)
        found = [line for line in self.by_target.get(target, ()) if wanted is None or line[0] in wanted]
        return state_of(found)


def out_of_date(state: Staleness) -> OutOfDate:
    """Sort what is not current by target."""
    found: dict[str, list[tuple[str, str, str]]] = {}
    entries = state.entries.filter(pl.col("target").is_not_null()).select(
        "target", "table", "status", "cause"
    )
    for target, *line in entries.unique().sort("target", "table", "status", "cause").iter_rows():
        found.setdefault(target, []).append((line[0], line[1], line[2]))
    return OutOfDate(found)


def state_of(lines: list[tuple[str, str, str]]) -> State:
    """Tell table, status and cause of units that are not current in a sentence, the worst by a badge."""
    counts = Counter(line[1] for line in lines)
    worst = next((status for status in _WORDS if counts[status]), None)
    if worst is None:
        return State()
    causes = sorted(
        {f"{table.partition('/')[2]}: {cause}" for table, status, cause in lines if status == worst}
    )
    said = f"{_WORDS[worst].capitalize()}: {'; '.join(causes[:_LISTED])}"
    said += f"; {len(causes) - _LISTED} more." if len(causes) > _LISTED else "."
    return State([badge(_WORDS[worst], said, alert=True)], said)
