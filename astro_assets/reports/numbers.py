"""Numbers as people read them: as many digits as mean something, and units they know."""

from __future__ import annotations

import math
from typing import Any, Final

#: What stands where a number is missing or none.
NOTHING: Final = "–"
#: Digits of a number of unknown uncertainty.
_DIGITS: Final = 4
_KILO: Final = 1000
#: Beyond these powers of ten a number is written with an exponent.
_LARGE, _SMALL = 6, -4
#: What people write for units of the schemas.
_UNITS: Final = {"1e-6": "ppm", "solRad": "R☉", "byte": "bytes"}


def number(value: Any, digits: int = _DIGITS) -> str:
    """Return a number with so many significant digits, a whole one in full; words as they are.

    >>> number(0.012345), number(1234567.8), number(3), number(float("nan"))
    ('0.01235', '1.235 × 10⁶', '3', '–')
    """
    if not isinstance(value, float):
        return _not_measured(value)
    if not math.isfinite(value):
        return NOTHING if math.isnan(value) else ("∞" if value > 0 else "−∞")
    if value.is_integer() and abs(value) < _KILO**2:
        return grouped(int(value))
    power = math.floor(math.log10(abs(value)))
    if power >= _LARGE or power < _SMALL:
        head, exponent = f"{value:.{digits - 1}e}".split("e")
        return f"{_signed(head)} × 10{_raised(int(exponent))}"
    places = max(digits - 1 - power, 0)
    return _signed(f"{value:.{places}f}") if places else grouped(round(value))


def _not_measured(value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return grouped(value)
    return ", ".join(map(str, value)) or NOTHING if isinstance(value, list) else str(value)


def with_error(value: float | None, error: float | None) -> str:
    """Return a value to the digits that its standard deviation leaves meaning, with that.

    >>> with_error(4.714060922, 9.476e-06)
    '4.7140609 ± 0.0000095'
    """
    if value is None or error is None or not (math.isfinite(value) and math.isfinite(error) and error > 0):
        return number(value, 6)
    places = min(max(1 - math.floor(math.log10(error)), 0), 9)
    return f"{_signed(f'{value:.{places}f}')} ± {error:.{places}f}"


def grouped(value: int) -> str:
    r"""Return a whole number, its thousands apart.

    >>> grouped(1234567), grouped(1234)
    ('1\u202f234\u202f567', '1234')
    """
    return _signed(
        str(value) if abs(value) < 10 * _KILO else f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    )


def size(n_bytes: int | None) -> str:
    """Return a number of bytes in the unit in which it is short."""
    if n_bytes is None:
        return NOTHING
    for unit in ("bytes", "kB", "MB"):
        if n_bytes < _KILO:
            return f"{n_bytes:.4g} {unit}"
        n_bytes = n_bytes / _KILO  # type: ignore[assignment]
    return f"{n_bytes:.4g} GB"


def unit(name: str | None) -> str:
    """Return what people write for a unit of a schema."""
    return "" if name is None else _UNITS.get(name, name)


def _signed(text: str) -> str:
    return text.replace("-", "−")


def _raised(power: int) -> str:
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
