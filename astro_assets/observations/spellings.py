"""How people, headers and file names write a target's id."""

from __future__ import annotations

from typing import Final

#: What begins file names and header values of the numbers of each catalogue, besides its own name.
_PREFIXES: Final = {"TIC": ("tess",), "KIC": ("kplr", "kepler"), "EPIC": ("ktwo",), "SIM": ()}
#: Digits of the numbers in names of mission files.
_WIDTHS: Final = (7, 9, 16)


def spellings(target: str) -> str:
    """Return a regular expression that finds a target in texts, however it is written there.

    Parameters
    ----------
    target
        Its canonical id.
    """
    catalogue, _, number = target.partition(" ")
    names = "|".join((catalogue.lower(), *_PREFIXES[catalogue]))
    padded = "|".join(number.zfill(width) for width in _WIDTHS if len(number) < width)
    named = rf"(?<![0-9a-z])(?:{names})(?:[\s_:.+-]|%20)*0*{number}(?![0-9])"
    return rf"(?i:{named})" + (rf"|(?<![0-9])(?:{padded})(?![0-9])" if padded else "")
