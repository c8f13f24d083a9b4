"""How a table is declared: its schema, the pure function that makes its rows, what it reads.

Only declarations live here. Planning, computing and storing are in the ledger's other modules.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from astro_assets.ledger.schema import Schema, SchemaError

#: A row as a compute function gets or returns it: ``arrays`` columns are dicts of NumPy arrays,
#: ``file`` columns are paths of stored read-only files.
Row = Mapping[str, Any]
Parents = Mapping[str, Sequence[Row]]
#: The column that names a target. A unit's rows have its target there, which the ledger checks.
TARGET: Final = "target_id"
_NAME = re.compile(r"[a-z][a-z0-9_]*/[a-z][a-z0-9_]*\Z")


class Config(BaseModel):
    """Base of every table's configuration: immutable, unknown fields refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def settings_fault(error: ValidationError, known: Iterable[str]) -> str:
    """Return the first fault of some settings in a line: which one, and what there is or is allowed."""
    first = error.errors()[0]
    name = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return f"{name}: {first['msg']}"
    there_are = f"; there are {', '.join(known)}" if len(first["loc"]) == 1 else ""
    return f"{name}: there is no such setting{there_are}"


@dataclass(frozen=True, slots=True)
class Parent:
    """A table that is read, with the columns that count.

    Parameters
    ----------
    table
        The table read.
    columns
        The content columns the computation sees and depends on.
    role
        The name under which the rows reach the compute function; the table's own by default.
    on
        For parents after the first: rows match whose column ``on`` equals that of the driving row.
    equals
        For parents after the first: rows match whose column ``on`` equals this constant, for every unit. So a
        table applies a promoted model; the model is no data parent, and its origin does not reach the row's.
    drives
        For parents after the first: its rows make units too, whether or not the first parent has rows of
        their key. ``on`` is then the table's key, and the rows name their target as the first parent's do.
    """

    table: Table
    columns: tuple[str, ...]
    role: str = ""
    on: str = TARGET
    equals: str | None = None
    drives: bool = False

    def __post_init__(self) -> None:
        if not self.role:
            object.__setattr__(self, "role", self.table.name.partition("/")[2])
        for name in self.columns:
            if self.table.schema[name].context:
                raise SchemaError(
                    f"{self.table.name}.{name} is a context column: it is not hashed: nothing may read it"
                )


@dataclass(frozen=True, slots=True)
class Table:
    """A row-ledgered table.

    The first parent drives: the values of its column ``key`` are this table's keys, and the rows
    with one value are that unit's rows of the first role. A table without parents is a source,
    whose units are put in by name.

    Parameters
    ----------
    name
        ``wing/table``.
    schema
        Columns of the rows.
    compute
        ``compute(key, parents, config) -> rows``: pure, importable by name, no side effects.
        Raises any exception to make the unit ``failed`` with that reason, except those of the machine
        (OSError, MemoryError), which stop the run. A row may carry an extra ``origin`` less real than its
        parents'.
    key
        Column of the first parent whose values are this table's keys.
    target
        Column of the first parent that names the target; it decides the shard. None where no target is known
        yet: units are then spread over the shards by their key.
    choose
        Picks the rows of the first parent that count (a frame in, some of its rows out).
    libraries
        Distribution names of the libraries the computation uses.
    is_batched
        ``compute(keys, parents, config)`` is given several units at once instead, and returns the rows of
        each. What it makes of a unit may not depend on the others; where it raises, units are computed one
        by one.
    settings_of
        The table whose settings this one reads, having none of its own: ``config`` is of the same class.
    settings_from
        Fields of ``config`` that are the settings of other tables, by name: they are not set here, and rows
        are stale when they change there.
    is_on_demand
        Nothing of the table is due before the first of its units was asked for.
    holds_labels
        Of a source table: whether its units say what stars are, not what was observed of them.
    described_by
        Columns that an audit tells of a row that a model was trained on, by what they tell: ``star``,
        ``class``, ``label_source``, ``mission``, ``segment``. Its unit's target is its star where none is.
    """

    name: str
    schema: Schema
    compute: Callable[[Any, Any, Any], Sequence[Any]] | None = None
    parents: tuple[Parent, ...] = ()
    config: Config = field(default_factory=Config)
    key: str = TARGET
    target: str | None = TARGET
    choose: Callable[[pl.DataFrame], pl.DataFrame] | None = None
    libraries: tuple[str, ...] = ()
    is_batched: bool = False
    settings_of: Table | None = None
    settings_from: Mapping[str, Table] = field(default_factory=dict)
    is_on_demand: bool = False
    holds_labels: bool = False
    described_by: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise SchemaError(f"table name {self.name!r} is not of the form wing/table")
        if self.parents and self.compute is None:
            raise SchemaError(f"{self.name} reads tables but computes nothing")
        if self.parents and self.holds_labels:
            raise SchemaError(f"{self.name} is computed: only what is put in by name holds labels")
        if self.settings_of is not None and type(self.config) is not type(self.settings_of.config):
            raise SchemaError(f"{self.name} cannot read the settings of {self.settings_of.name}")
        for name, other in self.settings_from.items():
            if type(getattr(self.config, name, None)) is not type(other.config):
                raise SchemaError(f"{self.name} has no settings {name!r} of the class of {other.name}'s")
        for name in self.described_by.values():
            self.schema[name]
        self._check_parents()

    def _check_parents(self) -> None:
        roles = [parent.role for parent in self.parents]
        if len(set(roles)) != len(roles):
            raise SchemaError(f"{self.name}: two parents in one role: {roles}")
        if self.parents and self.parents[0].equals is not None:
            raise SchemaError(f"{self.name}: the first parent drives and matches by key, not by a constant")
        for parent in self.parents[1:]:
            if parent.drives and (parent.on != self.key or parent.equals is not None):
                raise SchemaError(f"{self.name}: a parent that drives is matched by the key {self.key!r}")

    @property
    def is_source(self) -> bool:
        """Whether units are put in by name instead of being computed from parents."""
        return not self.parents

    @property
    def drivers(self) -> tuple[Parent, ...]:
        """The parents whose rows make units: the first, and those that drive beside it."""
        return (*self.parents[:1], *(parent for parent in self.parents[1:] if parent.drives))

    @property
    def star_column(self) -> str | None:
        """The column in which rows name their star, None where they do not."""
        star = self.described_by.get("star", TARGET)
        return star if star in self.schema.names else None

    @property
    def is_by_target(self) -> bool:
        """Whether units lie in the shard of their target, so that parents and children share shards."""
        return bool(self.parents) and self.target is not None

    def signature(self) -> dict[str, Any]:
        """Return what of the declaration decides results, as plain values to be hashed."""
        return {
            "columns": [(c.name, c.dtype, c.context, c.nullable) for c in self.schema],
            "parents": [(p.role, p.table.name, p.columns, p.on, p.equals, p.drives) for p in self.parents],
            "key": self.key,
            "target": self.target,
        }
