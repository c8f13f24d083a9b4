"""How TESS would see a simulated star in one sector: noise, gap, momentum dumps, drift, and the file.

Only the instrument lives here; stars are in `simulated_stars`, the file format is in `simulated_fits`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astro_assets.observations.simulated_fits import spoc_file
from astro_assets.observations.simulated_stars import FIRST_START_BTJD

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from astro_assets.observations.simulated_stars import SimulatedStar

_CADENCE_S: Final = 120.0
_SECTOR_DAYS: Final = 27.4
#: Days from one sector's start to the next's.
_BETWEEN_SECTORS_DAYS: Final = 27.9
#: No data while the satellite points at the Earth, in the middle of the sector.
_GAP_DAYS: Final = 1.0
_DUMP_EVERY_DAYS: Final = 2.5
_DUMP_CADENCES: Final = 5
#: TESS QUALITY bits, named in `missions`: desaturation; Earth point and manual exclude; impulsive outlier.
_DUMP_FLAG, _GAP_FLAG, _OUTLIER_FLAG = 32, 8 | 128, 512
#: A star of TESS magnitude 10 gives 15,000 electrons a second (Sullivan et al. 2015, ApJ 809, 77).
_ELECTRONS_MAG_10: Final = 1.5e4
#: Seconds of light in a 2-min cadence: 60 frames of 1.98 s, a fifth lost to cosmic-ray mitigation.
_EXPOSURE_S: Final = 60 * 1.98 * 0.8
#: Electrons^2 a cadence from sky and readout in an aperture of 10 pixels.
_BACKGROUND_VARIANCE: Final = 10 * (100.0 * _EXPOSURE_S + 48 * 10.0**2)


def observe(star: SimulatedStar, sector: int, rng: np.random.Generator) -> bytes:
    """Return the file that TESS would make of a star in a sector.

    Noise is that of photons, sky and readout. The sector has a gap in its middle, momentum dumps with
    flagged, disturbed cadences, and outliers of which half are flagged. SAP_FLUX drifts, PDCSAP_FLUX not.
    """
    n = round(_SECTOR_DAYS * 86400 / _CADENCE_S)
    start = FIRST_START_BTJD + (sector - 1) * _BETWEEN_SECTORS_DAYS
    time = start + (np.arange(n, dtype=np.float64) + 0.5) * (_CADENCE_S / 86400)
    relative = star.variability.flux(time, rng)
    for signal in star.signals:
        relative *= signal.flux(time)
    level = _ELECTRONS_MAG_10 * 10 ** (-0.4 * (star.magnitude - 10))
    noise = np.sqrt(level * _EXPOSURE_S + _BACKGROUND_VARIANCE) / _EXPOSURE_S
    flux = level * relative + noise * rng.standard_normal(n)
    columns = _disturbed(time, flux, noise, rng)
    columns["CADENCENO"] = np.arange(n, dtype=np.int32) + 70000 + (sector - 1) * 20100
    cards = {"TSTART": start, "TSTOP": start + n * _CADENCE_S / 86400}
    return spoc_file(_primary_cards(star, sector) | cards, _TABLE_CARDS | cards, columns)


def _disturbed(
    time: NDArray[np.float64], flux: NDArray[np.float64], noise: float, rng: np.random.Generator
) -> dict[str, NDArray[Any]]:
    """Add what the satellite does: outliers, momentum dumps, the gap, drift of the raw flux, pointing."""
    n, elapsed = len(time), time - time[0]
    quality = np.zeros(n, dtype=np.int32)
    outliers = rng.choice(n, size=12, replace=False)
    flux[outliers] += noise * rng.uniform(6, 20, size=12)
    quality[outliers[:6]] |= _OUTLIER_FLAG
    dumps = np.flatnonzero(np.arange(n) % round(_DUMP_EVERY_DAYS * 86400 / _CADENCE_S) < _DUMP_CADENCES)
    flux[dumps] *= 1 + rng.normal(0, 0.02, size=len(dumps))
    quality[dumps] |= _DUMP_FLAG
    pointing = 0.01 * np.sin(2 * np.pi * elapsed / _DUMP_EVERY_DAYS)
    column, row = (place + pointing + rng.normal(0, 0.002, n) for place in rng.uniform(100, 1900, size=2))
    drift = 1 + 0.004 * (elapsed / _SECTOR_DAYS - 0.5) + 0.006 * np.exp(-elapsed / 0.7)
    gap = np.abs(elapsed - elapsed[-1] / 2) < _GAP_DAYS / 2
    quality[gap] = _GAP_FLAG
    error = np.full(n, noise)
    columns = {
        "TIME": time.copy(),
        "SAP_FLUX": flux * drift,
        "SAP_FLUX_ERR": error,
        "PDCSAP_FLUX": flux,
        "PDCSAP_FLUX_ERR": error.copy(),
        "MOM_CENTR1": column,
        "MOM_CENTR2": row,
    }
    for values in columns.values():
        values[gap] = np.nan
    return {**columns, "QUALITY": quality}


def _primary_cards(star: SimulatedStar, sector: int) -> dict[str, Any]:
    return {
        "SIMULATE": True,
        "SIMDATA": True,
        "ORIGIN": "astro_assets",
        "CREATOR": "astro_assets simulated survey",
        "PROCVER": "1",
        "DATE": "2018-07-25",  # fixed: files of one seed are equal whenever they are made
        "TELESCOP": "TESS",
        "INSTRUME": "TESS Photometer",
        "DATA_REL": 1,
        "OBJECT": star.target_id,
        "SECTOR": sector,
        "CAMERA": 1,
        "CCD": 1,
        "RADESYS": "ICRS",
        "RA_OBJ": star.ra_deg,
        "DEC_OBJ": star.dec_deg,
        "EQUINOX": 2000.0,
        "TESSMAG": star.magnitude,
    }


_TABLE_CARDS: Final = {
    "SIMULATE": True,
    "SIMDATA": True,
    "TELESCOP": "TESS",
    "INSTRUME": "TESS Photometer",
    "TIMEREF": "SOLARSYSTEM",
    "TASSIGN": "SPACECRAFT",
    "TIMESYS": "TDB",
    "BJDREFI": 2457000,
    "BJDREFF": 0.0,
    "TIMEUNIT": "d",
    "TIMEPIXR": 0.5,
    "INT_TIME": 1.98,
    "READTIME": 0.02,
    "FRAMETIM": 2.0,
    "NUM_FRM": 60,
    "TIMEDEL": _CADENCE_S / 86400,
    "BACKAPP": True,
    "DEADAPP": True,
}
