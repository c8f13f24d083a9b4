"""Parquet files with footers that no writer makes, in Thrift's compact protocol."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import parquet


def deep_file(path: Path, depth: int) -> Path:
    """Write a file whose only column lies within as many groups."""
    leaf = _element(b"time", kind=5)
    return _written(path, [_element(b"root", children=1), *[_element(b"a", children=1)] * depth, leaf])


def wide_file(path: Path, n_columns: int) -> Path:
    """Write a file of many columns and no row."""
    return _written(path, [_element(b"root", children=n_columns), *[_element(b"a", kind=5)] * n_columns])


def lying_file(path: Path, n_rows: int) -> Path:
    """Write a page of zeros that unpacks to 8 bytes a row, and a footer that says that it is small."""
    table = pa.table({"time": np.zeros(n_rows)})
    whole: dict[str, int] = dict.fromkeys(("row_group_size", "write_batch_size", "max_rows_per_page"), n_rows)
    parquet.write_table(
        table, path, compression="zstd", use_dictionary=False, write_statistics=False, data_page_size=1 << 30,
        **whole,
    )  # fmt: skip
    metadata = parquet.ParquetFile(path).metadata
    n_bytes = metadata.row_group(0).total_byte_size
    data = path.read_bytes()
    start = len(data) - 8 - struct.unpack("<I", data[-8:-4])[0]
    body, footer = data[:start], data[start:-8]
    for large, small in ((n_rows, 1000), (n_bytes, 8000)):
        number = _varint(large << 1)
        assert number in footer
        footer = footer.replace(number, _varint(small << 1, len(number)))
    path.write_bytes(body + footer + data[-8:])
    return path


def _written(path: Path, schema: list[bytes]) -> Path:
    groups = b"\x19\x0c"
    footer = (
        b"\x15\x02" + b"\x19\xfc" + _varint(len(schema)) + b"".join(schema) + b"\x16\x00" + groups + b"\0"
    )
    path.write_bytes(b"PAR1" + footer + struct.pack("<I", len(footer)) + b"PAR1")
    return path


def _element(name: bytes, *, kind: int | None = None, children: int | None = None) -> bytes:
    """Return an element of a schema: a column of a type, or a group of others."""
    fields = {1: kind, 3: 0 if kind is not None else 1, 4: name, 5: children}
    last, parts = 0, []
    for number, value in fields.items():
        if value is None:
            continue
        step, last = number - last, number
        if isinstance(value, bytes):
            parts.append(bytes([step << 4 | 8]) + _varint(len(value)) + value)
        else:
            parts.append(bytes([step << 4 | 5]) + _varint(value << 1))
    return b"".join(parts) + b"\0"


def _varint(value: int, n_bytes: int = 0) -> bytes:
    """Return a whole number as Thrift writes it, in more bytes than it needs where these are asked for."""
    parts = []
    while value > 127 or len(parts) + 1 < n_bytes:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])
