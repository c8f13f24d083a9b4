"""What a target left in a home: how it is named there, and the hashes of what belongs to it alone.

Recognising and collecting only; taking it out is in `forgetting_tables` and `forgetting_log`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Final, Self

import polars as pl

from astro_assets.ledger.history import every_unit
from astro_assets.ledger.ledger import Ledger
from astro_assets.ledger.model_tables import MODEL_MEMBERS, MODEL_TABLES, MODELS, PROMOTED_MODELS
from astro_assets.ledger.models import PREVIOUS
from astro_assets.ledger.retraction import members_of
from astro_assets.ledger.schema import ARRAYS
from astro_assets.ledger.table import Table

#: Their files are of many stars, and go with the models.
_OF_MODELS: Final = {table.name for table in MODEL_TABLES}
#: Columns of a source table that hold names of files.
_NAMES: Final = ("file_name", "copies")


@dataclass(frozen=True)
class Trace:
    """How to recognise what is of a target.

    Parameters
    ----------
    pattern
        Regular expression of all spellings of its id.
    file_names
        Names of its files that no other file has.
    files, arrays
        Hashes of what is kept for it alone.
    rows
        Hashes of its rows.
    artefacts
        Hashes of models that were trained on it.
    models
        ``model@version`` of these, and of those that were continued from them.
    shared_files
        Hashes of files that tell of other stars, too.
    """

    target: str
    pattern: str
    file_names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    arrays: tuple[str, ...] = ()
    rows: tuple[str, ...] = field(default=(), repr=False)
    artefacts: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    shared_files: tuple[str, ...] = ()

    @cached_property
    def hashes(self) -> frozenset[str]:
        """Every hash by which something of it is known; a model's tells nothing of it."""
        return frozenset((*self.files, *self.arrays, *self.rows))

    @cached_property
    def _regex(self) -> re.Pattern[str]:
        names = sorted((*self.file_names, *self.files), key=len, reverse=True)
        quoted = [rf"(?<![\w.-]){re.escape(name)}(?![\w-])" for name in names]
        return re.compile("|".join([self.pattern, *quoted]))

    def mentions(self, text: str) -> bool:
        """Tell whether a text names the target, or what is its alone."""
        return text in self.hashes or self._regex.search(text) is not None

    def replaced(self, text: str, by: str) -> str:
        """Return a text with another name in place of the target's."""
        return self._regex.sub(by, text)

    def to_json(self) -> str:
        """Return it for :meth:`of_json`."""
        return json.dumps(asdict(self))

    @classmethod
    def of_json(cls, text: str) -> Self:
        """Read what :meth:`to_json` wrote."""
        told: dict[str, Any] = json.loads(text)
        lists = {name: tuple(value) for name, value in told.items() if isinstance(value, list)}
        return cls(**{**told, **lists})


def trace_of(ledger: Ledger, target: str, pattern: str) -> Trace:
    """Collect what is of a target in all versions of all tables.

    Parameters
    ----------
    pattern
        Regular expression of all spellings of its id.
    """
    bare = Trace(target, pattern)
    files, shared = _files_of(ledger, target, bare)
    trained = members_of(ledger, [target])
    versions = {
        f"{model}@{version}" for model, version in trained.select("model", "model_version").iter_rows()
    }
    return Trace(
        target,
        pattern,
        file_names=tuple(sorted(_own_names(ledger, files))),
        files=tuple(sorted(files)),
        arrays=tuple(sorted(_own_arrays(ledger, target))),
        rows=tuple(sorted(_rows_of(ledger, target))),
        artefacts=tuple(sorted(_artefacts(ledger, versions))),
        models=tuple(sorted(_with_continued(ledger, versions))),
        shared_files=tuple(sorted(shared - files)),
    )


def _of_star(units: pl.DataFrame, target: str, star: str | None) -> pl.DataFrame:
    """Return units that hold rows of the target."""
    own = pl.col("target") == target
    if star is not None:
        own |= pl.col(star).list.eval(pl.element() == target).list.any()
    return units.filter(own.fill_null(value=False))


def _files_of(ledger: Ledger, target: str, bare: Trace) -> tuple[set[str], set[str]]:
    """Return the files that are the target's alone, and those that tell of others too."""
    kept = {table.name for table in ledger.tables if table.is_source and _file_column(table)} - _OF_MODELS
    own: set[str] = set()
    others: set[str] = set()
    named: set[str] = set()
    for table in ledger.tables:
        star = table.star_column
        if {parent.table.name for parent in table.parents} & kept:
            for units in every_unit(ledger.open(table), ["target", "parents", *([star] if star else [])]):
                for line in units.iter_rows(named=True):
                    keys = {parent["key"] for parent in line["parents"] if parent["table"] in kept}
                    stars = {line["target"], *(line[star] or () if star else ())} - {None}
                    own.update(keys if target in stars else ())
                    others.update(keys if stars - {target} else ())
        if table.name in kept and "file_name" in table.schema.names:
            for units in every_unit(ledger.open(table), ["key", "file_name"]):
                for key, names in units.iter_rows():
                    named.update([key] if any(map(bare.mentions, names or ())) else ())
    # A file that could not be read is known by its name alone.
    own, shared = (own | named) - others, own & others
    hashes = {digest for table in ledger.tables if table.name in kept for digest in _held(ledger, table, own)}
    mixed = {
        digest for table in ledger.tables if table.name in kept for digest in _held(ledger, table, shared)
    }
    return own | hashes, mixed


def _file_column(table: Table) -> str | None:
    return next(iter(table.schema.files), None)


def _held(ledger: Ledger, table: Table, keys: Collection[str]) -> set[str]:
    column = _file_column(table)
    if column is None or not keys:
        return set()
    frames = [
        units.filter(pl.col("key").is_in(list(keys)))[column].explode().drop_nulls()
        for units in every_unit(ledger.open(table), ["key", column])
    ]
    return {digest for values in frames for digest in values}


def _own_names(ledger: Ledger, files: Collection[str]) -> set[str]:
    own: set[str] = set()
    others: set[str] = set()
    for table in ledger.tables:
        names = [name for name in _NAMES if name in table.schema.names]
        if not table.is_source or not names or not _file_column(table):
            continue
        for units in every_unit(ledger.open(table), ["key", *names]):
            for line in units.iter_rows(named=True):
                found = {text for name in names for text in _texts(line[name])}
                (own if line["key"] in files else others).update(found)
    return own - others


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _own_arrays(ledger: Ledger, target: str) -> set[str]:
    own: set[str] = set()
    others: set[str] = set()
    for table in ledger.tables:
        columns = [column.name for column in table.schema if column.dtype == ARRAYS]
        star = table.star_column
        wanted = ["target", *([star] if star else []), *columns]
        for units in every_unit(ledger.open(table), wanted) if columns else ():
            for line in units.iter_rows(named=True):
                for name in columns:
                    values = line[name] or ()
                    stars = line[star] if star and line[star] else [line["target"]] * len(values)
                    for digest, named in zip(values, stars, strict=True):
                        (own if target in {named, line["target"]} else others).add(digest)
    return own - others - {None}


def _rows_of(ledger: Ledger, target: str) -> set[str]:
    hashes: set[str] = set()
    for table in ledger.tables:
        star = table.star_column
        for units in every_unit(ledger.open(table), ["target", "row_hash", *([star] if star else [])]):
            for line in _of_star(units, target, star).iter_rows(named=True):
                stars = line[star] if star else [target] * len(line["row_hash"])
                its = zip(line["row_hash"], stars, strict=True)
                hashes |= {digest for digest, named in its if target in {named, line["target"]}}
    return hashes


def _artefacts(ledger: Ledger, versions: Collection[str]) -> set[str]:
    own: set[str] = set()
    others: set[str] = set()
    for units in every_unit(ledger.open(MODELS), ["key", "artefact"]):
        for key, artefacts in units.iter_rows():
            (own if key in versions else others).update(artefacts or ())
    return own - others


def _with_continued(ledger: Ledger, versions: Collection[str]) -> set[str]:
    """Add the versions whose fit was given one of these: without it they cannot be made again."""
    promoted: dict[str, str] = {}
    for units in every_unit(ledger.open(PROMOTED_MODELS), ["model", "model_version", "row_hash"]):
        for models, numbers, hashes in units.iter_rows():
            promoted |= {row: f"{m}@{v}" for m, v, row in zip(models, numbers, hashes, strict=True)}
    continued: dict[str, str] = {}
    for units in every_unit(ledger.open(MODEL_MEMBERS), ["key", "role", "member_row_hash"]):
        for key, roles, hashes in units.iter_rows():
            before = [row for role, row in zip(roles, hashes, strict=True) if role == PREVIOUS]
            for row in before:
                continued[key] = promoted.get(row, "")
    found = set(versions)
    while more := {key for key, before in continued.items() if before in found} - found:
        found |= more
    return found
