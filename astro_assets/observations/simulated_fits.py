"""Writes simulated light curves in the format of TESS SPOC light-curve files.

Only the bytes of a file live here; what is in the columns is decided in `simulated_survey`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from astropy.io.fits import Header
    from numpy.typing import NDArray

_BLOCK: Final = 2880
#: Columns as SPOC writes them (TESS Science Data Products Description Document, EXP-TESS-ARC-ICD-0014,
#: section 5), without those that nobody reads here: name, format, NumPy type, unit.
_COLUMNS: Final = (
    ("TIME", "D", ">f8", "BJD - 2457000, days"),
    ("CADENCENO", "J", ">i4", ""),
    ("SAP_FLUX", "E", ">f4", "e-/s"),
    ("SAP_FLUX_ERR", "E", ">f4", "e-/s"),
    ("PDCSAP_FLUX", "E", ">f4", "e-/s"),
    ("PDCSAP_FLUX_ERR", "E", ">f4", "e-/s"),
    ("QUALITY", "J", ">i4", ""),
    ("MOM_CENTR1", "D", ">f8", "pixel"),
    ("MOM_CENTR2", "D", ">f8", "pixel"),
)


def spoc_file(
    primary: Mapping[str, Any], table: Mapping[str, Any], columns: Mapping[str, NDArray[Any]]
) -> bytes:
    """Return the bytes of a light-curve file with an empty primary HDU and the LIGHTCURVE table.

    Parameters
    ----------
    primary, table
        Further cards of the two headers, in order; keywords of at most 8 characters.
    columns
        One array of shape (n_cadences,) for each of TIME, CADENCENO, SAP_FLUX, SAP_FLUX_ERR, PDCSAP_FLUX,
        PDCSAP_FLUX_ERR, QUALITY, MOM_CENTR1, MOM_CENTR2.
    """
    rows = np.empty(len(columns["TIME"]), dtype=[(name, kind) for name, _, kind, _ in _COLUMNS])
    for name, *_ in _COLUMNS:
        rows[name] = columns[name]
    data = rows.tobytes()
    return b"".join(
        (
            _header_bytes(_primary_header(primary)),
            _header_bytes(_table_header(table, len(rows), rows.dtype.itemsize)),
            data,
            bytes(-len(data) % _BLOCK),
        )
    )


def _primary_header(cards: Mapping[str, Any]) -> Header:
    from astropy.io.fits import Header

    fixed = {"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTEND": True, "NEXTEND": 1, "EXTNAME": "PRIMARY"}
    return Header({**fixed, **cards})


def _table_header(cards: Mapping[str, Any], n_rows: int, width: int) -> Header:
    from astropy.io.fits import Header

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
        fixed |= {f"TTYPE{number}": name, f"TFORM{number}": form}
        if unit:
            fixed[f"TUNIT{number}"] = unit
    return Header({**fixed, "EXTNAME": "LIGHTCURVE", **cards})


def _header_bytes(header: Header) -> bytes:
    text: str = header.tostring(sep="", endcard=True, padding=True)
    return text.encode("ascii")
