"""Writes simulated light curves in the formats of TESS SPOC and Kepler light-curve files.

Only the bytes of a file live here; what is in the columns is decided in `simulated_observation`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

_BLOCK: Final = 2880
#: Columns as the missions write them (TESS Science Data Products Description Document, EXP-TESS-ARC-ICD-0014,
#: section 5; Kepler Archive Manual, KDMC-10008, section 2.3), without those that nobody reads here: name,
#: format, NumPy type, unit.
_COLUMNS: Final = (
    ("TIME", "D", ">f8", "BJD - {day_zero}, days"),
    ("CADENCENO", "J", ">i4", ""),
    ("SAP_FLUX", "E", ">f4", "e-/s"),
    ("SAP_FLUX_ERR", "E", ">f4", "e-/s"),
    ("SAP_BKG", "E", ">f4", "e-/s"),
    ("SAP_BKG_ERR", "E", ">f4", "e-/s"),
    ("PDCSAP_FLUX", "E", ">f4", "e-/s"),
    ("PDCSAP_FLUX_ERR", "E", ">f4", "e-/s"),
    ("QUALITY", "J", ">i4", ""),
    ("MOM_CENTR1", "D", ">f8", "pixel"),
    ("MOM_CENTR2", "D", ">f8", "pixel"),
    ("POS_CORR1", "E", ">f4", "pixel"),
    ("POS_CORR2", "E", ">f4", "pixel"),
)


def light_curve_file(
    mission: str, primary: Mapping[str, Any], table: Mapping[str, Any], columns: Mapping[str, NDArray[Any]]
) -> bytes:
    """Return the bytes of a light-curve file with an empty primary HDU and the LIGHTCURVE table.

    Parameters
    ----------
    mission
        ``TESS`` or ``Kepler``, which calls its flags SAP_QUALITY.
    primary, table
        Further cards of the two headers, in order; keywords of at most 8 characters. BJDREFI among them.
    columns
        One array of shape (n_cadences,) for each of the columns, the flags under QUALITY.
    """
    rows = np.empty(len(columns["TIME"]), dtype=[(name, kind) for name, _, kind, _ in _COLUMNS])
    for name, *_ in _COLUMNS:
        rows[name] = columns[name]
    data = rows.tobytes()
    return b"".join(
        (
            _header_bytes(_primary_header(primary)),
            _header_bytes(_table_header(mission, table, len(rows), rows.dtype.itemsize)),
            data,
            bytes(-len(data) % _BLOCK),
        )
    )


def _primary_header(cards: Mapping[str, Any]) -> dict[str, Any]:
    fixed = {"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True, "NEXTEND": 1, "EXTNAME": "PRIMARY"}
    return {**fixed, **cards}


def _table_header(mission: str, cards: Mapping[str, Any], n_rows: int, width: int) -> dict[str, Any]:
    fixed: dict[str, Any] = {
        "XTENSION": "BINTABLE",
        "BITPIX": 8,
        "NAXIS": 2,
        "NAXIS1": width,
        "NAXIS2": n_rows,
        "PCOUNT": 0,
        "GCOUNT": 1,
        "TFIELDS": len(_COLUMNS),
    }
    for number, (name, form, _, unit) in enumerate(_COLUMNS, start=1):
        is_flags = name == "QUALITY" and mission == "Kepler"
        fixed |= {f"TTYPE{number}": "SAP_QUALITY" if is_flags else name, f"TFORM{number}": form}
        if unit:
            fixed[f"TUNIT{number}"] = unit.format(day_zero=cards["BJDREFI"])
    return {**fixed, "EXTNAME": "LIGHTCURVE", **cards}


def _header_bytes(cards: Mapping[str, Any]) -> bytes:
    """Return a header, padded. Written out here because astropy takes 20 ms for it, most of a star's time."""
    text = "".join(f"{_card(key, value):80}" for key, value in cards.items()) + f"{'END':80}"
    return text.encode("ascii") + b" " * (-len(text) % _BLOCK)


def _card(key: str, value: str | float) -> str:
    """Return a card in the fixed format of the FITS standard 4.0, section 4.2."""
    if isinstance(value, bool):
        shown = f"{'T' if value else 'F':>20}"
    elif isinstance(value, str):
        doubled = value.replace("'", "''")
        shown = f"'{doubled:8}'"
    else:
        shown = f"{str(value).upper():>20}"
    return f"{key:8}= {shown}"
