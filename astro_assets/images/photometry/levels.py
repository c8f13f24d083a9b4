"""Where a star's flux is 1: its level outside the deepest dip, and how it scatters about both.

One star on its own; trends that stars share are found in `shared_trends`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.images.photometry.frame_sources import Floats
from astro_assets.images.photometry.robust import row_medians, row_scatters
from astro_assets.images.photometry.settings import LevelSettings

#: Dips lie this part of their length apart, and their lengths differ by this factor.
DIP_STEP: Final = 0.12
DIP_GROWTH: Final = 1.2
#: Ingress of a dip, as a part of its length: that of a hot Jupiter.
INGRESS_PART: Final = 0.13
#: A dip, and what lies outside, has so many points.
FEWEST_IN_DIP: Final = 3
#: A star with fewer points has its median for a level.
FEWEST_POINTS: Final = 12
#: Rounds in which points far off lose their say.
ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Levels:
    """Of each star.

    Parameters
    ----------
    level
        By which to divide a relative flux, so that it is 1 outside the dip; shape (n_stars,).
    dip
        The deepest dip, relative to the level, 0 outside; shape (n_stars, n_frames).
    scatter
        Robust, of what remains, for the numbers fitted; shape (n_stars,).
    """

    level: Floats
    dip: Floats
    scatter: Floats


def levels_of(relative: Floats, hours: Floats, settings: LevelSettings) -> Levels:
    """Fit each star's level together with the dip that explains most.

    Dips of all lengths and places, with the shape of a hot Jupiter's transit, are tried as Kovacs, Zucker &
    Mazeh (2002), A&A 391, 369, search boxes, so that a transit lowers neither the level nor what counts as
    scatter. Points far off the fit are left out of it.

    Parameters
    ----------
    relative
        Fluxes near 1, NaN where not measured, shape (n_stars, n_frames).
    hours
        Of each frame, increasing, shape (n_frames,).
    settings
        Dips, clipping.

    Returns
    -------
    Levels
        Of stars with too few points, medians and no dips.
    """
    dips = _dips(hours, settings)
    is_there = np.isfinite(relative)
    number = is_there.sum(axis=1)
    weight = is_there & (number >= FEWEST_POINTS)[:, None]
    flux = np.where(is_there, relative, 0)
    level, dip = row_medians(relative), np.zeros_like(relative)
    for _ in range(ROUNDS):
        level, dip = _fitted(flux, weight, dips, level)
        left = np.where(is_there, relative - level[:, None] - dip, np.nan)
        spread = np.maximum(row_scatters(left), 1e-9)
        weight &= np.abs(np.nan_to_num(left)) < settings.clip_sigma * spread[:, None]
    has_dip = np.any(dip < 0, axis=1)
    free = np.where(has_dip, 4, 1)  # level, and depth, length and place of the dip
    scatter = row_scatters(left) / level * np.sqrt(number / np.maximum(number - free, 1))
    return Levels(level, dip / np.where(level > 0, level, np.nan)[:, None], scatter)


def _dips(hours: Floats, settings: LevelSettings) -> Floats:
    """All dips, 1 at the bottom and 0 outside, shape (n_dips, n_frames)."""
    longest = settings.longest_dip_part * float(np.ptp(hours))
    found = []
    length = settings.shortest_dip_hours
    while length <= longest:
        for middle in np.arange(hours[0] - 0.2 * length, hours[-1] + 0.2 * length, DIP_STEP * length):
            shape = np.clip((length / 2 - np.abs(hours - middle)) / (INGRESS_PART * length), 0, 1)
            if FEWEST_IN_DIP <= np.count_nonzero(shape > 0.5) <= hours.size - FEWEST_IN_DIP:
                found.append(shape)
        length *= DIP_GROWTH
    if not found:
        return np.zeros((1, hours.size))
    return np.unique(np.array(found), axis=0)


def _fitted(flux: Floats, weight: Floats, dips: Floats, level: Floats) -> tuple[Floats, Floats]:
    """Find level and deepest dip of each star by least squares; its former level where it has no say."""
    weight = weight.astype(np.float64)
    number, light = weight.sum(axis=1), np.sum(weight * flux, axis=1)
    inside, inside_light = weight @ dips.T, (weight * flux) @ dips.T
    count = np.maximum(number, 1)
    spread = weight @ (dips**2).T - inside**2 / count[:, None]
    slope = inside_light - inside * (light / count)[:, None]
    is_dip = (slope < 0) & (spread > 1e-3 * count[:, None])
    gain = np.where(is_dip, slope**2 / np.where(is_dip, spread, 1), 0)
    stars, best = np.arange(len(flux)), np.argmax(gain, axis=1)
    found = gain[stars, best] > 0
    depth = np.where(found, -slope[stars, best] / np.where(found, spread[stars, best], 1), 0)
    fitted = np.where(number > 0, (light + depth * inside[stars, best]) / count, level)
    return fitted, -depth[:, None] * dips[best]
