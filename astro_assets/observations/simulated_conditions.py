"""What all stars of a camera share in a segment: times, quality flags, pointing, trends, stray light.

Only conditions live here; what they do to a star's light is in `simulated_observation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astro_assets.observations.simulated_telescopes import KEPLER_LIKE, TESS_LIKE, Telescope
from astro_assets.observations.simulated_variability import red_noise

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: First of the numbers that seed a generator, so that no two kinds of draws share random numbers.
_STREAM: Final = 3
#: Shared trends of the raw flux, as fractions of it.
_TREND_SIZES: Final = {"TESS": (1.5e-3, 8e-4, 4e-4), "Kepler": (1e-2, 3e-3, 1e-3)}

#: Kepler's quarters 0 to 17: start (BKJD), number of the first cadence, cadences, downlinks within, and
#: cadences lost in longer gaps, as in the files of KIC 7660594.
KEPLER_QUARTERS: Final = (
    (120.5, 568, 476, 0, 0),
    (131.5, 1105, 1639, 0, 0),
    (169.8, 2977, 4342, 2, 135),
    (260.2, 7405, 4369, 2, 105),
    (352.4, 11915, 4396, 1, 194),
    (443.5, 16374, 4633, 2, 10),
    (539.5, 21070, 4397, 2, 0),
    (630.2, 25510, 4374, 2, 22),
    (735.4, 30658, 3278, 0, 132),
    (808.5, 34238, 4767, 2, 26),
    (906.9, 39050, 4572, 2, 0),
    (1001.2, 43668, 4753, 2, 122),
    (1099.4, 48474, 4043, 2, 370),
    (1182.8, 52552, 4420, 2, 18),
    (1274.2, 57025, 4756, 2, 354),
    (1373.5, 61887, 4779, 2, 281),
    (1472.1, 66713, 4202, 1, 570),
    (1559.2, 70977, 1555, 0, 256),
)


@dataclass(frozen=True, slots=True)
class Conditions:
    """A camera in a segment; arrays of shape (n_cadences,) unless said otherwise.

    Parameters
    ----------
    telescope, segment, camera
        Which; for Kepler the camera is the channel.
    start_btjd
        Start of the segment.
    time
        Middles of the cadences, float64, BJD_TDB - 2457000 [d].
    cadence_number
        int32.
    quality
        The mission's flags, int32.
    is_missing
        No data at all: neither time nor flux.
    is_excluded
        No corrected flux.
    is_disturbed
        The satellite moves.
    trends
        Changes of the raw flux common to the camera, as fractions, shape (3, n_cadences).
    column_pointing, row_pointing
        Common motion of all stars [pixel].
    stray_light
        Added background over the lowest, as a multiple of it.
    """

    telescope: Telescope
    segment: int
    camera: int
    start_btjd: float
    time: NDArray[np.float64]
    cadence_number: NDArray[np.int32]
    quality: NDArray[np.int32]
    is_missing: NDArray[np.bool_]
    is_excluded: NDArray[np.bool_]
    is_disturbed: NDArray[np.bool_]
    trends: NDArray[np.float64]
    column_pointing: NDArray[np.float64]
    row_pointing: NDArray[np.float64]
    stray_light: NDArray[np.float64]


@lru_cache(maxsize=96)  # a survey goes through its cameras star by star
def conditions(mission: str, seed: int, segment: int, camera: int) -> Conditions:
    """Return the conditions of a camera in a TESS sector or of a channel in a Kepler quarter.

    Flags and gaps are common to the segment, trends and pointing to the camera.
    """
    numbers = [seed, _STREAM, segment, 2 if mission == "TESS" else 1]
    common, own = np.random.default_rng([*numbers, 0]), np.random.default_rng([*numbers, camera])
    return (_tess_sector if mission == "TESS" else _kepler_quarter)(segment, camera, common, own)


def _tess_sector(
    sector: int, camera: int, common: np.random.Generator, own: np.random.Generator
) -> Conditions:
    """Two orbits with the downlink between; momentum dumps each 2.5 d; two days of bad pointing."""
    n, per_day = 20076, 720
    start = TESS_LIKE.first_start_btjd + (sector - 1) * 27.95
    quality = np.zeros(n, dtype=np.int32)
    place = np.arange(n)
    missing = (place >= 9524) & (place < 9524 + 815)
    quality[missing] = 8 | 128
    dumps = (place % 1800 >= 1) & (place % 1800 < 9) & (place > 100) & ~missing
    quality[dumps] |= 4 | 32
    first = int(common.integers(11000, 18000))
    shaky = (place >= first) & (place < first + 1440) & ~missing
    quality[common.permutation(np.flatnonzero(shaky))[:1029]] |= 128
    stray_frames = own.choice(n, size=50, replace=False)
    quality[stray_frames[~missing[stray_frames]]] |= 128
    # Earth or Moon shines into the camera for a day or two at one end of each orbit.
    elapsed = place / per_day
    rise = own.uniform(0.3, 4.0) * np.exp(-((elapsed[-1] - elapsed) % 13.9) / own.uniform(0.2, 0.8))
    quality[(rise > 2.5) & ~missing] |= 4096
    jitter = 1 + 3.0 * (shaky | dumps)
    return Conditions(
        telescope=TESS_LIKE,
        segment=sector,
        camera=camera,
        start_btjd=start,
        time=np.asarray(start + (place + 0.5) * TESS_LIKE.cadence_days, dtype=np.float64),
        cadence_number=(70444 + (sector - 1) * 20124 + place).astype(np.int32),
        quality=quality,
        is_missing=missing,
        is_excluded=missing | ((quality & (4 | 32 | 128)) > 0),
        is_disturbed=dumps,
        **_shared(TESS_LIKE, n, np.array([0, 9524 + 815]), jitter, own),
        stray_light=rise,
    )


def _kepler_quarter(
    quarter: int, channel: int, common: np.random.Generator, own: np.random.Generator
) -> Conditions:
    """Three months with downlinks between; a dump each 3 d; safe modes as the real quarter had them."""
    start_bkjd, first_cadence, n, n_downlinks, n_lost = KEPLER_QUARTERS[quarter]
    start = start_bkjd + KEPLER_LIKE.first_start_btjd - KEPLER_QUARTERS[0][0]
    quality = np.zeros(n, dtype=np.int32)
    place = np.arange(n)
    missing = np.zeros(n, dtype=bool)
    resumed = [0]
    for downlink in range(1, n_downlinks + 1):
        first = downlink * n // (n_downlinks + 1) + int(common.integers(-60, 60))
        length = int(common.integers(38, 47))
        missing[first : first + length] = True
        quality[first : first + length] |= 8 | 65536
        resumed.append(first + length)
    if n_lost:
        # Between the start and the first downlink, where there is one.
        first = int(common.integers(100, n // (n_downlinks + 1) - n_lost - 100))
        missing[first : first + n_lost] = True
        quality[first : first + n_lost] |= 2 | 8 | 65536
        resumed.append(first + n_lost)
    dumps = (place % 146 == 95) & ~missing
    quality[dumps] |= 32
    quality[common.choice(n, size=int(common.poisson(0.0025 * n)), replace=False)] |= 16384
    return Conditions(
        telescope=KEPLER_LIKE,
        segment=quarter,
        camera=channel,
        start_btjd=start,
        time=np.asarray(start + (place + 0.5) * KEPLER_LIKE.cadence_days, dtype=np.float64),
        cadence_number=(first_cadence + place).astype(np.int32),
        quality=quality,
        is_missing=missing,
        is_excluded=missing | ((quality & (32 | 256 | 16384)) > 0),
        is_disturbed=dumps,
        **_shared(KEPLER_LIKE, n, np.sort(resumed), np.ones(n), own),
        stray_light=0.1 * (1 + np.sin(own.uniform(0, 2 * np.pi) + 2 * np.pi * (place - n) / 8000)),
    )


def _shared(
    telescope: Telescope, n: int, resumed: NDArray[Any], jitter: NDArray[Any], rng: np.random.Generator
) -> dict[str, NDArray[np.float64]]:
    """Draw trends and pointing of a camera: slow drifts, and warming up after each gap."""
    days = np.arange(n) * telescope.cadence_days
    span = days[-1]
    since = days - days[resumed[np.searchsorted(resumed, np.arange(n), side="right") - 1]]
    heating = np.exp(-since / rng.uniform(0.5, 1.5))
    # Up or down, straight or bent: another in each camera.
    line, bend = 2 * days / span - 1, 1.5 * ((2 * days / span - 1) ** 2 - 1 / 3)
    angle = rng.uniform(0, 2 * np.pi)
    drift = np.cos(angle) * line + np.sin(angle) * bend
    drift += 0.3 * red_noise(n, telescope.cadence_days / (span / 4), rng)
    shapes = np.stack([drift, heating - heating.mean(), red_noise(n, telescope.cadence_days / 1.5, rng)])
    pointing = telescope.pointing_pixels * jitter
    slow = 0.01 * drift + 0.02 * heating
    return {
        "trends": shapes * np.array(_TREND_SIZES[telescope.mission])[:, np.newaxis],
        "column_pointing": slow + pointing * rng.standard_normal(n),
        "row_pointing": 0.5 * slow + pointing * rng.standard_normal(n),
    }
