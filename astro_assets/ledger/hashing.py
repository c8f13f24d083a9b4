"""Canonical serialisation and the hashes made from it.

Every hash of the ledger is made here, so that one value has one hash on every machine.
Nothing here knows of a store.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b, file_digest
from numbers import Integral, Real
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from blake3 import blake3
from numpy.typing import NDArray

from astro_assets.ledger.opening import opened
from astro_assets.ledger.schema import Column, Schema, SchemaError

HASH_BYTES: Final = 32
#: One column of one row: only ever compared with the same column of the same row.
DIGEST_BYTES: Final = 16
#: Of the numbers: what their bytes begin with, what packs them, and the bytes of the one NaN.
_NUMBERS: Final = {
    "int32": (b"int32", struct.Struct("<i").pack, b""),
    "int64": (b"int64", struct.Struct("<q").pack, b""),
    "float32": (b"float32", struct.Struct("<f").pack, struct.pack("<I", 0x7FC00000)),
    "float64": (b"float64", struct.Struct("<d").pack, struct.pack("<Q", 0x7FF8000000000000)),
}


def hash_parts(*parts: str | bytes) -> str:
    """Hash a sequence of parts, each prefixed by its length so that borders count.

    Returns
    -------
    str
        64 hexadecimal digits of BLAKE2b-256 (RFC 7693).
    """
    return blake2b(b"".join(_framed(parts)), digest_size=HASH_BYTES).hexdigest()


def _framed(parts: Iterable[str | bytes | memoryview]) -> Iterator[bytes | memoryview]:
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        yield b"%d:" % len(data)
        yield data


def hash_json(value: Any) -> str:
    """Hash a JSON-like value with sorted keys; floats in their shortest exact form."""
    return hash_parts(json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":")))


def hash_arrays(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Hash named arrays by name, dtype, shape and little-endian bytes, with one NaN.

    Parameters
    ----------
    arrays
        Any boolean, integer or floating arrays up to 64 bits; byte order, memory layout and the
        order of the names do not count.

    Returns
    -------
    str
        64 hexadecimal digits of BLAKE3, which takes a sixth of the time of BLAKE2b: arrays are hashed again
        whenever they are read.

    Raises
    ------
    SchemaError
        If an array has another dtype.
    """
    parts: list[str | bytes | memoryview] = []
    for name in sorted(arrays):
        array = canonical_array(arrays[name], name)
        parts += [name, array.dtype.str, str(array.shape), array.reshape(-1).view(np.uint8).data]
    total = blake3()
    for part in _framed(parts):
        total.update(part)
    return total.hexdigest()


def canonical_array(array: NDArray[Any], name: str = "array") -> NDArray[Any]:
    """Return the array in C order and little-endian, with every NaN the same NaN."""
    if isinstance(array, np.ma.MaskedArray):
        raise SchemaError(f"{name} is masked: a mask is not kept, so fill it first")
    if array.dtype.kind not in "biuf" or array.dtype.itemsize > 8:
        raise SchemaError(
            f"{name} has dtype {array.dtype}; arrays are boolean, integer or float of up to 64 bits"
        )
    result = np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<"))
    if result.dtype.kind == "f":
        missing = np.isnan(result)
        if missing.any():
            result = result.copy()  # it may be a view of the caller's memory
            result[missing] = np.nan
    return result


def canonical_bytes(value: Any, dtype: str) -> bytes:
    """Serialise one value of a declared dtype.

    The dtype decides, not the Python type: ``1``, ``numpy.int32(1)`` and ``True`` never meet in one column,
    because values are first coerced by :func:`coerce`.
    """
    if value is None:
        return b"null"
    if (number := _NUMBERS.get(dtype)) is not None:
        begin, packed, nan = number
        is_nan = value != value  # noqa: PLR0124  without importing math for numpy scalars
        return begin + (nan if is_nan else packed(value))
    if dtype.startswith("list["):
        inner = dtype[5:-1]
        items = [canonical_bytes(item, inner) for item in value]
        return b"list" + b"".join(len(item).to_bytes(8, "little") + item for item in items)
    if dtype == "bool":
        return b"bool\x01" if value else b"bool\x00"
    return b"text" + str(value).encode()


def coerce(value: Any, column: Column) -> Any:
    """Bring a value to the column's declared dtype without losing anything silently.

    Raises
    ------
    SchemaError
        If the value is missing but may not be, is of another kind, or does not fit the dtype.
    """
    if type(value) is float and column.dtype == "float64":  # as most are: nothing to bring to anything
        return value
    if value is None:
        if not column.nullable:
            raise SchemaError(f"{column.name} is missing; it may not be null")
        return None
    try:
        if column.dtype.startswith("list["):
            inner = column.dtype[5:-1]
            return [None if item is None else _coerce_scalar(item, inner) for item in _items(value)]
        return _coerce_scalar(value, column.dtype)
    except (TypeError, ValueError, OverflowError) as error:
        raise SchemaError(f"{column.name} = {value!r} does not fit {column.dtype}: {error}") from None


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        raise TypeError("not a list")
    return value


def _coerce_scalar(value: Any, dtype: str) -> Any:
    match dtype:
        case "bool":
            if not isinstance(value, (bool, np.bool_)):
                raise TypeError("not a boolean")
            return bool(value)
        case "int32" | "int64":
            if not _is_number(value) or int(value) != value:
                raise TypeError("not an integer")
            return int(np.dtype(dtype).type(int(value)))
        case "float32" | "float64":
            if not _is_number(value):
                raise TypeError("not a number")
            return _rounded(value, dtype)
        case _:
            if not isinstance(value, str):
                raise TypeError("not a string")
            return value


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, (bool, np.bool_))


def _rounded(value: Any, dtype: str) -> float:
    """Round to the dtype: digits beyond its precision go, a whole number or the magnitude must not."""
    with np.errstate(over="ignore"):
        result = float(np.dtype(dtype).type(value))
    if math.isinf(result) and not math.isinf(value):
        raise OverflowError("too large")
    if isinstance(value, Integral) and result != int(value):
        raise ValueError("not exact")
    return result


class RowHashes(NamedTuple):
    """What a row is known by.

    Attributes
    ----------
    row_hash
        64 hexadecimal digits, of the table's name, the key and the content columns.
    column_digests
        16 bytes a content column, in the schema's order: so any projection can be hashed without the
        values.
    """

    row_hash: str
    column_digests: bytes


def row_hashes(table: str, key: str, values: Mapping[str, Any], schema: Schema) -> RowHashes:
    """Hash a coerced row, whole and each column; context columns never count."""
    parts: list[str | bytes] = [table, key]
    digests = []
    for column in schema.content:
        data = canonical_bytes(values[column.name], column.dtype)
        parts += (column.name, data)
        digests.append(blake2b(data, digest_size=DIGEST_BYTES).digest())
    return RowHashes(hash_parts(*parts), b"".join(digests))


def output_hash(outcome: str, reason: str, row_hashes: Iterable[str]) -> str:
    """Hash what a unit came to: its outcome and its rows in order."""
    return hash_parts(outcome, reason, *row_hashes)


def recipe_hash(
    table: str, key: str, target: str | None, code_version: str, config_hash: str, inputs: Iterable[str]
) -> str:
    """Hash what a unit is made of: table, key and target, code, configuration, one hash a role."""
    return hash_parts(table, key, target or "", code_version, config_hash, *inputs)


def merkle_root(hashes: Sequence[str]) -> str:
    """Return the root of a Merkle tree over hashes in their order.

    Built as in RFC 6962, section 2.1, with BLAKE2b-256: leaves and nodes are prefixed apart,
    and a tree of n leaves splits at the largest power of two below n, so that membership can be proved
    with a path of siblings.
    """
    if not hashes:
        return blake2b(digest_size=HASH_BYTES).hexdigest()
    return _merkle([bytes.fromhex(item) for item in hashes]).hex()


def _merkle(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return blake2b(b"\x00" + leaves[0], digest_size=HASH_BYTES).digest()
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    left, right = _merkle(leaves[:split]), _merkle(leaves[split:])
    return blake2b(b"\x01" + left + right, digest_size=HASH_BYTES).digest()


def sha256_of(path: Path) -> str:
    """Return a file's sha256 in hexadecimal."""
    with opened(path) as stream:
        return file_digest(stream, "sha256").hexdigest()
