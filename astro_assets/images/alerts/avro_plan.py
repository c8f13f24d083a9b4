"""From an Avro schema to the program that walks over its records and notes what is wanted.

Programs are written here and run in `avro_loops`; what the columns mean is up to who asked for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.alerts import avro_loops as ops

Path = tuple[str, ...]

_SKIPPED: Final = {
    "boolean": (ops.FIXED, 1),
    "int": (ops.VARINT, 0),
    "long": (ops.VARINT, 0),
    "float": (ops.FIXED, 4),
    "double": (ops.FIXED, 8),
    "bytes": (ops.COUNTED, 0),
    "string": (ops.COUNTED, 0),
}
_NOTED: Final = {
    "boolean": ops.BOOLEAN,
    "int": ops.INTEGER,
    "long": ops.INTEGER,
    "float": ops.FLOAT,
    "double": ops.DOUBLE,
    "bytes": ops.TEXT,
    "string": ops.TEXT,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How to walk over the records of a file.

    Parameters
    ----------
    code
        The program, shape (n, 3), int64.
    columns
        Paths of the values that are noted, by their column, of the record and of each table.
    """

    code: NDArray[np.int64]
    columns: tuple[dict[Path, int], ...]


def plan(tree: dict[str, Any], is_wanted: Callable[[Path], bool], tables: Sequence[Path]) -> Plan:
    """Write the program for the records of a schema.

    Parameters
    ----------
    tree
        Reduced, as `avro_schema` does.
    is_wanted
        Of the path of a value.
    tables
        Paths of arrays of records, each of whose items becomes a row; of their wanted values the path begins
        with the table's.
    """
    writing = _Writing(is_wanted, tuple(tables), tuple({} for _ in range(1 + len(tables))))
    writing.write(tree, (), 0)
    writing.emit(ops.END)
    return Plan(np.array(writing.code, dtype=np.int64), writing.columns)


@dataclass(slots=True)
class _Writing:
    is_wanted: Callable[[Path], bool]
    tables: tuple[Path, ...]
    columns: tuple[dict[Path, int], ...]
    code: list[list[int]] = field(default_factory=list)

    def emit(self, op: int, a: int = 0, b: int = 0) -> int:
        self.code.append([op, a, b])
        return len(self.code) - 1

    def write(self, node: Any, path: Path, table: int | None) -> None:
        """Write what reads a value.

        Parameters
        ----------
        table
            Whose row it is noted in; None where it is passed over.
        """
        if isinstance(node, list):
            self._union(node, path, table)
        elif isinstance(node, str):
            self._primitive(node, path, table)
        elif node["type"] == "record":
            for one in node["fields"]:
                self.write(one["type"], (*path, one["name"]), table)
        elif node["type"] == "enum":
            self.emit(ops.VARINT)
        elif node["type"] == "fixed":
            if node["size"]:
                self.emit(ops.FIXED, node["size"])
        else:
            self._collection(node, path, table)

    def _primitive(self, kind: str, path: Path, table: int | None) -> None:
        if kind == "null":
            return
        if table is not None and self.is_wanted(path):
            columns = self.columns[table]
            self.emit(_NOTED[kind], columns.setdefault(path, len(columns)))
        else:
            self.emit(*_SKIPPED[kind])

    def _union(self, node: list[Any], path: Path, table: int | None) -> None:
        size = self._optional_size(node, path, table)
        if size is not None:
            self.emit(ops.OPTIONAL, size, node.index("null"))
            return
        self.emit(ops.UNION, len(node))
        jumps = [self.emit(ops.JUMP) for _ in node]
        ends = []
        for jump, branch in zip(jumps, node, strict=True):
            self.code[jump][1] = len(self.code)
            self.write(branch, path, table)
            ends.append(self.emit(ops.JUMP))
        for end in ends:
            self.code[end][1] = len(self.code)

    def _optional_size(self, node: list[Any], path: Path, table: int | None) -> int | None:
        """Return how many bytes may be passed over, where a choice is between these and nothing."""
        if len(node) != 2 or "null" not in node or (table is not None and self.is_wanted(path)):
            return None
        other = node[1 - node.index("null")]
        op, size = _SKIPPED.get(other, (ops.VARINT, 0)) if isinstance(other, str) else (ops.VARINT, 0)
        return size if op == ops.FIXED else None

    def _collection(self, node: dict[str, Any], path: Path, table: int | None) -> None:
        kind, inner = (ops.MAP if node["type"] == "map" else ops.ARRAY), None
        if kind == ops.ARRAY and table == 0 and path in self.tables:
            place = self.tables.index(path)
            kind, inner = ops.FIRST_TABLE + place, 1 + place
        begin = self.emit(ops.COLLECTION, 0, kind)
        self.write(node["items" if "items" in node else "values"], path, inner)
        self.emit(ops.ITEM, begin)
        self.code[begin][1] = len(self.code)
