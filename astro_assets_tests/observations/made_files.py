"""Small light-curve files in the missions' formats, written by astropy, for tests to spoil."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from astropy.io import fits

PRIMARY = {
    "TESS": {
        "TELESCOP": "TESS",
        "OBJECT": "TIC 42",
        "TICID": 42,
        "SECTOR": 7,
        "TESSMAG": 10.5,
        "DATA_REL": 3,
    },
    "Kepler": {"TELESCOP": "Kepler", "MISSION": "Kepler", "OBJECT": "KIC 42", "KEPLERID": 42, "QUARTER": 7},
    "K2": {"TELESCOP": "Kepler", "MISSION": "K2", "OBJECT": "EPIC 42", "KEPLERID": 42, "CAMPAIGN": 7},
}
#: First time in the file's own days: BTJD, or BKJD of Kepler's quarter 15 and of K2's campaign 1.
START = {"TESS": 1500.0, "Kepler": 1500.0, "K2": 2000.0}
CADENCE_S = {"TESS": 120.0, "Kepler": 1765.463, "K2": 1765.463}


def light_curve_file(
    path: Path,
    mission: str = "TESS",
    *,
    primary: Mapping[str, Any] | None = None,
    table: Mapping[str, Any] | None = None,
    columns: Mapping[str, np.ndarray | None] | None = None,
    n: int = 60,
) -> Path:
    """Write a good file, with some cards and columns replaced, or left out where the replacement is None."""
    step = CADENCE_S[mission] / 86400
    reference = 2457000 if mission == "TESS" else 2454833
    values: dict[str, np.ndarray | None] = {
        "TIME": START[mission] + np.arange(n) * step,
        "CADENCENO": np.arange(n, dtype=np.int32) + 1000,
        "PDCSAP_FLUX": (2000 + 3 * np.sin(np.arange(n))).astype(np.float32),
        "PDCSAP_FLUX_ERR": np.full(n, 2, dtype=np.float32),
        "SAP_FLUX": (1900 + np.arange(n)).astype(np.float32),
        "SAP_FLUX_ERR": np.full(n, 3, dtype=np.float32),
        "QUALITY" if mission == "TESS" else "SAP_QUALITY": np.zeros(n, dtype=np.int32),
        "MOM_CENTR1": np.linspace(10, 11, n),
        "MOM_CENTR2": np.linspace(20, 21, n),
        **(columns or {}),
    }
    formats = {"f8": "D", "f4": "E", "i8": "K", "i4": "J", "i2": "I"}
    hdu = fits.BinTableHDU.from_columns(
        [
            fits.Column(name, formats[value.dtype.str[1:]], array=value)
            for name, value in values.items()
            if value is not None
        ]
    )
    cards = {
        "EXTNAME": "LIGHTCURVE",
        "TIMEREF": "SOLARSYSTEM",
        "TIMESYS": "TDB",
        "TIMEUNIT": "d",
        "BJDREFI": reference,
        "BJDREFF": 0.0,
        "TIMEDEL": step,
        "TSTART": START[mission],
        "TSTOP": START[mission] + n * step,
        **(table or {}),
    }
    first = fits.PrimaryHDU()
    _put(
        first.header,
        {"DATE": "2020-01-02", "RA_OBJ": 10.0, "DEC_OBJ": -5.0, **PRIMARY[mission], **(primary or {})},
    )
    _put(hdu.header, cards)
    fits.HDUList([first, hdu]).writeto(path)
    return path


def text_file(path: Path, binary: Path) -> Path:
    """Write a light-curve file again with its table as text, with all digits."""
    forms = {"D": "D25.17", "E": "D25.17", "K": "I20", "J": "I12", "I": "I6"}
    with fits.open(binary) as hdus:
        table = fits.TableHDU.from_columns(
            [
                fits.Column(column.name, forms[column.format], array=hdus[1].data[column.name])
                for column in hdus[1].columns
            ]
        )
        table.header.extend(hdus[1].header, unique=True)
        fits.HDUList([hdus[0], table]).writeto(path)
    return path


def _put(header: fits.Header, cards: Mapping[str, Any]) -> None:
    for keyword, value in cards.items():
        if value is not None:
            header[keyword] = value
