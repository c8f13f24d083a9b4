"""Short light curves in great number: TESS files of 2.5 days in steps of half an hour, one a simulated star.

Written in the mission's own format and named `SIM n`, so that they pass through the product's own door. One
star in twenty has a planet, whose transits are found in so short a curve. They show how work grows
with the number of targets; a survey that looks like the sky's is in `observations/simulated_survey.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from astro_assets.observations.simulated_fits import light_curve_file

N_POINTS: Final = 120
CADENCE_DAYS: Final = 1 / 48
_START_BTJD: Final = 1325.3
_LEVEL: Final = 5000.0
_SCATTER: Final = 5e-4
#: One star in so many has a planet, of this depth and length [d].
_WITH_PLANET: Final = 20
_DEPTH: Final = 0.01
_TRANSIT_DAYS: Final = 0.1
#: Files a folder: a folder of a hundred thousand is slow to list on many file systems.
_A_FOLDER: Final = 1000


def short_curve(number: int) -> bytes:
    """Return the file of star ``SIM number``; the same number gives the same bytes."""
    rng = np.random.default_rng([7, number])
    time = _START_BTJD + np.arange(N_POINTS) * CADENCE_DAYS
    flux = _LEVEL * (1 + _SCATTER * rng.standard_normal(N_POINTS))
    if number % _WITH_PLANET == 0:
        period = rng.uniform(0.6, 0.9)
        flux[(time - _START_BTJD - 0.2) % period < _TRANSIT_DAYS] *= 1 - _DEPTH
    error = np.full(N_POINTS, _LEVEL * _SCATTER)
    column, row = 500 + 1e-3 * rng.standard_normal((2, N_POINTS))
    zero = np.zeros(N_POINTS)
    columns: dict[str, Any] = {
        "TIME": time,
        "CADENCENO": np.arange(N_POINTS),
        "SAP_FLUX": flux,
        "SAP_FLUX_ERR": error,
        "SAP_BKG": zero,
        "SAP_BKG_ERR": zero,
        "PDCSAP_FLUX": flux,
        "PDCSAP_FLUX_ERR": error,
        "QUALITY": zero,
        "MOM_CENTR1": column,
        "MOM_CENTR2": row,
        "POS_CORR1": zero,
        "POS_CORR2": zero,
    }
    return light_curve_file("TESS", _primary(number), _table(), columns)


def write_short_curves(folder: Path, numbers: range) -> Iterator[Path]:
    """Write the files of some stars, a thousand a folder, and yield where each lies."""
    for number in numbers:
        path = folder / f"{number // _A_FOLDER:05d}" / f"sim{number:09d}_lc.fits"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(short_curve(number))
        yield path


def _primary(number: int) -> dict[str, Any]:
    return {
        "SIMULATE": True,
        "SIMDATA": True,
        "CREATOR": "astro_assets short curves",
        "DATE": "2018-07-25",
        "TELESCOP": "TESS",
        "INSTRUME": "TESS Photometer",
        "DATA_REL": 1,
        "OBJECT": f"SIM {number}",
        "SECTOR": 1,
        "CAMERA": number % 4 + 1,
        "CCD": 1,
        "RADESYS": "ICRS",
        "RA_OBJ": number * 0.01 % 360,
        "DEC_OBJ": number * 0.003 % 180 - 90,
        "TESSMAG": 10.0,
        "TEFF": 5772.0,
        "LOGG": 4.4,
        "RADIUS": 1.0,
    }


def _table() -> dict[str, Any]:
    return {
        "SIMULATE": True,
        "SIMDATA": True,
        "TELESCOP": "TESS",
        "INSTRUME": "TESS Photometer",
        "TIMEREF": "SOLARSYSTEM",
        "TIMESYS": "TDB",
        "BJDREFI": 2457000,
        "BJDREFF": 0.0,
        "TIMEUNIT": "d",
        "TSTART": _START_BTJD,
        "TSTOP": _START_BTJD + N_POINTS * CADENCE_DAYS,
        "INT_TIME": 1.98,
        "NUM_FRM": 720,
        "TIMEDEL": CADENCE_DAYS,
    }
