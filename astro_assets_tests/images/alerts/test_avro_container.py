"""Avro files taken apart: one block at a time, none larger than allowed, on behind what is damaged."""

from __future__ import annotations

import io
import zlib

import fastavro
import pytest
import zstandard

from astro_assets.images.alerts.avro_container import Block, Damage, blocks, read_header
from astro_assets.images.alerts.errors import AlertFileError
from astro_assets_tests.images.alerts.made_packets import SYNC, V1, avro, record


def parts(data):
    stream = io.BytesIO(data)
    header = read_header(stream, "night.avro")
    return header, list(blocks(stream, header))


def long(value):
    value = (value << 1) ^ (value >> 63)
    encoded = b""
    while value > 0x7F:
        encoded += bytes([value & 0x7F | 0x80])
        value >>= 7
    return encoded + bytes([value])


def head(schema=b'{"type":"record","name":"a","fields":[{"name":"candidate","type":"int"}]}', codec=b"null"):
    entries = {b"avro.schema": schema, b"avro.codec": codec}
    written = b"".join(long(len(part)) + part for pair in entries.items() for part in pair)
    return b"Obj\x01" + long(len(entries)) + written + long(0) + SYNC


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_blocks_are_those_that_fastavro_finds(codec):
    data = avro(V1, [record(i) for i in range(5)], codec, block=100_000)
    header, found = parts(data)
    assert header.codec == codec
    theirs = list(fastavro.block_reader(io.BytesIO(data)))
    assert [block.n_records for block in found] == [block.num_records for block in theirs]
    encoded = io.BytesIO()
    fastavro.schemaless_writer(encoded, fastavro.parse_schema(V1), record(0))
    assert found[0].data.startswith(encoded.getvalue())


def test_blocks_may_be_packed_by_zstandard():
    packed = zstandard.compress(long(7) * 1000)
    _, found = parts(head(codec=b"zstandard") + long(1000) + long(len(packed)) + packed + SYNC)
    assert found == [Block(1000, long(7) * 1000)]
    _, found = parts(head(codec=b"zstandard") + long(1) + long(4) + b"junk" + SYNC)
    assert "cannot be unpacked" in found[0].reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "does not begin"),
        (b"Obj\x02" + head()[4:], "does not begin"),
        (head()[:40], "ends too early"),
        (b"Obj\x01" + long(1 << 40), "claims 1099511627776 entries"),
        (b"Obj\x01" + long(1) + long(4) + b"name" + long(1 << 50), "claims an entry"),
        (b"Obj\x01" + b"\xff" * 11, "more than 64 bits"),
        (head(codec=b"snappy"), "packed by 'snappy'"),
        (head(schema=b"{}"), "describes no record"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(data, reason):
    with pytest.raises(AlertFileError, match=r"night\.avro.*" + reason):
        parts(data)


def test_a_block_that_claims_too_much_is_passed_over():
    good = long(1) + long(1) + long(7) + SYNC
    data = head() + good + long(1) + long(1 << 45) + b"rest" + SYNC + good
    _, found = parts(data)
    assert found[0] == found[2] == Block(1, long(7))
    assert isinstance(found[1], Damage)
    assert "35184372088832 bytes" in found[1].reason


def test_a_file_that_was_cut_off_says_so():
    data = avro(V1, [record(0), record(1)])
    _, found = parts(data[:-100])
    assert [type(part) for part in found] == [Block, Damage]
    assert found[1] == Damage("it ends too early", 1)


def test_a_block_that_unpacks_without_end_is_passed_over():
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packing.compress(bytes(40 << 20)) + packing.flush()
    _, found = parts(head(codec=b"deflate") + long(1) + long(len(packed)) + packed + SYNC)
    assert found == [Damage(f"a block unpacks to more than {32 << 20} bytes", 1)]


def test_a_damaged_end_of_a_block_loses_no_more_than_the_next():
    data = bytearray(avro(V1, [record(i) for i in range(6)]))
    at = data.find(SYNC, data.find(SYNC, data.find(SYNC) + 1) + 1)
    data[at] ^= 1
    _, found = parts(bytes(data))
    assert sum(isinstance(part, Block) for part in found) == 4
    assert sum(isinstance(part, Damage) for part in found) == 1
