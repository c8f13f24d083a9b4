"""Stamps out of bytes: what astropy reads; damage, lies and bombs refused."""

from __future__ import annotations

import gzip
import io
import zlib

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.images.alerts.errors import StampError
from astro_assets.images.alerts.stamp_bytes import stamp_image, stamp_shape
from astro_assets_tests.images.alerts.made_packets import stamp


@pytest.mark.parametrize("dtype", ["u1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("packed", [True, False])
def test_it_reads_what_astropy_does(dtype, packed):
    image = np.arange(5 * 7).reshape(5, 7).astype(dtype)
    data = stamp(image, packed=packed, BUNIT="DN", COMMENT="words / more")
    theirs = fits.getdata(io.BytesIO(gzip.decompress(data) if packed else data))
    np.testing.assert_array_equal(stamp_image(data), theirs.astype(np.float32))
    assert stamp_image(data).dtype == np.float32


def test_whole_numbers_are_scaled_and_blanks_are_no_measurements():
    counts = np.array([[1, 2], [-5, 4]], np.int16)
    data = stamp(counts, packed=False, BLANK=-5)
    np.testing.assert_array_equal(stamp_image(data), [[1, 2], [np.nan, 4]])
    scaled = data.replace(b"EXTEND  =                    T", b"BSCALE  =                  2.0", 1)
    np.testing.assert_array_equal(stamp_image(scaled), [[2, 4], [np.nan, 8]])


def test_what_is_no_number_stays_none():
    image = np.array([[np.nan, np.inf], [-np.inf, 1.0]], np.float32)
    np.testing.assert_array_equal(stamp_image(stamp(image)), [[np.nan, np.nan], [np.nan, 1.0]])


def test_a_header_ends_with_its_card_not_with_a_word():
    header = fits.Header({"BUNIT": "DN"})
    header["COMMENT"] = "THE END     of the first block is not that of the header"
    header.extend([("HISTORY", f"line {number}") for number in range(60)])
    buffer = io.BytesIO()
    fits.PrimaryHDU(np.ones((5, 7), np.float32), header).writeto(buffer)
    for data in (buffer.getvalue(), gzip.compress(buffer.getvalue(), mtime=0)):
        assert stamp_shape(data) == stamp_image(data).shape == (5, 7)


GOOD = stamp(np.ones((63, 63), np.float32), packed=False)


def changed(name, old, new):
    card = name.ljust(8) + "= " + old.rjust(20)
    assert card.encode() in GOOD
    return gzip.compress(
        GOOD.replace(card.encode(), (name.ljust(8) + "= " + new.rjust(20)).encode(), 1), mtime=0
    )


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no FITS file"),
        (b"\xff\xd8\xff\xe0JFIF", "JPEG"),
        (gzip.compress(b"SIMPLE  =" + b" " * 71, mtime=0), "does not end"),
        (gzip.compress(GOOD[:4000], mtime=0), "claims 63 x 63 pixels and ends after 1120 bytes"),
        (gzip.compress(GOOD, mtime=0)[:-20], "ends too early"),
        (gzip.compress(GOOD, mtime=0)[:-5] + b"12345", "gzip is damaged"),
        (gzip.compress(bytes(50 << 20), mtime=0), "unpacks to more than"),
        (bytes(9 << 20), "are allowed"),
        (
            changed("NAXIS1", "63", "9999999999"),
            "a side of 9999999999",
        ),
        (changed("NAXIS1", "63", "-63"), "a side of -63"),
        (
            changed("BITPIX", "-32", "64"),
            "no image: BITPIX 64",
        ),
        (changed("NAXIS", "2", "3"), "no image"),
        (
            (
                gzip.compress(
                    GOOD.replace(b"EXTEND  =                    T", b"BZERO   =                 what"),
                    mtime=0,
                )
            ),
            "'what' where a number",
        ),
    ],
)
def test_what_is_no_stamp_is_refused(data, reason):
    with pytest.raises(StampError, match=reason):
        stamp_image(data)


def test_a_bomb_is_not_unpacked():
    packing = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = b"".join(packing.compress(bytes(1 << 20)) for _ in range(64)) + packing.flush()
    with pytest.raises(StampError, match="unpacks to more than"):
        stamp_image(bomb)


IMAGE = np.random.default_rng(0).normal(size=(20, 20)).astype(np.float32)
PACKED = stamp(IMAGE)


@settings(max_examples=300)
@given(st.integers(0, len(PACKED) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_noticed_or_does_not_matter(at, bit):
    """The checksum of gzip sees to it; what is left are bits of its header that mean nothing."""
    data = bytearray(PACKED)
    data[at] ^= 1 << bit
    try:
        found = stamp_image(bytes(data))
    except StampError:
        return
    np.testing.assert_array_equal(found, IMAGE)
