"""Values of header cards, taken with care: a card that is missing or broken is None, never an exception.

Only single cards live here; headers are in `fits_header`, files are opened in `fits_structure`.
"""

from __future__ import annotations

import math
from typing import Final

from astro_assets.observations.fits_header import Header

#: Every byte that FITS allows in a header, 32 to 126; the others become '?'.
PRINTABLE: Final = bytes(byte if 32 <= byte < 127 else ord("?") for byte in range(256))


def text_card(header: Header, keyword: str, limit: int = 80) -> str:
    """Return a card's value as printable text of bounded length, empty when it is missing or unreadable."""
    value = header.get(keyword)
    return "" if value is None else str(value).strip()[:limit]


def number_card(header: Header, keyword: str) -> float | None:
    """Return a card's finite number, None when it is missing or anything else."""
    value = header.get(keyword)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def integer_card(header: Header, keyword: str) -> int | None:
    """Return a card's whole number that fits 32 bits, None when it is missing or anything else."""
    value = header.get(keyword)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if -(2**31) <= value < 2**31 else None


def flag_card(header: Header, keyword: str) -> bool:
    """Return whether a card is the logical true."""
    return header.get(keyword) is True
