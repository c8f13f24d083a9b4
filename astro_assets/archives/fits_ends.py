"""Whether the bytes of a file are FITS, and all of it: where each of its parts ends by its own account.

Nothing is read but headers; what a file means, and whether it can be trusted, is seen where it is taken in.
"""

from __future__ import annotations

import math
import re
from io import BufferedReader
from pathlib import Path
from typing import Final

_BLOCK: Final = 2880
_CARD: Final = 80
_SIMPLE: Final = b"SIMPLE  ="
#: A header of more blocks than this is none: the longest of surveys have a few dozen.
_MOST_BLOCKS: Final = 2000
#: The standard's own limit.
_MOST_AXES: Final = 999
_NUMBER: Final = re.compile(rb"= *(-?\d{1,15})\s*(/|$)")


def fault_of_fits(path: Path) -> str:
    """Return why a file is not one whole FITS file, nothing if it is; one that is packed is none."""
    size = path.stat().st_size
    with path.open("rb") as file:
        return _fault(file, size)


def _fault(file: BufferedReader, size: int) -> str:
    """Go from header to header; each tells how many bytes of data follow it."""
    if file.read(len(_SIMPLE)) != _SIMPLE:
        return "it is not FITS"
    end = 0
    while True:
        file.seek(end)
        cards = _header(file)
        if cards is None:
            return "its FITS header has no end"
        if not cards:
            return ""
        n_bytes = _data_bytes(cards)
        if n_bytes < 0:
            return "its FITS header tells of an impossible size"
        end = file.tell() + -(-n_bytes // _BLOCK) * _BLOCK
        if end > size:
            return "it ends before the end of its FITS data"


def _header(file: BufferedReader) -> dict[bytes, int] | None:
    """Read a header's whole numbers; none at the end of the file, None if the header has no end."""
    numbers: dict[bytes, int] = {}
    for number in range(_MOST_BLOCKS):
        block = file.read(_BLOCK)
        if number == 0 and not block.strip(b" \0"):
            return {}
        if len(block) < _BLOCK:
            return None
        for start in range(0, _BLOCK, _CARD):
            card = block[start : start + _CARD]
            if card.rstrip() == b"END":
                return numbers
            if match := _NUMBER.match(card[8:]):
                numbers.setdefault(card[:8].strip(), int(match[1]))
    return None


def _data_bytes(cards: dict[bytes, int]) -> int:
    """Return how many bytes of data follow a header, by the FITS standard; negative where that cannot be."""
    n_axes = cards.get(b"NAXIS", 0)
    if not 0 <= n_axes <= _MOST_AXES:
        return -1
    axes = [cards.get(b"NAXIS%d" % i, 0) for i in range(1, n_axes + 1)]
    if not axes:
        return 0
    if axes[0] == 0:  # random groups
        axes = axes[1:]
    elements = math.prod(axes) + cards.get(b"PCOUNT", 0)
    groups = cards.get(b"GCOUNT", 1)
    return -1 if min([*axes, elements, groups]) < 0 else abs(cards.get(b"BITPIX", 8)) // 8 * groups * elements
