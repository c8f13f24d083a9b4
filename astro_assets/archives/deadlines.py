"""How long an archive may take altogether, however it spreads that: over attempts, pages, or single bytes.

`patience` and `sessions` keep to it between requests, `connections` within an answer.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf
from typing import Final


@dataclass(frozen=True, slots=True)
class Allowance:
    """Until when an answer may come.

    Parameters
    ----------
    ends
        By the clock that only goes forward [s].
    a_byte_s
        How much later each byte makes it [s].
    """

    ends: float = inf
    a_byte_s: float = 0.0


_UNLIMITED: Final = Allowance()
_ALLOWANCE: Final = ContextVar("allowance", default=_UNLIMITED)


@contextmanager
def within(seconds: float, *, slowest_bytes_per_s: float | None = None) -> Iterator[None]:
    """Let whatever is asked of archives in the context take no longer; an earlier end around it stays.

    Parameters
    ----------
    slowest_bytes_per_s
        Of files: an answer that comes at this rate may take longer.
    """
    around = _ALLOWANCE.get()
    a_byte_s = 1 / slowest_bytes_per_s if slowest_bytes_per_s else around.a_byte_s
    token = _ALLOWANCE.set(Allowance(min(around.ends, time.monotonic() + seconds), a_byte_s))
    try:
        yield
    finally:
        _ALLOWANCE.reset(token)


def allowance() -> Allowance:
    """Return that of the context."""
    return _ALLOWANCE.get()


def seconds_left() -> float:
    """Return how long the context still lasts; zero or less when it is over."""
    return _ALLOWANCE.get().ends - time.monotonic()
