"""Judging what a table holds: which units break a rule, and how.

What is read, and how often, is decided here. The rules of a table are its wing's; Dagster is told elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any, Final

import polars as pl
from deltalake.exceptions import DeltaError

from astro_assets.ledger.compute import Compute, Serial
from astro_assets.ledger.hashing import hash_json, hash_parts
from astro_assets.ledger.home import Home
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.objects import CorruptStoreError, ObjectStore
from astro_assets.ledger.running import running_version
from astro_assets.ledger.store import Handle, open_table
from astro_assets.ledger.table import Table
from astro_assets.ledger.units import flat_rows
from astro_assets.orchestration.rules import ArrayRule, RowRule, Rule, StoredRule

#: Arrays that one call reads, one after the other.
_CHUNK: Final = 100


@dataclass(frozen=True, slots=True)
class Passed:
    """What a check has passed: a version of the table, and the rule and declaration it was judged by."""

    version: int
    judged_by: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check came to.

    Attributes
    ----------
    n_units
        Units that were judged.
    broken
        Columns ``key`` and ``what``, sorted: the violations.
    judged
        What has passed, if nothing is broken.
    """

    n_units: int
    broken: pl.DataFrame
    judged: Passed

    @property
    def n_violating(self) -> int:
        """Units with a violation."""
        return self.broken["key"].n_unique()


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges one version of a table by rules. Use :func:`open_judge`.

    Parameters
    ----------
    settings
        The settings of the table in this home.
    compute
        Where arrays are read.
    """

    ledger: Ledger
    handle: Handle
    settings: Mapping[str, Any]
    compute: Compute

    def findings(
        self, rules: Mapping[str, Rule], passed: Mapping[str, Passed]
    ) -> Iterator[tuple[str, Finding]]:
        """Judge by rules.

        Parameters
        ----------
        rules
            By name.
        passed
            What each check passed last, by the rule's name; all units count as changed without.

        Yields
        ------
        tuple of (str, Finding)
            For each rule its name and what was found.
        """
        if self.handle.delta is None:  # never written: nothing can be wrong with it
            nothing = pl.DataFrame(schema={"key": pl.String, "what": pl.String})
            for name, rule in rules.items():
                yield name, Finding(0, nothing, Passed(self.handle.version, self._judged_by(rule)))
            return
        # Once: each rule would read other columns of as many files as there are shards.
        units = self.handle.units().collect().lazy()
        changed = {name: self._changed(rule, units, passed.get(name)) for name, rule in rules.items()}
        arrays = {name: rule for name, rule in rules.items() if isinstance(rule, ArrayRule)}
        of_arrays = self._broken_arrays(arrays, changed)
        broken = []
        for name, rule in rules.items():
            if isinstance(rule, ArrayRule):
                lines = of_arrays[name].lazy()
            elif isinstance(rule, RowRule):
                lines = self._broken_rows(rule, changed[name])
            else:
                stored = dict(pl.Schema(self.handle.delta.schema()))
                lines = rule.broken(self.handle.table, stored, changed[name])
            broken.append(lines.select("key", "what").sort("key", "what"))
        counts = [units.select(pl.len()) for units in changed.values()]
        found = pl.collect_all([*counts, *broken])
        for n, (name, rule) in enumerate(rules.items()):
            judged = Passed(self.handle.version, self._judged_by(rule))
            yield name, Finding(found[n].item(), found[len(rules) + n], judged)

    def _renewed(self, units: pl.LazyFrame) -> pl.LazyFrame:
        """Return the units that today's code and settings made; others are stale, judged once renewed."""
        if self.handle.table.is_source:
            return units
        version = self.ledger.version(self.handle.table)
        return units.filter(
            (pl.col("code_version") == version.code_version) & (pl.col("config_hash") == version.config_hash)
        )

    def _changed(self, rule: Rule, stored: pl.LazyFrame, passed: Passed | None) -> pl.LazyFrame:
        """Return the stored units that are to be judged by a rule."""
        units = self._renewed(stored)
        if isinstance(rule, StoredRule):
            return stored if rule.name == "no_duplicate_keys" else units
        whole = isinstance(rule, RowRule) and rule.beside is None
        if whole or passed is None or passed.judged_by != self._judged_by(rule):
            return units
        if passed.version < 0:  # it had never been written
            return units
        try:
            before = open_table(self.ledger.home, self.handle.table, version=passed.version)
        except DeltaError:  # that version was pruned
            return units
        return units.join(
            self._renewed(before.units()).select("key", "output_hash"), on=["key", "output_hash"], how="anti"
        )

    def _judged_by(self, rule: Rule) -> str:
        """Hash what decides a finding besides the units: the rule, its settings, whose table and made how."""
        version = self.ledger.version(self.handle.table)
        code = [rule.broken]
        if isinstance(rule, RowRule) and rule.beside is not None:
            code.append(rule.beside)
        settings = (
            {} if isinstance(rule, StoredRule) else {name: self.settings[name] for name in rule.settings}
        )
        return hash_parts(
            self.handle.identity[0],
            running_version(*code),
            hash_json(settings),
            version.code_version,
            version.config_hash,
        )

    def _bound(self, rule: RowRule | ArrayRule) -> partial[Any]:
        return partial(rule.broken, **{name: self.settings[name] for name in rule.settings})

    def _broken_rows(self, rule: RowRule, units: pl.LazyFrame) -> pl.LazyFrame:
        rows = flat_rows(units.select("key", "n_rows", *rule.columns), rule.columns)
        if rule.beside is not None:
            rows = rows.join(rule.beside(self.ledger), on="key", how="left")
        found: pl.LazyFrame = self._bound(rule)(rows)
        return found

    def _broken_arrays(
        self, rules: Mapping[str, ArrayRule], changed: Mapping[str, pl.LazyFrame]
    ) -> dict[str, pl.DataFrame]:
        """Read each array that some rule is to judge once."""
        todo: dict[tuple[str, str], list[str]] = {}
        for name, rule in rules.items():
            rows = flat_rows(changed[name].select("key", "n_rows", rule.column), [rule.column])
            for key, digest in rows.select("key", rule.column).drop_nulls().sort("key").collect().iter_rows():
                todo.setdefault((key, digest), []).append(name)
        bound = {name: self._bound(rule) for name, rule in rules.items()}
        items = iter(todo.items())
        size = min(_CHUNK, -(-len(todo) // (4 * self.compute.workers)))  # small pieces keep all workers busy
        calls = (
            (self.ledger.home, self.handle.table.name, bound, c)
            for c in iter(lambda: list(islice(items, size)), [])
        )
        lines = [line for chunk in self.compute.run(broken_arrays, calls) for line in chunk]
        schema = {"key": pl.String, "what": pl.String}
        return {
            name: pl.DataFrame([line[1:] for line in lines if line[0] == name], schema, orient="row")
            for name in rules
        }


def open_judge(ledger: Ledger, table: Table, compute: Compute | None = None) -> Judge:
    """Open a table to be judged as it is now."""
    settings = ledger.config(table).model_dump(mode="json")
    return Judge(ledger, ledger.open(table), settings, compute or Serial())


def broken_arrays(
    home: Home,
    table: str,
    rules: Mapping[str, Callable[..., Sequence[str]]],
    units: Sequence[tuple[tuple[str, str], Sequence[str]]],
) -> list[tuple[str, str, str]]:
    """Judge some arrays, in whatever process; one set of arrays is in memory at a time.

    Parameters
    ----------
    units
        Key and content hash of arrays, with the names of the rules to judge them by.

    Returns
    -------
    list of (str, str, str)
        Rule, key, and what is wrong.
    """
    objects, lines = ObjectStore(home), []
    for (key, digest), names in units:
        try:
            arrays = objects.get_arrays(digest)
        except CorruptStoreError as error:
            lines += [(name, key, f"{error}; restore it with --recompute {table}") for name in names]
            continue
        lines += [(name, key, what) for name in names for what in rules[name](arrays)]
    return lines
