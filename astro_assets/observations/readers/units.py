"""What a column holds: its unit in a FITS table, and whether a column of fluxes is one of magnitudes.

Only names and units are looked at here; no value is read.
"""

from __future__ import annotations

import re
from typing import Final

from astro_assets.observations.fits_cards import text_card
from astro_assets.observations.fits_columns import field_names
from astro_assets.observations.fits_structure import Hdu
from astro_assets.observations.refusals import RefusalError

_MAGNITUDES: Final = re.compile(r"^mag|mag(nitude)?s?$|[^a-z]mag(nitude)?s?([^a-z]|$)")


def unit_of(hdu: Hdu, name: str) -> str:
    """Return the unit of a column as the header has it, empty where it has none.

    Columns may lack names or share them, so that a place among names is none among fields.

    Raises
    ------
    RefusalError
        If there is not one column of that name.
    """
    names = field_names(hdu)
    if names.count(name) != 1:
        raise RefusalError("damaged", f"damaged: {names.count(name)} columns are named {name}")
    return text_card(hdu.header, f"TUNIT{names.index(name) + 1}")


def refuse_magnitudes(column: str, unit: str = "") -> None:
    """Refuse a column of fluxes whose name or unit says that it holds magnitudes.

    Raises
    ------
    RefusalError
        With what to do about it.
    """
    for text, what in ((column, "name"), (unit, "unit")):
        if _MAGNITUDES.search(text.lower()):
            raise RefusalError(
                "magnitudes",
                f"magnitudes: the flux column {column!r} has the {what} {text!r}; convert it, or bring it as "
                "a table for which targets.csv says flux_unit mag (relative, if it is a flux all the same)",
            )
