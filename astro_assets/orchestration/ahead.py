"""Computing tables ahead of their steps: workers go on while a table is committed, checked and drawn.

Nothing is committed here. A table's own step does that, once the checks before it have passed; where they
have not, what was computed is forgotten.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from astro_assets.ledger.compute import Compute
from astro_assets.ledger.computing import Prepared
from astro_assets.ledger.table import Table

#: Tables begun at once: one is planned while another is computed.
_AT_ONCE: Final = 2


@dataclass(frozen=True, slots=True)
class Computed:
    """What was computed of a table ahead of its step.

    Attributes
    ----------
    prepared
        The plan and the units.
    seconds
        How long these took.
    """

    prepared: Prepared = field(default_factory=Prepared)
    seconds: float = 0.0


class Ahead:
    """Computes tables of a run as soon as their parents are committed, if one of these has changed.

    Parameters
    ----------
    tables
        The tables that the run brings up to date, parents before children.
    compute
        Where their units are computed.
    prepare
        Computes the units of a table, committing nothing, on what it is given; called in threads.
    """

    def __init__(
        self,
        tables: Iterable[Table],
        compute: Compute,
        prepare: Callable[[Table, Compute], Prepared],
    ) -> None:
        self._waiting = {table.name: table for table in tables}
        self._turns = _Turns(compute)
        self._prepare = prepare
        self._threads = ThreadPoolExecutor(_AT_ONCE)
        self._begun: dict[str, Future[Computed]] = {}
        self._changed: set[str] = set()
        self._uncommitted = set(self._waiting)

    def committed(self, name: str, *, has_changed: bool) -> None:
        """Begin the tables of which this was the last parent to be committed, if one of them has changed."""
        self._uncommitted.discard(name)
        self._waiting.pop(name, None)
        if has_changed:
            self._changed.add(name)
        for table in list(self._waiting.values()):
            parents = {parent.table.name for parent in table.parents}
            if parents and not parents & self._uncommitted:
                del self._waiting[table.name]
                if parents & self._changed:
                    self._begun[table.name] = self._threads.submit(self._computed, table)

    def taken(self, name: str) -> Computed:
        """Return what was computed of a table, which may take a while; nothing where it was not begun.

        Raises
        ------
        Exception
            Whatever computing it raised.
        """
        self._waiting.pop(name, None)
        begun = self._begun.pop(name, None)
        return Computed() if begun is None else begun.result()

    def stop(self) -> None:
        """Hand out no more work."""
        self._turns.is_stopped = True
        self._threads.shutdown(wait=False, cancel_futures=True)

    def join(self) -> None:
        """Wait until nothing is being computed any more."""
        self._threads.shutdown()

    def _computed(self, table: Table) -> Computed:
        turn = _Turn(self._turns)
        prepared = self._prepare(table, turn)
        return Computed(prepared, time.monotonic() - turn.began)


class _Turns:
    """Those who compute, one after the other."""

    def __init__(self, compute: Compute) -> None:
        self.compute = compute
        self.lock = threading.Lock()
        self.is_stopped = False


class _Turn:
    """Computes when those before have handed out their last call: the workers have no pause between."""

    def __init__(self, turns: _Turns) -> None:
        self._turns = turns
        self.began = time.monotonic()

    @property
    def workers(self) -> int:
        return self._turns.compute.workers

    def run(self, function: Callable[..., Any], calls: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
        handed_out = self._handed_out(calls)
        try:
            yield from self._turns.compute.run(function, handed_out)
        finally:
            handed_out.close()  # gives the turn back, whatever ended this one

    def _handed_out(self, calls: Iterable[tuple[Any, ...]]) -> Generator[tuple[Any, ...]]:
        with self._turns.lock:
            self.began = time.monotonic()
            for call in calls:
                if self._turns.is_stopped:
                    return
                yield call
