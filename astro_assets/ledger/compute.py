"""Where units are computed: the interface, and the plainest engine.

Engines that use processes or a cluster are given by whoever calls; the ledger only asks for this.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol


class Compute(Protocol):
    """Runs calls somewhere."""

    @property
    def workers(self) -> int:
        """How many calls run at once."""
        ...

    def run(self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """Call an importable function with each tuple of arguments, yielding results in any order."""
        ...


class Serial:
    """One call after another in this process."""

    workers = 1

    def run(self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        """Call ``function`` with each tuple of arguments."""
        for arguments in calls:
            yield function(*arguments)
