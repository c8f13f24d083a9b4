"""Canonical target ids: what people and headers write, turned into the one spelling every table uses.

Only spelling lives here; which shard holds a target is the ledger's business.
"""

from __future__ import annotations

import re
from typing import Final

#: Catalogues whose numbers name targets: TESS Input, Kepler Input, Ecliptic Plane Input, simulated survey.
CATALOGUES: Final = ("TIC", "KIC", "EPIC", "SIM")
_PATTERN: Final = re.compile(r"([a-z]+)[\s_:.-]*([0-9]{1,18})", re.IGNORECASE | re.ASCII)


class TargetIdError(ValueError):
    """A text is not a target id."""


def canonical_target_id(text: str) -> str:
    """Return the canonical spelling of a target id.

    Case, leading zeros and what stands between catalogue and number do not matter:
    ``tic100100827``, ``TIC-100100827`` and ``TIC 0100100827`` are all ``TIC 100100827``.

    Parameters
    ----------
    text
        What a person typed or a header says.

    Returns
    -------
    str
        Catalogue, one space, and the number without leading zeros.

    Raises
    ------
    TargetIdError
        If the text has no catalogue of `CATALOGUES`, or no positive number of at most 18 digits.
    """
    shown = text.strip()[:60]
    if re.fullmatch(r"[0-9]+", shown, re.ASCII):
        raise TargetIdError(f"{shown!r} names no catalogue: write for example 'TIC {shown}' or 'KIC {shown}'")
    match = _PATTERN.fullmatch(text.strip())
    if match is None:
        raise TargetIdError(f"{shown!r} is not a target id such as 'TIC 100100827' or 'KIC 11446443'")
    return target_id(match[1], int(match[2]))


def target_id(catalogue: str, number: int) -> str:
    """Return the canonical id of a catalogue's number.

    Raises
    ------
    TargetIdError
        If the catalogue is unknown or the number is not positive.
    """
    if catalogue.upper() not in CATALOGUES:
        raise TargetIdError(f"unknown catalogue {catalogue!r}: known are {', '.join(CATALOGUES)}")
    if number < 1:
        raise TargetIdError(f"{catalogue.upper()} {number} is not a target: numbers start at 1")
    return f"{catalogue.upper()} {number}"
