"""A model's file holds its parts, is the same bytes each time, and cannot fill the memory."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.learning.model_files import UNREADABLE, packed, unpacked

PARTS = {"manifest.json": b"{}", "networks/one.onnx": bytes(range(256)) * 9}


@given(st.dictionaries(st.from_regex(r"[a-z]{1,8}[.][a-z]{1,4}", fullmatch=True), st.binary(max_size=200)))
def test_what_was_packed_comes_out_whatever_the_order(parts: dict[str, bytes]) -> None:
    assert unpacked(packed(parts), 10**6) == parts
    assert packed(dict(reversed(parts.items()))) == packed(parts)


def test_a_file_that_unpacks_to_more_is_not_unpacked() -> None:
    bomb = packed({"a": bytes(10**6)})
    assert len(bomb) < 5000
    with pytest.raises(ValueError, match="it unpacks to 1000000 bytes; 999999 are allowed"):
        unpacked(bomb, 999_999)
    assert unpacked(bomb, 10**6)["a"] == bytes(10**6)


@given(st.integers(0, 10**6), st.integers(1, 255))
def test_a_spoilt_file_is_read_or_is_unreadable(place: int, change: int) -> None:
    content = bytearray(packed(PARTS))
    content[place % len(content)] ^= change
    try:
        found = unpacked(bytes(content), 10**6)
    except UNREADABLE:
        found = {}
    # The archive has a sum of each part: what is read under its name is what was written.
    assert {name: PARTS[name] for name in found if name in PARTS} == {
        name: part for name, part in found.items() if name in PARTS
    }


def test_an_unknown_compression_is_unreadable() -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a", b"text")
    content = bytearray(file.getvalue())
    for mark, offset in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        content[content.index(mark) + offset] = 99
    with pytest.raises(UNREADABLE):
        unpacked(bytes(content), 100)
