"""The second stage: frames and their sources become light curves, of a target and of all stars beside it.

The one call that an asset or a command makes; its parts are in `night` and `light_curves`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.frame_sources import Floats, FrameSources
from astro_assets.images.photometry.light_curves import LightCurves, light_curves
from astro_assets.images.photometry.night import NightMeasurements, measure_night
from astro_assets.images.photometry.settings import SeriesSettings
from astro_assets.images.photometry.times import bjd_tdb


@dataclass(frozen=True, slots=True)
class Target:
    """A star that is pointed at.

    Parameters
    ----------
    frame
        Name of the frame whose pixels x and y are.
    x, y
        Pixels; the centre of the first is (0, 0).
    ra_deg, dec_deg
        ICRS; unknown, times are for where the telescope points.
    """

    frame: str
    x: float
    y: float
    ra_deg: float | None = None
    dec_deg: float | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Light curves of a night.

    Parameters
    ----------
    night
        Frames, alignments, stars, and what was measured, in order of time.
    curves
        Of every star.
    target
        Which star is the target; None if none was asked for.
    bjd_tdb
        Middles of exposures, barycentric, days; NaN without a direction or a time; shape (n_frames,).
    """

    night: NightMeasurements
    curves: LightCurves
    target: int | None
    bjd_tdb: Floats


def series_photometry(
    frames: Mapping[str, Frame],
    sources: Mapping[str, FrameSources],
    settings: SeriesSettings,
    target: Target | None = None,
    told: Mapping[str, Frame] | None = None,
) -> Series:
    """Make light curves of all stars of a night.

    Parameters
    ----------
    frames, sources
        By name; the sources are those of `sources.measure_frame`.
    settings
        Registration, apertures, ensemble, trends.
    target
        A star in which no choice is made and which no other is compared with.
    told
        The frames without pixels, where ``frames`` reads each when it is asked for; itself when None.

    Returns
    -------
    Series
        Does not depend on the order of the frames.

    Raises
    ------
    ValueError
        If frames do not belong together, none can be aligned, too few stars can be compared, or there is no
        star where the target should be.
    """
    night = measure_night(frames, sources, settings, told)
    star = None if target is None else star_at(night, target, settings.target_within_pixels)
    return Series(night, light_curves(night, settings, star), star, _times(night, target))


def star_at(night: NightMeasurements, target: Target, within_pixels: float) -> int:
    """Return the number of the star nearest to a place of a frame.

    Raises
    ------
    ValueError
        If the frame is not known or left out, or no star is near.
    """
    if target.frame not in night.names:
        raise ValueError(f"no frame is named {target.frame!r}")
    alignment = night.alignments[night.names.index(target.frame)]
    if not alignment.is_aligned:
        raise ValueError(f"the target is given on {target.frame!r}, which is left out: {alignment.reason}")
    place = alignment.to_reference(np.array([[target.x, target.y]]))
    distance = np.hypot(*(night.stars.positions - place).T)
    nearest = int(np.argmin(distance)) if distance.size else -1
    if nearest < 0 or distance[nearest] > within_pixels:
        found = (
            f"the nearest is {distance[nearest]:.1f} pixels off" if distance.size else "there is none at all"
        )
        raise ValueError(
            f"no star within {within_pixels:g} pixels of ({target.x:g}, {target.y:g}) "
            f"on {target.frame!r}: {found}"
        )
    return nearest


def _times(night: NightMeasurements, target: Target | None) -> Floats:
    ra, dec = night.direction
    if target is not None and target.ra_deg is not None and target.dec_deg is not None:
        ra, dec = target.ra_deg, target.dec_deg
    times = np.full(len(night.names), np.nan)
    known = np.isfinite(night.mid_mjd_utc)
    if np.isfinite(ra) and np.isfinite(dec):
        times[known] = bjd_tdb(night.mid_mjd_utc[known], ra, dec, night.site)
    return times
