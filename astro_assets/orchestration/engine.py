"""The ledger of a home with something to compute on: what every table asset is given.

No Dagster here, so that the command line and tests use the very same object.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from astro_assets.ledger.atomic import Flushing
from astro_assets.ledger.compute import Compute
from astro_assets.ledger.computing import Prepared, Progress, prepare
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger, open_ledger
from astro_assets.ledger.table import Table
from astro_assets.ledger.update import Report, update
from astro_assets.orchestration.ahead import Ahead, Computed
from astro_assets.orchestration.compute import ClosableCompute, default_compute

#: Given a table's name, returns what to call with the units done and to do.
ProgressOf = Callable[[str], Progress]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a model.

    Attributes
    ----------
    version
        The version that was fitted; the promoted one where none was, None where there is none.
    said
        What happened, for people.
    is_fitted
        Whether a version of today's rows is there.
    """

    version: str | None
    said: str
    is_fitted: bool = True


@dataclass(frozen=True, slots=True)
class Again:
    """What is computed again although its recipe has not changed.

    Parameters
    ----------
    failed
        Units that failed.
    other_environment
        Units that were computed with other versions of their table's libraries.
    tables
        Names of tables of which every unit is computed, and its arrays written, again.
    """

    failed: bool = False
    other_environment: bool = False
    tables: frozenset[str] = frozenset()


@dataclass(slots=True)
class Engine:
    """Opens the ledger and updates tables.

    Parameters
    ----------
    tables
        Every table of the platform.
    compute
        Where to compute; when None, :func:`~astro_assets.orchestration.compute.default_compute`, made on
        first use.
    progress
        Where to show progress; nowhere when None.
    again
        What is computed again although its recipe has not changed.
    preload
        Name of a module that worker processes have imported when they begin.

    Attributes
    ----------
    reports
        What each update did, in order.
    outcomes
        What became of each model, by name.
    """

    home: Home
    tables: tuple[Table, ...]
    compute: ClosableCompute | None = None
    progress: ProgressOf | None = None
    again: Again = Again()
    preload: str | None = None
    reports: list[Report] = field(default_factory=list)
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    _flushing: Flushing | None = None
    _ahead: Ahead | None = None

    def ledger(self) -> Ledger:
        """Open the ledger, with the home's configuration as it is now."""
        return open_ledger(self.home, self.tables)

    def begin(self, *, has_work: bool = True) -> None:
        """Let worker processes begin to start before there is work for them.

        Parameters
        ----------
        has_work
            Whether there will be: starting takes a processor for seconds. If not, they start when needed.
        """
        with suppress(ValueError, OSError):  # told when there is something to compute
            compute = self._compute()
            if has_work:
                compute.start()

    def expect(self, names: Collection[str]) -> None:
        """Compute tables ahead of their steps from now on, where it was told where to compute.

        Parameters
        ----------
        names
            What a run brings up to date, for all shards.
        """
        if self.compute is not None and self.compute.workers > 1:
            tables = [table for table in self.ledger().tables if table.name in names]
            self._ahead = Ahead(tables, self.compute, self._prepare)

    def update(self, table: Table, shards: Collection[int] | None, *, run_id: str) -> Report:
        """Bring a table up to date for some shards; for all when None."""
        ahead = Computed() if self._ahead is None else self._ahead.taken(table.name)
        report = update(
            self.ledger(),
            table,
            shards=shards,
            compute=self._compute(),
            run_id=run_id,
            prepared=ahead.prepared,
            **self._how(table),
        )
        report.seconds += ahead.seconds
        return report

    def updated(self, report: Report) -> None:
        """Take note that a table was brought up to date, and go on with what waits for it."""
        self.reports.append(report)
        if self._ahead is not None:
            self._ahead.committed(report.table, has_changed=bool(report.computed))

    def _prepare(self, table: Table, compute: Compute) -> Prepared:
        return prepare(self.ledger(), table, compute=compute, **self._how(table))

    def _how(self, table: Table) -> dict[str, Any]:
        return {
            "retry_failed": self.again.failed,
            "refresh_environment": self.again.other_environment,
            "recompute": table.name in self.again.tables,
            "progress": self.progress_of(table.name),
        }

    def flushing(self) -> Flushing:
        """Return where files that a run takes in may reach the disk while it goes on.

        A disk takes as long for the files of a survey as the search. They are there when this is closed.
        """
        if self._flushing is None:
            self._flushing = Flushing(first=False)
        return self._flushing

    def _compute(self) -> ClosableCompute:
        if self.compute is None:
            self.compute = default_compute(self.preload)
        return self.compute

    def progress_of(self, name: str) -> Progress:
        """Return what to call with the units of a table done and to do."""
        return self.progress(name) if self.progress is not None else lambda _done, _to_do: None

    def close(self) -> None:
        """Let go of worker processes and connections, and wait for what is being flushed to the disk."""
        ahead, self._ahead = self._ahead, None
        if ahead is not None:
            ahead.stop()
        if self.compute is not None:
            self.compute.close()
            if ahead is not None:
                ahead.join()
                self.compute.close()  # of what was just beginning
            self.compute = None
        if self._flushing is not None:
            flushing, self._flushing = self._flushing, None
            flushing.close()
