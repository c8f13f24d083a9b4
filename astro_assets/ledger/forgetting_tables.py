"""Taking a target out of the files of tables, of all versions: each is replaced by one without it.

Paths stay, so every version stays readable; what a table's log says of its files is in `forgetting_log`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl

from astro_assets.ledger.hashing import output_hash
from astro_assets.ledger.model_tables import MODELS, PROMOTED_MODELS
from astro_assets.ledger.storage import Entry, Storage
from astro_assets.ledger.table import TARGET, Table
from astro_assets.ledger.trace import Trace
from astro_assets.ledger.units import UNIT_COLUMNS

_TABLE: Final = re.compile(r"tables/([^/]+/[^/]+)/_delta_log/")
#: Their rows are of models: a mention is replaced, the row stays.
_OF_MODELS: Final = (MODELS.name, PROMOTED_MODELS.name)


@dataclass(slots=True)
class Removed:
    """What was taken out of a table: units and rows of all its files, of whatever version."""

    units: int = 0
    rows: int = 0
    files: set[str] = field(default_factory=set)


def table_names(storage: Storage) -> list[str]:
    """Return the name of each Delta table, of tables that are declared no longer as well."""
    found = (_TABLE.match(entry.key) for entry in storage.entries("tables/"))
    return sorted({match[1] for match in found if match is not None})


def data_files(storage: Storage, name: str) -> list[Entry]:
    """List the files that hold the units of all versions of a table."""
    return [
        entry
        for entry in storage.entries(f"tables/{name}/")
        if entry.name.endswith(".parquet") and "/_delta_log/" not in entry.key
    ]


def rewrite_table(storage: Storage, name: str, table: Table | None, trace: Trace, by: str) -> Removed:
    """Replace every file of a table that holds something of the target.

    Parameters
    ----------
    table
        Its declaration; None where there is none any more.
    by
        What takes the place of the target's name in texts.
    """
    removed = Removed()
    for entry in data_files(storage, name):
        _rewrite(storage, entry.key, _Rewriting(name, table, trace, by), removed)
    return removed


def _rewrite(storage: Storage, key: str, how: _Rewriting, removed: Removed) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with storage.open(key) as stream:
        stored = pq.ParquetFile(stream).read()
    units = pl.DataFrame(pl.from_arrow(stored))
    without = how.applied(units, removed)
    if without is None:
        return
    sink = pa.BufferOutputStream()
    pq.write_table(without.to_arrow().cast(stored.schema), sink)
    storage.rewrite(key, sink.getvalue().to_pybytes())
    removed.files.add(key)


@dataclass(frozen=True, slots=True)
class _Rewriting:
    """How units of one table lose what is of a target."""

    name: str
    table: Table | None
    trace: Trace
    by: str

    def applied(self, units: pl.DataFrame, removed: Removed) -> pl.DataFrame | None:
        """Return units without what is of the target, None where nothing is."""
        found = {value for value in _strings(units) if self.trace.mentions(value)}
        if not found:
            return None
        is_gone = pl.col("key").is_in(list(found)) | pl.col("target").is_in(list(found))
        gone = units.filter(is_gone.fill_null(value=False)) if self._has_stars() else units.clear()
        removed.units += gone.height
        removed.rows += int(gone["n_rows"].sum())
        kept = (
            units.join(gone.select("key"), on="key", how="anti", maintain_order="left")
            if gone.height
            else units
        )
        lines = list(kept.iter_rows(named=True))
        edited = {
            i: self._edited(line, found, removed) for i, line in enumerate(lines) if _holds(line, found)
        }
        if not edited:
            return kept
        return pl.DataFrame([edited.get(i, line) for i, line in enumerate(lines)], schema=units.schema)

    def _has_stars(self) -> bool:
        return self.name not in _OF_MODELS

    def _edited(self, line: Mapping[str, Any], found: set[str], removed: Removed) -> dict[str, Any]:
        edited = dict(line)
        edited["parents"] = [
            parent for parent in line["parents"] or [] if not found & {parent["key"], parent["row_hash"]}
        ]
        lists = [name for name, value in line.items() if name not in UNIT_COLUMNS and isinstance(value, list)]
        kept = [i for i in range(line["n_rows"]) if not self._is_its(line, i, lists, found)]
        for name in lists:
            edited[name] = [self._text(line[name][i], found) for i in kept]
        edited["reason"] = self._text(line["reason"], found)
        if len(kept) < line["n_rows"]:
            removed.rows += line["n_rows"] - len(kept)
            edited["n_rows"] = len(kept)
            edited["outcome"] = line["outcome"] if kept else "empty"
            edited["output_hash"] = output_hash(edited["outcome"], edited["reason"], edited["row_hash"])
        return edited

    def _is_its(self, line: Mapping[str, Any], row: int, lists: list[str], found: set[str]) -> bool:
        """Tell whether a row is the target's: it says so, or says of no star and mentions it."""
        if not self._has_stars():
            return False
        star = TARGET if self.table is None else self.table.star_column
        named = line[star][row] if star is not None and star in lists else None
        if named is not None:
            return named in found
        context = () if self.table is None else {c.name for c in self.table.schema if c.context}
        return any(_mentions(line[name][row], found) for name in lists if name not in context)

    def _text(self, value: Any, found: set[str]) -> Any:
        if isinstance(value, list):
            return [self._text(part, found) for part in value]
        if isinstance(value, str) and value in found:
            replaced = self.trace.replaced(value, self.by)
            return self.by if replaced == value else replaced
        return value


def _holds(line: Mapping[str, Any], found: set[str]) -> bool:
    parents = ((parent["key"], parent["row_hash"]) for parent in line["parents"] or ())
    return _mentions([value for name, value in line.items() if name != "parents"], found) or any(
        found.intersection(pair) for pair in parents
    )


def _mentions(value: Any, found: set[str]) -> bool:
    if isinstance(value, list):
        return any(_mentions(part, found) for part in value)
    return isinstance(value, str) and value in found


def _strings(units: pl.DataFrame) -> set[str]:
    """Return every text in a frame of units, each once."""
    texts: set[str] = set()
    for values in units.get_columns():
        if values.name == "parents":
            parents = values.explode(empty_as_null=False).struct.unnest() if values.len() else None
            if parents is not None:
                texts.update(parents["key"].drop_nulls(), parents["row_hash"].drop_nulls())
            continue
        while isinstance(values.dtype, pl.List):
            values = values.explode(empty_as_null=False)  # noqa: PLW2901  one level of lists after another
        if values.dtype == pl.String:
            texts.update(values.drop_nulls().unique())
    return texts
