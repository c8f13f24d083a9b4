"""What a night's frames tell beside their pixels, brought together and in order of time.

Nothing is guessed: what a header does not tell stays unknown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from astro_assets.images.frame import Frame, Site
from astro_assets.images.photometry.frame_sources import Floats
from astro_assets.images.photometry.times import airmass_of


@dataclass(frozen=True, slots=True)
class Headers:
    """Of frames in order of time; arrays of shape (n_frames,), NaN where unknown.

    Parameters
    ----------
    names
        Frames without a time come last.
    mid_mjd_utc, exposure_s, airmass
        Airmass is computed where the header has none and the site and the direction are known.
    gain
        None unless all frames tell the same.
    site
        The first that is told.
    direction
        Median of where the frames point, ICRS degrees.
    """

    names: tuple[str, ...]
    mid_mjd_utc: Floats
    exposure_s: Floats
    airmass: Floats
    gain: float | None
    site: Site | None
    direction: tuple[float, float]


def headers_of(frames: Mapping[str, Frame]) -> Headers:
    """Bring headers together.

    Parameters
    ----------
    frames
        By name.

    Returns
    -------
    Headers
        In order of time, and of names where times are equal.

    Raises
    ------
    ValueError
        If there are no frames, none has a time, or they were taken through several filters.
    """
    rows = {}
    filters = set()
    sites = {}
    for name in sorted(frames):
        frame = frames[name]
        filters.add(frame.filter_name)
        sites[name] = frame.site
        told = (
            frame.mid_mjd_utc, frame.exposure_s, frame.airmass, frame.gain, frame.ra_deg, frame.dec_deg,
        )  # fmt: skip
        rows[name] = [np.nan if value is None else float(value) for value in told]
    if len(filters) > 1:
        raise ValueError(f"frames of several filters: {', '.join(sorted(map(str, filters)))}")
    if not any(np.isfinite(row[0]) for row in rows.values()):
        raise ValueError("no frame has a time")
    names = tuple(sorted(rows, key=lambda name: (not np.isfinite(rows[name][0]), rows[name][0], name)))
    time, exposure, airmass, gain, ra, dec = np.array([rows[name] for name in names]).T
    site = next((sites[name] for name in names if sites[name] is not None), None)
    # Right ascensions are averaged as directions, for some nights lie across the zero.
    angles = np.radians(ra[np.isfinite(ra)])
    has_direction = angles.size > 0 and bool(np.isfinite(dec).any())
    direction = (
        (
            float(np.degrees(np.angle(np.mean(np.exp(1j * angles)))) % 360),
            float(np.nanmedian(dec)),
        )
        if has_direction
        else (np.nan, np.nan)
    )
    missing = ~np.isfinite(airmass) & np.isfinite(time)
    if site is not None and has_direction and missing.any():
        airmass[missing] = airmass_of(time[missing], *direction, site)
    is_same = bool(np.all(gain == gain[0]))
    return Headers(names, time, exposure, airmass, float(gain[0]) if is_same else None, site, direction)
