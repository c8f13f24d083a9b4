"""Avro object container files: header and blocks, one in memory at a time, none larger than allowed.

What the records of a block mean is worked out in `avro_reading`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO, Final

from astro_assets.images.alerts.avro_schema import SchemaError, WriterSchema, writer_schema
from astro_assets.images.alerts.errors import AlertFileError

MAGIC: Final = b"Obj\x01"
_SYNC_BYTES: Final = 16
_MOST_HEADER_BYTES: Final = 4 << 20
_MOST_ENTRIES: Final = 64
_LONGEST_NAME: Final = 256
#: A block at most; a packet with stamps has 70 kB.
_MOST_BLOCK_BYTES: Final = 32 << 20
_CHUNK: Final = 1 << 16
#: A damaged block that claims more is not believed when its records are counted.
_MOST_RECORDS_LOST: Final = 1 << 16


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says before its first record."""

    schema: WriterSchema
    codec: str
    sync: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """Records, one after the other, as they are encoded."""

    n_records: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """A part of the file that was passed over."""

    reason: str
    n_records: int


def read_header(stream: BinaryIO, file: str) -> Header:
    """Read what comes before the first block.

    Parameters
    ----------
    stream
        At the beginning of the file; left at the first block.
    file
        Name of the file, for messages.

    Raises
    ------
    AlertFileError
        If this is no Avro file, or one whose records cannot be decoded within bounds.
    """
    try:
        _require(stream.read(len(MAGIC)) == MAGIC, "it does not begin like one")
        entries = _entries(stream)
        sync = _exactly(stream, _SYNC_BYTES)
        codec = entries.get("avro.codec", b"null").decode("ascii", "replace")
        schema = writer_schema(entries.get("avro.schema", b""))
    except (_CutOffError, SchemaError) as error:
        raise AlertFileError(f"{file} is no Avro file that is read: {error}") from error
    if codec not in _UNPACKED:
        raise AlertFileError(
            f"{file} is packed by {codec[:30]!r}; what is read is packed by {', '.join(_UNPACKED)}"
        )
    return Header(schema, codec, sync)


def blocks(stream: BinaryIO, header: Header) -> Iterator[Block | Damage]:
    """Yield the blocks of a file; of a damaged part that it is, and then what comes after it.

    Parameters
    ----------
    stream
        Seekable, at the first block.
    """
    while True:
        start = stream.tell()
        if not stream.read(1):
            return
        stream.seek(start)
        n_records = 0
        try:
            n_records, n_bytes = _long(stream), _long(stream)
            _require(
                0 <= n_bytes <= _MOST_BLOCK_BYTES,
                f"a block claims {n_bytes} bytes, {_MOST_BLOCK_BYTES} are allowed",
            )
            _require(
                0 <= n_records <= _MOST_BLOCK_BYTES, f"a block claims {n_records} records in {n_bytes} bytes"
            )
            data = _exactly(stream, n_bytes)
            _require(_exactly(stream, _SYNC_BYTES) == header.sync, "a block does not end where it claims to")
            yield Block(n_records, _UNPACKED[header.codec](data))
        except _CutOffError as error:
            yield Damage(str(error), n_records if 0 <= n_records <= _MOST_RECORDS_LOST else 0)
            stream.seek(start)
            _seek_after(stream, header.sync)


class _CutOffError(ValueError):
    """A file ends, or goes on otherwise than it said."""


def _require(is_so: bool, otherwise: str) -> None:  # noqa: FBT001 - reads like a sentence
    if not is_so:
        raise _CutOffError(otherwise)


def _entries(stream: BinaryIO) -> dict[str, bytes]:
    entries: dict[str, bytes] = {}
    left = _MOST_HEADER_BYTES
    while n_entries := _long(stream):
        if n_entries < 0:
            _long(stream)
        if abs(n_entries) + len(entries) > _MOST_ENTRIES:
            raise _CutOffError(f"its header claims {abs(n_entries)} entries")
        for _ in range(abs(n_entries)):
            name = _counted(stream, _LONGEST_NAME)
            value = _counted(stream, left)
            left -= len(value)
            entries[name.decode("utf-8", "replace")] = value
    return entries


def _counted(stream: BinaryIO, most: int) -> bytes:
    n_bytes = _long(stream)
    if not 0 <= n_bytes <= _MOST_BLOCK_BYTES:
        raise _CutOffError(f"its header claims an entry of {n_bytes} bytes")
    return _exactly(stream, n_bytes)


def _exactly(stream: BinaryIO, n_bytes: int) -> bytes:
    data = stream.read(n_bytes)
    if len(data) < n_bytes:
        raise _CutOffError("it ends too early")
    return data


def _long(stream: BinaryIO) -> int:
    """Read a variable-length zig-zag integer of at most 64 bits."""
    value = 0
    for shift in range(0, 70, 7):
        (byte,) = _exactly(stream, 1)
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (value >> 1) ^ -(value & 1)
    raise _CutOffError("it has a number of more than 64 bits")


def _seek_after(stream: BinaryIO, sync: bytes) -> None:
    """Move behind the next mark that ends a block, or to the end."""
    tail = b""
    while chunk := stream.read(_CHUNK):
        seen = tail + chunk
        found = seen.find(sync)
        if found >= 0:
            stream.seek(found + len(sync) - len(seen), 1)
            return
        tail = seen[-(len(sync) - 1) :]


def _as_it_is(data: bytes) -> bytes:
    return data


def _inflated(data: bytes) -> bytes:
    unpacking = zlib.decompressobj(-15)
    try:
        unpacked = unpacking.decompress(data, _MOST_BLOCK_BYTES + 1)
    except zlib.error as error:
        raise _CutOffError(f"a block cannot be unpacked: {error}") from error
    return _bounded(unpacked)


def _of_zstandard(data: bytes) -> bytes:
    import zstandard

    try:
        with zstandard.ZstdDecompressor(max_window_size=_MOST_BLOCK_BYTES).stream_reader(
            BytesIO(data)
        ) as unpacking:
            unpacked = unpacking.read(_MOST_BLOCK_BYTES + 1)
    except zstandard.ZstdError as error:
        raise _CutOffError(f"a block cannot be unpacked: {error}") from error
    return _bounded(unpacked)


def _bounded(unpacked: bytes) -> bytes:
    if len(unpacked) > _MOST_BLOCK_BYTES:
        raise _CutOffError(f"a block unpacks to more than {_MOST_BLOCK_BYTES} bytes")
    return unpacked


_UNPACKED: Final = {"null": _as_it_is, "deflate": _inflated, "zstandard": _of_zstandard}
