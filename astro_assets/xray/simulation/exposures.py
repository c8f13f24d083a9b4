"""When and how deep eROSITA's survey sees a place: visits four hours apart, half a year from the next ones.

Only times, exposures and vignetting live here (Predehl et al. 2021, A&A 647, A1; Merloni et al. 2024, A&A
682, A34); sources are in `sources`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.light_curve import Floats
from astro_assets.xray.simulation.settings import SimulationSettings

#: Energies of the bands of eROSITA's light curves.
BANDS_KEV: Final = ((0.2, 0.6), (0.6, 2.3), (2.3, 5.0))
#: Zero of times: MJD 51543.875 in TT; the survey began on 2019 December 12.
MJD_REFERENCE: Final = 51543.875
_BEGIN_S: Final = (58829.0 - MJD_REFERENCE) * 86400.0
_REVOLUTION_S: Final = 14400.0
_HALF_YEAR_S: Final = 182.625 * 86400.0
#: The telescope turns once in a revolution, and the axis follows the Sun.
_SCAN_DEG_A_S: Final = 360.0 / _REVOLUTION_S
_DRIFT_DEG_A_S: Final = 360.0 / (2 * _HALF_YEAR_S)
_RADIUS_DEG: Final = 0.515
#: Effective area at the edge of the field over that on its axis, which falls faster at high energies; about.
_EDGE: Final = np.array([0.5, 0.46, 0.36])
#: Points on the way through a bin by which its vignetting is averaged.
_POINTS: Final = (np.arange(8) + 0.5) / 8


@dataclass(frozen=True, slots=True)
class Exposures:
    """The bins of a light curve.

    Parameters
    ----------
    time_s, width_s
        Middle and length; shape (n_bins,).
    fraction
        Effective part of each bin in each band; shape (n_bins, 3), 0 where the visit was lost.
    visit
        Number of the visit of each bin, from 0; shape (n_bins,).
    """

    time_s: Floats
    width_s: Floats
    fraction: Floats
    visit: NDArray[np.int64]


def exposures(settings: SimulationSettings, rng: np.random.Generator) -> Exposures:
    """Draw a place on the sky, and return the bins in which the survey sees it.

    The scan circle turns about the Sun's direction. A place at the ecliptic latitude b is crossed twice a
    year, by ``asin(cos b * sin l)`` beside the middle of the field, where l is the axis's way since the
    middle of the crossing; each revolution in which that is less than the field's radius is a visit, along
    the chord of the field there. So visits are six at the ecliptic, and many more at high latitudes.
    """
    low, high = np.sin(np.radians(settings.ecliptic_latitude_deg))
    cosine = np.sqrt(1 - rng.uniform(low, high) ** 2)
    n_surveys = rng.integers(settings.surveys[0], settings.surveys[1], endpoint=True)
    n_parts = rng.integers(settings.bins_per_visit[0], settings.bins_per_visit[1], endpoint=True)
    first, phases = rng.uniform(0, _HALF_YEAR_S), rng.uniform(0, 1, n_surveys)
    middles, beside = _visits(cosine, _BEGIN_S + first, phases)
    most = -(-settings.most_bins // int(n_parts))
    middles, beside = middles[:most], beside[:most]
    half = np.sqrt(_RADIUS_DEG**2 - beside**2)
    edges = np.linspace(-1, 1, n_parts + 1)
    along = edges[:-1, np.newaxis] + np.diff(edges)[:, np.newaxis] * _POINTS
    off_axis = np.hypot(beside[:, np.newaxis, np.newaxis], half[:, np.newaxis, np.newaxis] * along)
    # A telescope or two may be switched off, and frames are lost.
    level, frames = rng.uniform(0.7, 1.0), rng.uniform(0.97, 1.0, middles.size)
    is_seen = rng.uniform(size=middles.size) >= settings.lost_visits
    is_seen[middles.size // 2] |= not is_seen.any()  # a curve that saw nothing is none
    live = level * frames * is_seen
    part = vignetting(off_axis).mean(axis=2) * live[:, np.newaxis, np.newaxis]
    width = np.repeat(2 * half / _SCAN_DEG_A_S / n_parts, n_parts)
    centre = (edges[:-1] + edges[1:]) / 2
    time = middles[:, np.newaxis] + half[:, np.newaxis] * centre / _SCAN_DEG_A_S
    chosen = slice(settings.most_bins)
    visit = np.repeat(np.arange(middles.size), n_parts)
    return Exposures(time.ravel()[chosen], width[chosen], part.reshape(-1, 3)[chosen], visit[chosen])


def vignetting(off_axis_deg: Floats) -> Floats:
    """Return the effective area beside the axis over that on it; shape (..., 3), a value a band."""
    return 1 - (1 - _EDGE) * np.minimum(off_axis_deg[..., np.newaxis] / _RADIUS_DEG, 1.0) ** 1.5


def _visits(cosine: float, begin_s: float, phases: Floats) -> tuple[Floats, Floats]:
    """Return the times of all visits and how far beside the middle they pass, degrees."""
    # Where the place is always in the field, near a pole, a survey ends with the half year.
    widest = np.sin(np.radians(_RADIUS_DEG * 0.999)) / max(cosine, 1e-9)
    reach_deg = 90.0 if widest >= 1 else float(np.degrees(np.arcsin(widest)))
    n_half = int(reach_deg / (_DRIFT_DEG_A_S * _REVOLUTION_S)) + 1
    steps = np.arange(-n_half, n_half + 1)
    way = (steps + phases[:, np.newaxis]) * _REVOLUTION_S
    beside = np.degrees(np.arcsin(cosine * np.sin(np.radians(way * _DRIFT_DEG_A_S))))
    time = begin_s + np.arange(phases.size)[:, np.newaxis] * _HALF_YEAR_S + way
    seen = (np.abs(beside) < _RADIUS_DEG * 0.999) & (np.abs(way) < _HALF_YEAR_S / 2)
    return time[seen], beside[seen]
