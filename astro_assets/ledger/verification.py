"""Whether what is stored is still what its hashes say: files, rows, recipes, roots.

Everything is hashed again. What differs is told one by one; nothing is mended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import polars as pl

from astro_assets.ledger.ancestry import IDENTITY, Ancestry, ancestry, units_as_read
from astro_assets.ledger.audit import Audit
from astro_assets.ledger.hashing import (
    DIGEST_BYTES,
    merkle_root,
    output_hash,
    recipe_hash,
    row_hashes,
)
from astro_assets.ledger.home import read_anew
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.members import member_rows
from astro_assets.ledger.model_tables import MODEL_MEMBERS, MODELS
from astro_assets.ledger.models import PREVIOUS
from astro_assets.ledger.objects import CorruptStoreError
from astro_assets.ledger.schema import ARRAYS, FILE, Schema, SchemaError
from astro_assets.ledger.table import Table

_OF_UNIT: Final = (
    *IDENTITY, "target", "outcome", "reason", "n_rows", "output_hash", "code_version", "config_hash",
    "inputs", "hashed_columns", "row_hash", "column_digests", "source", "environment", "installed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mismatch:
    """Something stored that is not what its hash says, or is not there."""

    table: str
    key: str
    problem: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What was hashed again, and what of it differs."""

    n_units: int
    n_rows: int
    n_objects: int
    mismatches: list[Mismatch]


def verify(
    ledger: Ledger, audit: Audit, progress: Callable[[int, int], None] = lambda _done, _all: None
) -> Verified:
    """Hash everything again that a version of a model is made of.

    Parameters
    ----------
    progress
        Called with the number of units done and to do.
    """
    with read_anew(ledger.home) as home:
        return _verified(replace(ledger, home=home), audit, progress)


def _verified(ledger: Ledger, audit: Audit, progress: Callable[[int, int], None]) -> Verified:
    name = f"{audit.model}@{audit.version}"
    rows = member_rows(ledger, audit.model, audit.version)
    found = ancestry(ledger, rows.select("table", "key", "row_hash"))
    of_version = pl.concat([_current(ledger, table, name) for table in (MODELS, MODEL_MEMBERS)])
    units = pl.concat([found.units.select(of_version.columns), of_version])
    checker, done = UnitChecker(ledger), 0
    mismatches = [*_of_root(rows, name, audit.training["root"]), *_of_reading(found)]
    for (of,), own in units.group_by("table", maintain_order=True):
        table = ledger.table(str(of))
        columns = [*_OF_UNIT, *table.schema.names]
        for unit in units_as_read(ledger, own, table, columns).iter_rows(named=True):
            problems = checker.problems(table, unit)
            mismatches += [Mismatch(table.name, unit["key"], problem) for problem in problems]
            done += 1
            progress(done, units.height)
    return Verified(done, checker.n_rows, len(checker.seen), mismatches)


def _current(ledger: Ledger, table: Table, key: str) -> pl.DataFrame:
    handle = ledger.open(table)
    unit = handle.units(IDENTITY).filter(pl.col("key") == key).collect()
    version = pl.lit(handle.version, dtype=pl.Int64).alias("version")
    is_current = pl.lit(value=True).alias("is_current")
    return unit.select(pl.lit(table.name).alias("table"), *IDENTITY, version, is_current)


def _of_root(rows: pl.DataFrame, name: str, root: str) -> Iterator[Mismatch]:
    """Compare the Merkle root that a version states with that of the rows it is said to be fitted on."""
    found = merkle_root(sorted(rows.filter(pl.col("role") != PREVIOUS)["row_hash"]))
    if found != root:
        yield Mismatch(MODELS.name, name, f"the Merkle root of its rows is {found}, it states {root}")


def _of_reading(found: Ancestry) -> Iterator[Mismatch]:
    """Compare the rows that units say they read with those that are there."""
    for table, key in found.missing.select("table", "key").iter_rows():
        yield Mismatch(table, key, "it was read, and is nowhere: changed, or pruned from history")
    parent = ["parent_table", "parent_key", "parent_recipe_hash", "row_hash"]
    rows = found.units.select("table", *IDENTITY, "row_hash").explode("row_hash")
    rows = rows.rename(dict(zip(("table", *IDENTITY, "row_hash"), parent, strict=True)))
    # A unit that is missing altogether was told already.
    lost = found.missing.select(parent_table="table", parent_key="key", parent_recipe_hash="recipe_hash")
    unread = found.edges.join(rows, on=parent, how="anti").join(lost, on=lost.columns, how="anti")
    for table, key, of, row in unread.select("table", "key", "parent_key", "row_hash").iter_rows():
        yield Mismatch(table, key, f"it read the row {row[:12]} of {of!r}, which holds no such row")


class UnitChecker:
    """Hashes units again; what several refer to only once.

    Parameters
    ----------
    looks_up
        Whether what units refer to is hashed, too.
    """

    def __init__(self, ledger: Ledger, *, looks_up: bool = True) -> None:
        self._looks_up = looks_up
        self.n_rows = 0
        self.seen: dict[str, str | None] = {}
        self._objects = ledger.objects

    def problems(self, table: Table, unit: Mapping[str, Any]) -> Iterator[str]:
        """Yield what of a unit is not what its hashes say."""
        made_of = (unit["target"], unit["code_version"], unit["config_hash"], unit["inputs"])
        if recipe_hash(table.name, unit["key"], *made_of) != unit["recipe_hash"]:
            yield "its recipe is not the hash of key, target, code, configuration and inputs"
        if output_hash(unit["outcome"], unit["reason"], unit["row_hash"]) != unit["output_hash"]:
            yield "its output is not the hash of outcome and rows"
        for name, stored in (
            ("source", "code zip"),
            ("environment", "environment"),
            ("installed", "environment"),
        ):
            if (problem := self._once(name, unit[name])) is not None:
                yield f"{stored}: {problem}"
        if (problem := self._once("config_hash", unit["config_hash"])) is not None:
            yield f"settings: {problem}"
        hashed = unit["hashed_columns"].split(",")
        try:
            schema = Schema(tuple(table.schema[name] for name in hashed))
        except SchemaError as error:
            yield f"its rows cannot be hashed again, the table had other columns then: {error}"
            return
        for i in range(unit["n_rows"]):
            self.n_rows += 1
            yield from self._of_row(table, schema, unit, i)

    def _of_row(self, table: Table, schema: Schema, unit: Mapping[str, Any], i: int) -> Iterator[str]:
        values = {column.name: unit[column.name][i] for column in schema}
        where = f"row {i + 1} of {unit['n_rows']}"
        hashed, digests = row_hashes(table.name, unit["key"], values, schema)
        if hashed != unit["row_hash"][i]:
            then = unit["column_digests"][i]
            parts = enumerate(schema)
            names = [c.name for k, c in parts if digests[_at(k)] != then[_at(k)]]
            yield f"{where} is not what its hash says: {', '.join(names) or 'the hash was changed'}"
        elif digests != unit["column_digests"][i]:
            yield f"{where}: the digests of its columns were changed"
        for column in schema:
            if column.is_reference and (problem := self._once(column.dtype, values[column.name])) is not None:
                yield f"{where}, {column.name}: {problem}"

    def _once(self, kind: str, digest: str | None) -> str | None:
        """Hash what lies in a store again; None where it is what its name says."""
        if not digest or not self._looks_up:
            return None
        place = f"{kind} {digest}"
        if place not in self.seen:
            objects = self._objects
            readers = {
                FILE: objects.get_file, ARRAYS: objects.get_arrays, "source": objects.get_source,
                "config_hash": objects.get_config,
            }  # fmt: skip
            read: Callable[[str], Any] = readers.get(kind, objects.get_environment)
            try:
                read(digest)
                self.seen[place] = None
            except CorruptStoreError as error:
                self.seen[place] = str(error)
        return self.seen[place]


def _at(place: int) -> slice:
    return slice(place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES)
