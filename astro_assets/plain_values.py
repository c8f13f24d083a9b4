"""Values and texts of files made plain, whatever stands there: a finite number, a short printable line.

Every wing reads files by others; what is wrong with one is said in the same form.
"""

from __future__ import annotations

import math
from typing import Any, Final

#: Characters of a line: more of them nobody reads.
_LONGEST_LINE: Final = 300
#: Characters that are looked at: a text may be as long as a file.
_LOOKED_AT: Final = 1000


def as_number(value: Any) -> float | None:
    """Return a value, perhaps a text, as a finite number; None if it is none."""
    if isinstance(value, bool) or value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def one_line(said: object) -> str:
    """Return what is said as one bounded line of printable ASCII."""
    text = str(said)[:_LOOKED_AT].encode("ascii", "replace").decode()
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:_LONGEST_LINE]


def damage(error: Exception) -> str:
    """Return what an error that nobody foresaw says of a file, as one line."""
    return one_line(f"damaged: {type(error).__name__}: {error}")
