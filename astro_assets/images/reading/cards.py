"""The cards of an image's headers, asked for by any of the names that telescopes give a thing.

Only looking up lives here; what the values mean is in the modules that ask.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from astro_assets.plain_values import as_number

if TYPE_CHECKING:
    from astropy.io.fits import Header

#: Degrees, or hours, in parts: 13:29:24.0, -30 10 58.7.
_SEXAGESIMAL: Final = re.compile(r"\s*([+-]?)(\d{1,3})[: ]\s*(\d{1,2})(?:[: ]\s*(\d{1,2}(?:\.\d*)?))?\s*\Z")


class Cards:
    """The cards of several headers; the first that has one counts.

    Parameters
    ----------
    headers
        That of the image first, then the primary one.
    """

    def __init__(self, headers: Sequence[Header]) -> None:
        self._headers = headers

    def value(self, *names: str) -> Any:
        """Return the value of the first of some cards that is there and says something; None for none."""
        for name in names:
            for header in self._headers:
                value = _value(header, name)
                if value is not None:
                    return value
        return None

    def text(self, *names: str) -> str | None:
        """Return a card as printable text without blanks around it; None where it is missing or empty."""
        value = self.value(*names)
        if value is None:
            return None
        return "".join(c if c.isprintable() else "?" for c in str(value)).strip()[:80] or None

    def number(self, *names: str) -> float | None:
        """Return a card as a finite number; None where no card is one."""
        for name in names:
            number = as_number(self.value(name))
            if number is not None:
                return number
        return None

    def comment(self, name: str) -> str:
        """Return the comment of a card in lower case, which may tell a unit; empty without one."""
        for header in self._headers:
            if _value(header, name) is not None:
                return str(header.comments[name]).lower()
        return ""


def _value(header: Header, name: str) -> Any:
    from astropy.io.fits import VerifyError
    from astropy.io.fits.card import Undefined

    try:
        value = header.get(name)
    except (VerifyError, ValueError):  # a card that cannot be parsed says nothing
        return None
    return None if isinstance(value, Undefined) or (isinstance(value, str) and not value.strip()) else value


def sexagesimal(value: Any) -> float | None:
    """Return ``13:29:24.0`` as 13.49; None if it is not in parts.

    The unit, hours or degrees, is that of its first part.
    """
    match = _SEXAGESIMAL.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    sign, whole, minutes, seconds = match.groups()
    if int(minutes) >= 60 or float(seconds or 0) >= 60:
        return None
    number = int(whole) + int(minutes) / 60 + float(seconds or 0) / 3600
    return -number if sign == "-" else number
