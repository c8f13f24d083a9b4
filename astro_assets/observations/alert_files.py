"""Files of alerts, which the image wing reads: what tells them from tables and from everything else.

Only their structure is looked at here, within bounds; their packets are the other wing's to read.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any, BinaryIO, Final

from astro_assets.observations.refusals import RefusalError

#: How an Avro object container file begins.
AVRO: Final = b"Obj\x01"
#: What packets are told by: their identifier, and what only alerts have.
_IDENTIFIERS: Final = frozenset({"candid", "alertId"})
_OF_ALERTS: Final = frozenset({"candidate", "cutoutScience", "cutoutTemplate", "cutoutDifference"})
#: Of a header; a schema of ZTF has 20 kB.
_MOST_SCHEMA_BYTES: Final = 1 << 20
_MOST_ENTRIES: Final = 64
_LONGEST_NAME: Final = 256


def is_of_alerts(names: Collection[str]) -> bool:
    """Tell by the names of a table's columns, or of a record's fields, whether its rows are alerts."""
    return not _IDENTIFIERS.isdisjoint(names) and not _OF_ALERTS.isdisjoint(names)


def avro_names(path: Path) -> tuple[str, ...]:
    """Return the names of the fields of the records in an Avro file; only its header is read.

    Raises
    ------
    RefusalError
        If the header is cut off, damaged, larger than any survey's, or describes no records.
    """
    with path.open("rb") as file:
        file.seek(len(AVRO))
        schema = _schema(file)
    try:
        told = json.loads(schema)
    except (ValueError, RecursionError) as error:
        raise RefusalError("damaged", "damaged Avro: its schema is no JSON") from error
    fields = told.get("fields") if isinstance(told, dict) else None
    if not isinstance(fields, list) or not fields:
        raise RefusalError("unsupported_product", "Avro whose schema describes no records")
    return tuple(_name(field) for field in fields)


def _name(field: Any) -> str:
    name = field.get("name") if isinstance(field, dict) else None
    if not isinstance(name, str):
        raise RefusalError("damaged", "damaged Avro: its schema has a field without a name")
    return name


def _schema(file: BinaryIO) -> bytes:
    n_entries = 0
    while n_items := _long(file):
        if n_items < 0:
            _long(file)  # the bytes of the entries, which are read one by one
        n_entries += abs(n_items)
        if n_entries > _MOST_ENTRIES:
            raise RefusalError("damaged", f"damaged Avro: its header claims {n_entries} entries")
        for _ in range(abs(n_items)):
            name, value = _counted(file, _LONGEST_NAME), _counted(file, _MOST_SCHEMA_BYTES)
            if name == b"avro.schema":
                return value
    raise RefusalError("damaged", "damaged Avro: its header has no schema")


def _counted(file: BinaryIO, most: int) -> bytes:
    n_bytes = _long(file)
    if not 0 <= n_bytes <= most:
        raise RefusalError("damaged", f"damaged Avro: its header claims an entry of {n_bytes} bytes")
    return _exactly(file, n_bytes)


def _exactly(file: BinaryIO, n_bytes: int) -> bytes:
    data = file.read(n_bytes)
    if len(data) < n_bytes:
        raise RefusalError("truncated", "truncated Avro: the file ends within its header")
    return data


def _long(file: BinaryIO) -> int:
    """Read a whole number of at most 64 bits, as Avro packs them."""
    value = 0
    for shift in range(0, 70, 7):
        (byte,) = _exactly(file, 1)
        value |= (byte & 127) << shift
        if byte < 128:
            return value >> 1 ^ -(value & 1)
    raise RefusalError("damaged", "damaged Avro: its header has a number of more than 64 bits")
