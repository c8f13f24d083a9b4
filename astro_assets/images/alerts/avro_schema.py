"""The schema of an Avro file, read with suspicion: what it may cost is known before anything is decoded.

Schemas live here; the records that they describe are read in `avro_reading`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Final

#: JSON of a schema; ZTF's has 20 kB.
_MOST_SCHEMA_BYTES: Final = 1 << 20
#: Types of a schema once every name is written out: two records of two records of two ... fit into few bytes.
_MOST_TYPES: Final = 20_000
_DEEPEST: Final = 16
_LARGEST_FIXED: Final = 1 << 20

#: Fewest bytes of an encoded value.
_PRIMITIVES: Final = {
    "null": 0,
    "boolean": 1,
    "int": 1,
    "long": 1,
    "float": 4,
    "double": 8,
    "bytes": 1,
    "string": 1,
}


class SchemaError(ValueError):
    """A schema is none, or one whose records could not be decoded within bounds."""


@dataclass(frozen=True, slots=True)
class WriterSchema:
    """The schema a file was written with, reduced to what decoding needs.

    Every record is written out where it is used and has a name of our own, so that nothing of what a stranger
    wrote but types, names of fields and orders reaches the decoder.

    Parameters
    ----------
    name, version
        As the file says: the full name of its record, and None where it has no version.
    tree
        In Avro's JSON.
    """

    name: str
    version: str | None
    tree: dict[str, Any]

    def fields(self) -> frozenset[str]:
        """Return the names of the outermost record's fields."""
        return frozenset(one["name"] for one in self.tree["fields"])


def writer_schema(text: bytes) -> WriterSchema:
    """Read the schema of a file.

    Raises
    ------
    SchemaError
        If it is none, describes no record, contains itself, or describes what few bytes could blow up:
        collections of items that take no byte, more types than any survey has.
    """
    if len(text) > _MOST_SCHEMA_BYTES:
        raise SchemaError(f"the schema has {len(text)} bytes, {_MOST_SCHEMA_BYTES} are allowed")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"the schema is no JSON: {error}") from error
    if not isinstance(told, dict) or told.get("type") != "record":
        raise SchemaError("the schema describes no record")
    cleaning = _Cleaning()
    tree, least = cleaning.clean(told, "", 0)
    if least == 0:
        raise SchemaError("the schema describes records without content")
    version = told.get("version")
    return WriterSchema(_full_name(told, ""), None if version is None else str(version)[:32], tree)


@dataclass(slots=True)
class _Cleaning:
    """One pass over a schema; names are looked up in what came before."""

    named: dict[str, tuple[dict[str, Any], str]] = field(default_factory=dict)
    within: list[str] = field(default_factory=list)
    n_types: int = 0

    def clean(self, node: Any, namespace: str, depth: int) -> tuple[Any, int]:
        self.n_types += 1
        if self.n_types > _MOST_TYPES:
            raise SchemaError(f"the schema describes more than {_MOST_TYPES} values a record")
        if depth > _DEEPEST:
            raise SchemaError(f"the schema is nested deeper than {_DEEPEST} levels")
        if isinstance(node, list):
            return self._union(node, namespace, depth)
        if isinstance(node, str):
            return self._of_name(node, namespace, depth)
        if not isinstance(node, dict) or "type" not in node:
            raise SchemaError(f"the schema has no type where one belongs: {str(node)[:60]!r}")
        kind = node["type"]
        if not isinstance(kind, str):
            return self.clean(kind, namespace, depth + 1)
        if kind in {"record", "error", "enum", "fixed"}:
            return self._definition(node, namespace, depth)
        if kind in {"array", "map"}:
            return self._collection(node, namespace, depth)
        return self._of_name(kind, namespace, depth)

    def _of_name(self, name: str, namespace: str, depth: int) -> tuple[Any, int]:
        if name in _PRIMITIVES:
            return name, _PRIMITIVES[name]
        for full in (name, f"{namespace}.{name}"):
            if full in self.within:
                raise SchemaError(f"the schema's type {full[:60]!r} contains itself")
            if full in self.named:
                node, outer = self.named[full]
                return self._definition(node, outer, depth)
        raise SchemaError(f"the schema uses a type {name[:60]!r} that it does not define")

    def _definition(self, node: dict[str, Any], namespace: str, depth: int) -> tuple[Any, int]:
        full = _full_name(node, namespace)
        self.named[full] = node, namespace
        own = f"T{self.n_types}"
        if node["type"] == "enum":
            symbols = _strings(node.get("symbols"))
            return {"type": "enum", "name": own, "symbols": symbols}, 1
        if node["type"] == "fixed":
            size = node.get("size")
            if not isinstance(size, int) or not 0 <= size <= _LARGEST_FIXED:
                raise SchemaError(f"the schema has a value of {str(size)[:30]} bytes")
            return {"type": "fixed", "name": own, "size": size}, size
        self.within.append(full)
        fields, least = [], 0
        for one in _records(node.get("fields")):
            kind, fewest = self.clean(one.get("type"), full.rpartition(".")[0], depth + 1)
            fields.append({"name": _strings([one.get("name")])[0], "type": kind})
            least += fewest
        self.within.pop()
        if len({one["name"] for one in fields}) < len(fields):
            raise SchemaError(f"the schema's record {full[:60]!r} has two fields of one name")
        return {"type": "record", "name": own, "fields": fields}, least

    def _union(self, node: list[Any], namespace: str, depth: int) -> tuple[Any, int]:
        if not node:
            raise SchemaError("the schema has a choice of nothing")
        branches = [self.clean(branch, namespace, depth + 1) for branch in node]
        return [tree for tree, _ in branches], 1 + min(least for _, least in branches)

    def _collection(self, node: dict[str, Any], namespace: str, depth: int) -> tuple[Any, int]:
        is_map = node["type"] == "map"
        key = "values" if is_map else "items"
        tree, least = self.clean(node.get(key), namespace, depth + 1)
        if least + is_map == 0:
            raise SchemaError("the schema has a collection of items that take no byte")
        return {"type": node["type"], key: tree}, 1


def _full_name(node: dict[str, Any], namespace: str) -> str:
    name, space = node.get("name"), node.get("namespace", namespace)
    if not isinstance(name, str) or not isinstance(space, str) or not name or len(name) + len(space) > 200:
        raise SchemaError("the schema has a type without a name")
    return name if "." in name or not space else f"{space}.{name}"


def _strings(found: Any) -> list[str]:
    if not isinstance(found, list) or not found or not all(isinstance(one, str) and one for one in found):
        raise SchemaError("the schema has no names where some belong")
    return [one for one in found if isinstance(one, str)]


def _records(found: Any) -> list[dict[str, Any]]:
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise SchemaError("the schema has a record without fields")
    return found
