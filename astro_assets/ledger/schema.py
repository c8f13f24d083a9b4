"""What a table's rows look like: columns with units and meanings, and their validation.

Only declarations and checks of values live here; nothing reads or writes storage.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

_SCALARS: Final[Mapping[str, Any]] = {
    "string": pl.String,
    "bool": pl.Boolean,
    "int32": pl.Int32,
    "int64": pl.Int64,
    "float32": pl.Float32,
    "float64": pl.Float64,
}
#: Dtypes whose values live outside the table: a set of equally long arrays, or a raw file.
ARRAYS: Final = "arrays"
FILE: Final = "file"
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


class SchemaError(ValueError):
    """A schema is declared wrongly, or a value does not fit the schema of its table."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Parameters
    ----------
    name
        Lower-case name; a physical quantity ends in its unit (``period_days``).
    dtype
        ``string``, ``bool``, ``int32``, ``int64``, ``float32``, ``float64``, one of these in
        ``list[...]``, ``arrays`` (named 1-D arrays of one length, kept once under their content
        hash) or ``file`` (the sha256 of a stored raw file).
    description
        What the value means, for people.
    unit
        Physical unit as astropy writes it, empty when there is none.
    context
        Stored and audited but not hashed: header identity, names, times.
    nullable
        Whether a row may lack the value.
    """

    name: str
    dtype: str
    description: str
    unit: str = ""
    context: bool = False
    nullable: bool = False

    def __post_init__(self) -> None:
        if not _NAME.match(self.name):
            raise SchemaError(f"column name {self.name!r} is not a lower-case identifier")
        if not self.description:
            raise SchemaError(f"column {self.name!r} has no description")
        self.polars_type  # noqa: B018  an unknown dtype is refused where it is declared

    @property
    def is_reference(self) -> bool:
        """Whether rows hold a hash and the value lives in the home's stores."""
        return self.dtype in (ARRAYS, FILE)

    @property
    def polars_type(self) -> Any:
        """The Polars dtype of one value."""
        if self.is_reference:
            return pl.String
        if self.dtype.startswith("list[") and self.dtype.endswith("]"):
            inner = _SCALARS.get(self.dtype[5:-1])
            if inner is not None:
                return pl.List(inner)
        elif self.dtype in _SCALARS:
            return _SCALARS[self.dtype]
        raise SchemaError(f"column {self.name!r}: unknown dtype {self.dtype!r}")


@dataclass(frozen=True, slots=True)
class Schema:
    """The ordered columns of a table's rows.

    Raises
    ------
    SchemaError
        If two columns have one name, or a name is taken by the ledger's own columns.
    """

    columns: tuple[Column, ...]

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise SchemaError(f"columns declared twice in {names}")
        if taken := RESERVED.intersection(names):
            raise SchemaError(f"column names {sorted(taken)} belong to the ledger")

    def __iter__(self) -> Iterator[Column]:
        return iter(self.columns)

    def __getitem__(self, name: str) -> Column:
        for column in self.columns:
            if column.name == name:
                return column
        raise SchemaError(f"no column {name!r}; there are {list(self.names)}")

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def files(self) -> tuple[str, ...]:
        """The columns that name raw files."""
        return tuple(column.name for column in self.columns if column.dtype == FILE)

    @property
    def content(self) -> tuple[Column, ...]:
        """The columns that are hashed."""
        return tuple(column for column in self.columns if not column.context)


#: Columns of the unit row, see :mod:`astro_assets.ledger.units`.
RESERVED: Final = frozenset(
    {
        "shard",
        "key",
        "target",
        "outcome",
        "reason",
        "n_rows",
        "recipe_hash",
        "output_hash",
        "row_hash",
        "column_digests",
        "parents",
        "origin",
        "code_version",
        "config_hash",
        "inputs",
        "hashed_columns",
        "source",
        "environment",
        "installed",
        "run_id",
        "computed_at",
    }
)
