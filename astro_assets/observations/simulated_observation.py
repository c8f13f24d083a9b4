"""What a telescope makes of a simulated star: noise, systematics, flags, and the mission's file.

Only the path of light into columns and headers lives here; conditions are in `simulated_conditions`, bytes in
`simulated_fits`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astro_assets.observations.simulated_conditions import Conditions, conditions
from astro_assets.observations.simulated_fits import light_curve_file
from astro_assets.observations.simulated_variability import red_noise

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from astro_assets.observations.simulated_stars import SimulatedStar

_STREAM: Final = 6
#: Day zero of each mission's TIME column, as BJD_TDB.
_DAY_ZERO: Final = {"TESS": 2457000, "Kepler": 2454833}
#: Share of the common trends that the mission's correction leaves.
_TRENDS_LEFT: Final = 0.01
#: Share of the stray light that the subtraction of the background leaves, standard deviation over stars, and
#: the part of that which the mission's correction leaves.
_STRAY_LEFT: Final = 0.01
_STRAY_CORRECTED: Final = 0.1
#: SAP_BKG_ERR over SAP_BKG.
_SKY_ERROR: Final = 0.003
#: Centroids of the flux scatter by this many pixels times the relative noise.
_CENTROID_PIXELS: Final = 1.5
_OUTLIERS: Final = {"TESS": 12, "Kepler": 8}


@dataclass(frozen=True, slots=True)
class Observation:
    """A file, and what of it only the simulation knows.

    Parameters
    ----------
    content
        Bytes of the FITS file.
    n_flares
        Flares that the corrected flux shows: at least half of the light of their brightest cadence.
    """

    content: bytes
    n_flares: int


def observe(star: SimulatedStar, segment: int) -> Observation:
    """Return the file that the star's telescope would make in a sector or quarter.

    SAP_FLUX is the light in the aperture, of other stars too, with the trends of the camera, each star in its
    own measure, and what the subtraction of the background leaves of stray light. PDCSAP_FLUX is the star's
    own, with correlated noise, a hundredth of the trends and a tenth of that stray light. Flagged cadences
    have no PDCSAP_FLUX, missing ones nothing; outliers are flagged in half of the cases.
    """
    telescope, aperture = star.telescope, star.aperture
    here = conditions(telescope.mission, star.seed, segment, camera_of(star))
    rng = np.random.default_rng([star.seed, _STREAM, star.number, segment])
    light = star.light(here.time, segment)
    n, level, noise, captured = len(here.time), aperture.level, aperture.noise, aperture.captured
    sky = aperture.background * rng.uniform(0.8, 1.2)
    stray = sky * here.stray_light
    # More background is more photon noise.
    error = np.sqrt(noise**2 + stray / telescope.collecting_s / captured**2)
    flux = level * light.flux + error * rng.standard_normal(n)
    left = telescope.red_noise * aperture.pixel_noise
    flux += left * red_noise(n, telescope.cadence_days / telescope.red_noise_days, rng)
    quality = _add_outliers(flux, noise, here, rng)
    flux[here.is_disturbed] *= 1 + rng.normal(0, 0.01, size=int(here.is_disturbed.sum()))
    trend = rng.normal((1.0, 0.5, 0.0), (0.3, 0.5, 0.5)) @ here.trends
    stray_left = rng.normal(0, _STRAY_LEFT) * stray / captured
    corner = rng.uniform(100, 1000, size=2)
    columns_noise, rows_noise = _CENTROID_PIXELS * error / level * rng.standard_normal((2, n))
    columns: dict[str, NDArray[Any]] = {
        "TIME": here.time + (2457000 - _DAY_ZERO[telescope.mission]),
        "SAP_FLUX": captured * ((flux + level * aperture.contamination) * (1 + trend) + stray_left),
        "SAP_FLUX_ERR": captured * error,
        "SAP_BKG": sky + stray,
        "SAP_BKG_ERR": np.full(n, _SKY_ERROR * sky),
        "PDCSAP_FLUX": flux * (1 + _TRENDS_LEFT * trend) + _STRAY_CORRECTED * stray_left,
        "PDCSAP_FLUX_ERR": error.copy(),
        "MOM_CENTR1": corner[0] + here.column_pointing + light.column_shift + columns_noise,
        "MOM_CENTR2": corner[1] + here.row_pointing + light.row_shift + rows_noise,
        "POS_CORR1": here.column_pointing.copy(),
        "POS_CORR2": here.row_pointing.copy(),
    }
    for values in columns.values():
        values[here.is_missing] = np.nan
    for name in ("PDCSAP_FLUX", "PDCSAP_FLUX_ERR"):
        columns[name][here.is_excluded] = np.nan
    columns |= {"CADENCENO": here.cadence_number, "QUALITY": quality}
    cards = _table_cards(star, here)
    content = light_curve_file(telescope.mission, _primary_cards(star, here), cards, columns)
    seen = light.flares.max(axis=1, where=~here.is_excluded, initial=0.0)
    return Observation(content, int(np.count_nonzero(seen >= 0.5 * light.flares.max(axis=1, initial=0.0))))


def camera_of(star: SimulatedStar) -> int:
    """Return the TESS camera, 1 to 4, or the Kepler channel, 1 to 84, that sees a star."""
    return star.number % (4 if star.telescope.mission == "TESS" else 84) + 1


def _add_outliers(
    flux: NDArray[np.float64], noise: float, here: Conditions, rng: np.random.Generator
) -> NDArray[np.int32]:
    """Add cosmic rays to the flux, and return the flags of the cadences."""
    quality = here.quality.copy()
    n = _OUTLIERS[here.telescope.mission]
    hit = rng.choice(len(flux), size=n, replace=False)
    flux[hit] += noise * rng.uniform(5, 20, size=n)
    # TESS: impulsive outlier; Kepler: manual exclude is the disqualifying flag nearest to it.
    quality[hit[::2]] |= 512 if here.telescope.mission == "TESS" else 256
    return quality


def _primary_cards(star: SimulatedStar, here: Conditions) -> dict[str, Any]:
    is_tess = star.telescope.mission == "TESS"
    where = (
        {"SECTOR": here.segment, "CAMERA": here.camera, "CCD": 1}
        if is_tess
        else {"MISSION": "Kepler", "QUARTER": here.segment, "CHANNEL": here.camera, "OBSMODE": "long cadence"}
    )
    return {
        "SIMULATE": True,
        "SIMDATA": True,
        "ORIGIN": "astro_assets",
        "CREATOR": "astro_assets simulated survey",
        "PROCVER": "2",
        "DATE": "2018-07-25",  # fixed: files of one seed are equal whenever they are made
        "TELESCOP": star.telescope.mission,
        "INSTRUME": f"{star.telescope.mission} Photometer",
        "DATA_REL": 1,
        "OBJECT": star.target_id,
        **where,
        "RADESYS": "ICRS",
        "RA_OBJ": star.ra_deg,
        "DEC_OBJ": star.dec_deg,
        "EQUINOX": 2000.0,
        "TESSMAG" if is_tess else "KEPMAG": star.magnitude,
        "TEFF": star.teff_k,
        "LOGG": star.logg,
        "RADIUS": star.radius_sun,
    }


def _table_cards(star: SimulatedStar, here: Conditions) -> dict[str, Any]:
    telescope = here.telescope
    is_tess = telescope.mission == "TESS"
    start = here.start_btjd + 2457000 - _DAY_ZERO[telescope.mission]
    return {
        "SIMULATE": True,
        "SIMDATA": True,
        "TELESCOP": telescope.mission,
        "INSTRUME": f"{telescope.mission} Photometer",
        "TIMEREF": "SOLARSYSTEM",
        "TASSIGN": "SPACECRAFT",
        "TIMESYS": "TDB",
        "BJDREFI": _DAY_ZERO[telescope.mission],
        "BJDREFF": 0.0,
        "TIMEUNIT": "d",
        "TIMEPIXR": 0.5,
        "TSTART": start,
        "TSTOP": start + len(here.time) * telescope.cadence_days,
        "INT_TIME": 1.98 if is_tess else 6.02,
        "READTIME": 0.02 if is_tess else 0.52,
        "FRAMETIM": telescope.cadence_s / (60 if is_tess else 270),
        "NUM_FRM": 60 if is_tess else 270,
        "TIMEDEL": telescope.cadence_days,
        "BACKAPP": True,
        "DEADAPP": True,
        "CROWDSAP": round(star.aperture.crowding, 6),
        "FLFRCSAP": round(star.aperture.captured, 6),
    }
