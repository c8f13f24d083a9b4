"""What single stars owe to airmass, position, focus and sky, taken away so that a transit stays.

All stars share the terms, each has its own coefficients; maps that stars share are in `illumination`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.photometry.frame_sources import Booleans, Floats
from astro_assets.images.photometry.robust import row_medians, row_scatters
from astro_assets.images.photometry.settings import DetrendingSettings

#: Boxes begin this part of their length apart, and their lengths differ by this factor.
BOX_STEP: Final = 0.15
BOX_GROWTH: Final = 1.3
#: A box, and what lies outside, has so many points.
FEWEST_IN_BOX: Final = 3
#: A star with fewer points than this for each free number is not detrended.
POINTS_EACH: Final = 4
#: Kept from being singular: part of the diagonal.
RIDGE: Final = 1e-9
#: Rounds in which points far off lose their say.
ROUNDS: Final = 3


@dataclass(frozen=True, slots=True)
class Trends:
    """Of each star.

    Parameters
    ----------
    trend
        By which to divide a relative flux, so that it is 1 outside the dip; shape (n_stars, n_frames).
    dip
        The deepest box that was fitted along, 0 outside; shape (n_stars, n_frames).
    terms
        Which were taken.
    scatter
        Robust, of what remains, for the numbers fitted; shape (n_stars,).
    """

    trend: Floats
    dip: Floats
    terms: tuple[tuple[str, ...], ...]
    scatter: Floats


def trends_of(
    relative: Floats, hours: Floats, terms: dict[str, Floats], settings: DetrendingSettings
) -> Trends:
    """Fit trends together with the box that explains most, and keep only the trends.

    A transit is not eaten because it is in the design matrix: for every set of terms, boxes of all lengths
    and places are fitted along with it (as Kovacs, Zucker & Mazeh 2002, A&A 391, 369, search boxes), and of
    each star the set with the smallest Bayesian information criterion is taken. Points far off the fit are
    left out of it. No other star takes part.

    Parameters
    ----------
    relative
        Fluxes near 1, NaN where not measured, shape (n_stars, n_frames).
    hours
        Of each frame, increasing, shape (n_frames,).
    terms
        What may explain trends, each of shape (n_frames,), finite where any star is measured.
    settings
        Boxes, clipping, or that there is nothing to do.

    Returns
    -------
    Trends
        Of stars with too few points, their medians.
    """
    names = tuple(terms)
    design = np.stack([np.ones_like(hours), *(_standard(one) for one in terms.values())])
    boxes = _boxes(hours, settings)
    middle = np.nan_to_num(row_medians(relative), nan=1.0)
    trend = np.repeat(middle[:, None], hours.size, axis=1)
    dip = np.zeros_like(relative)
    chosen = np.zeros((len(relative), len(names)), np.bool_)
    free = np.ones(len(relative))
    counted = np.isfinite(relative)
    can = counted.sum(axis=1) >= POINTS_EACH * (len(names) + 2) if settings.is_done else np.zeros(0, np.bool_)
    if can.any():
        fit = _fitted(relative[can], design, boxes, settings)
        trend[can], dip[can], chosen[can] = fit
        free[can] = 2 + chosen[can].sum(axis=1)
    left = relative / np.where(trend > 0, trend, np.nan) - dip
    number = counted.sum(axis=1)
    scatter = row_scatters(left) * np.sqrt(number / np.maximum(number - free, 1))
    taken = tuple(tuple(name for name, is_in in zip(names, row, strict=True) if is_in) for row in chosen)
    return Trends(trend, dip, taken, scatter)


def _standard(term: Floats) -> Floats:
    """Centre and scale; what is unknown in a frame is typical there."""
    finite = term[np.isfinite(term)]
    if not finite.size or np.ptp(finite) == 0:
        return np.zeros_like(term)
    return np.where(np.isfinite(term), (term - finite.mean()) / finite.std(), 0.0)


def _boxes(hours: Floats, settings: DetrendingSettings) -> Floats:
    """All boxes, 1 inside and 0 outside, shape (n_boxes, n_frames)."""
    span = float(np.ptp(hours)) if hours.size else 0.0
    found = []
    length, longest = settings.shortest_box_hours, settings.longest_box_part * span
    while length <= longest:
        for start in np.arange(hours[0] - 0.7 * length, hours[-1] - 0.3 * length, BOX_STEP * length):
            inside = (hours >= start) & (hours <= start + length)
            if FEWEST_IN_BOX <= inside.sum() <= hours.size - FEWEST_IN_BOX:
                found.append(inside)
        length *= BOX_GROWTH
    if not found:
        return np.zeros((1, hours.size))
    return np.unique(np.array(found, dtype=np.float64), axis=0)


def _fitted(
    relative: Floats, design: Floats, boxes: Floats, settings: DetrendingSettings
) -> tuple[Floats, Floats, Booleans]:
    """Choose terms and box for each star; return trend, dip and which terms, each with a row for a star."""
    is_there = np.isfinite(relative)
    flux = np.where(is_there, relative, 0)
    weight = is_there.astype(np.float64)
    subsets = [
        (0, *rest) for size in range(len(design)) for rest in combinations(range(1, len(design)), size)
    ]
    # First all terms, to see which points lie far off; then the best set, with these left out.
    for sets in [subsets[-1:]] * ROUNDS + [subsets]:
        coefficients, box, depth, taken = _best(flux, weight, design, boxes, sets)
        trend = coefficients @ design
        left = np.where(is_there, relative - trend + depth[:, None] * boxes[box], np.nan)
        spread = np.maximum(row_scatters(left), 1e-9)
        still = is_there & (np.abs(left) < settings.clip_sigma * spread[:, None])
        if len(sets) == 1:
            weight = still.astype(np.float64)
    return trend, -depth[:, None] * boxes[box] / np.maximum(trend, 1e-3), taken[:, 1:]


def _best(
    flux: Floats, weight: Floats, design: Floats, boxes: Floats, subsets: list[tuple[int, ...]]
) -> tuple[Floats, NDArray[np.int64], Floats, Booleans]:
    """Of sets of terms and boxes, find the best of each star, by normal equations for all stars at once."""
    weighted = weight[:, None, :] * design  # stars, terms, frames
    of_terms = weighted @ design.T
    with_boxes = weighted @ boxes.T
    with_flux = np.einsum("stf,sf->st", weighted, flux)
    box_square, box_flux = weight @ boxes.T, (weight * flux) @ boxes.T
    square = np.sum(weight * flux**2, axis=1)
    number = weight.sum(axis=1)
    stars = np.arange(len(flux))
    best = np.full(len(flux), np.inf)
    coefficients = np.zeros((len(flux), len(design)))
    box, depth = np.zeros(len(flux), np.int64), np.zeros(len(flux))
    taken = np.zeros((len(flux), len(design)), np.bool_)
    for subset in subsets:
        rows = list(subset)
        normal = of_terms[:, rows][:, :, rows]
        normal = normal + RIDGE * number[:, None, None] * np.eye(len(rows))
        right = np.concatenate([with_flux[:, rows, None], with_boxes[:, rows]], axis=2)
        solved = np.linalg.inv(normal) @ right
        # What of boxes and fluxes the terms do not explain.
        rest = box_square - np.einsum("stb,stb->sb", with_boxes[:, rows], solved[:, :, 1:])
        slope = box_flux - np.einsum("stb,st->sb", with_boxes[:, rows], solved[:, :, 0])
        is_dip = (slope < 0) & (rest > 0.02 * np.maximum(box_square, 1))
        gain = np.where(is_dip, slope**2 / np.where(is_dip, rest, 1), 0)
        place = np.argmax(gain, axis=1)
        amount = np.where(
            gain[stars, place] > 0, -slope[stars, place] / np.maximum(rest[stars, place], 1e-9), 0
        )
        left = square - np.einsum("st,st->s", with_flux[:, rows], solved[:, :, 0]) - gain[stars, place]
        criterion = number * np.log(np.maximum(left, 1e-12 * square) / number) + len(rows) * np.log(number)
        better = np.flatnonzero(criterion < best - 1e-9)
        best[better] = criterion[better]
        box[better], depth[better] = place[better], amount[better]
        own = (
            solved[:, :, 0]
            + amount[:, None] * np.take_along_axis(solved[:, :, 1:], place[:, None, None], 2)[:, :, 0]
        )
        coefficients[better] = 0
        coefficients[better[:, None], np.array(rows)] = own[better]
        taken[better] = np.isin(np.arange(len(design)), rows)
    return coefficients, box, depth, taken
