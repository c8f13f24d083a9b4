"""A stamp's bytes, gzip'd FITS as a rule, turned into an array within bounds.

Only what a stamp may be is read: one image of two axes in the primary HDU. Where a stamp belongs in its
triplet is decided in `stamps`.
"""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.alerts.errors import StampError

#: Side of a stamp at most; DECam's have 121 pixels.
MOST_PIXELS: Final = 512
_BLOCK: Final = 2880
_CARD: Final = 80
_MOST_HEADER_BYTES: Final = 20 * _BLOCK
_MOST_BYTES: Final = _MOST_HEADER_BYTES + 8 * MOST_PIXELS**2 + _BLOCK
_MOST_PACKED_BYTES: Final = 2 * _MOST_BYTES
_GZIP: Final = b"\x1f\x8b"
_JPEG: Final = b"\xff\xd8\xff"
_DTYPES: Final = {"8": ">u1", "16": ">i2", "32": ">i4", "-32": ">f4", "-64": ">f8"}


def stamp_image(data: bytes) -> NDArray[np.float32]:
    """Decode a stamp.

    Parameters
    ----------
    data
        A FITS file, plain or in gzip.

    Returns
    -------
    ndarray of float32
        Shape (rows, columns), in the file's order: the first row is the lowest. NaN where the file has NaN,
        an infinite value or, of whole numbers, ``BLANK``.

    Raises
    ------
    StampError
        If the bytes are no such file, are damaged (of gzip the checksum must agree), or claim to be larger
        than a stamp may be. The message does not name the packet: who called knows it.
    """
    _check_form(data)
    plain = _unpacked(data) if data.startswith(_GZIP) else data
    cards, start = _header(plain)
    return _image(plain, cards, start)


def stamp_shape(data: bytes) -> tuple[int, int]:
    """Return how many rows and columns a stamp says it has; its pixels are not unpacked.

    Raises
    ------
    StampError
        As `stamp_image` does, of what is wrong before the pixels.
    """
    _check_form(data)
    if data.startswith(_GZIP):
        data = _beginning(data)
    cards, _ = _header(data)
    return _side(cards.get("NAXIS2")), _side(cards.get("NAXIS1"))


def _beginning(data: bytes) -> bytes:
    """Unpack a block of cards after the other until they end: with a card, not with a word in a comment."""
    unpacking, plain, card = zlib.decompressobj(31), b"", 0
    try:
        while len(plain) < _MOST_HEADER_BYTES:
            block = unpacking.decompress(unpacking.unconsumed_tail if plain else data, _BLOCK)
            if not block:
                break
            plain += block
            while card + _CARD <= len(plain):
                if plain[card : card + 8] == b"END     ":
                    return plain
                card += _CARD
    except zlib.error as error:
        raise StampError(f"its gzip is damaged: {error}") from error
    return plain


def _check_form(data: bytes) -> None:
    if len(data) > _MOST_PACKED_BYTES:
        raise StampError(f"it has {len(data)} bytes, {_MOST_PACKED_BYTES} are allowed")
    if data.startswith(_JPEG):
        raise StampError("it is a picture (JPEG), not a measurement")


def _unpacked(data: bytes) -> bytes:
    unpacking = zlib.decompressobj(31)
    try:
        plain = unpacking.decompress(data, _MOST_BYTES + 1)
    except zlib.error as error:
        raise StampError(f"its gzip is damaged: {error}") from error
    if len(plain) > _MOST_BYTES:
        raise StampError(f"it unpacks to more than {_MOST_BYTES} bytes")
    if not unpacking.eof:
        raise StampError("its gzip ends too early")
    return plain


def _header(plain: bytes) -> tuple[dict[str, str], int]:
    """Read the cards of a primary header, and where the data begin."""
    if not plain.startswith(b"SIMPLE  ="):
        raise StampError("it is no FITS file")
    cards: dict[str, str] = {}
    for at in range(0, min(len(plain), _MOST_HEADER_BYTES) - _CARD + 1, _CARD):
        card = plain[at : at + _CARD].decode("latin-1")
        name = card[:8].rstrip()
        if name == "END":
            return cards, -(-(at + _CARD) // _BLOCK) * _BLOCK
        if card[8:9] == "=":
            cards[name] = card[9:].split("/")[0].strip()
    raise StampError("its header does not end")


def _image(plain: bytes, cards: dict[str, str], start: int) -> NDArray[np.float32]:
    dtype, n_axes = _DTYPES.get(cards.get("BITPIX", "")), cards.get("NAXIS")
    if dtype is None or n_axes != "2":
        raise StampError(f"it is no image: BITPIX {cards.get('BITPIX')}, NAXIS {n_axes}")
    rows, columns = (_side(cards.get(name)) for name in ("NAXIS2", "NAXIS1"))
    size = rows * columns * np.dtype(dtype).itemsize
    if len(plain) < start + size:
        raise StampError(
            f"it claims {rows} x {columns} pixels and ends after {max(0, len(plain) - start)} bytes"
        )
    raw = np.frombuffer(plain, dtype, rows * columns, start).reshape(rows, columns)
    values = raw.astype(np.float64)
    if raw.dtype.kind != "f" and "BLANK" in cards:
        values[raw == _number(cards["BLANK"])] = np.nan
    values = values * _number(cards.get("BSCALE", "1")) + _number(cards.get("BZERO", "0"))
    with np.errstate(over="ignore", invalid="ignore"):
        image = values.astype(np.float32)
    image[~np.isfinite(image)] = np.nan
    return image


def _side(told: str | None) -> int:
    if told is None or not told.isascii() or not told.isdigit() or not 1 <= int(told[:9]) <= MOST_PIXELS:
        raise StampError(f"it claims a side of {str(told)[:20]} pixels; 1 to {MOST_PIXELS} are allowed")
    return int(told[:9])


def _number(told: str) -> float:
    try:
        return float(told.replace("D", "E"))
    except ValueError as error:
        raise StampError(f"its header has {told[:20]!r} where a number belongs") from error
