"""Whether the star's light moves while it is dimmed, as that of another star in the aperture would.

After Batalha et al. (2010, ApJ 713, L103) and Bryson et al. (2013, PASP 125, 889): the flux-weighted centroid
in transit less that beside it, transit by transit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.transits.noise import MAD_TO_SIGMA, point_scatter
from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve, Floats
from astro_assets.transits.vetting.coverage import calendar_of, near_transits
from astro_assets.transits.vetting.events import Events, events_of
from astro_assets.transits.vetting.folds import divided, fold, group_medians, sums

_SECONDS: Final = 86400.0
#: Noise is measured in boxes so many durations from each other, room for the sides of each, without what is
#: within transits of this width.
_APART: Final = 5.0
_MASKED: Final = 1.5
_FEWEST_BOXES: Final = 10


@dataclass(frozen=True, slots=True)
class Centroids:
    """Motion of a star's light on the detector in one segment: the detector turns from one to the next.

    Parameters
    ----------
    column, row
        Curves whose flux is 1 less the pixels from the segment's median.
    """

    column: Curve
    row: Curve


@dataclass(frozen=True, slots=True)
class CentroidShift:
    """Motion in transit, shape (m,); NaN without a transit with centroids on both sides.

    Parameters
    ----------
    pixels
        Root of the mean square over segments, less what noise makes of it.
    sigma
        How many standard deviations of a normal distribution are as unlikely as the shifts of all segments
        are without motion; noise is what such shifts are out of transit, or what those of single transits
        scatter if that is more; negative where more than half of such stars would move more.
    """

    pixels: Floats
    sigma: Floats


def centroids_of(cadence_s: float, time: Floats, column: Floats, row: Floats) -> Centroids | None:
    """Make curves of a segment's centroids.

    Parameters
    ----------
    cadence_s
        Cadence, seconds.
    time, column, row
        Days, increasing, and pixels; NaN where not known; shape (n,).

    Returns
    -------
    Centroids or None
        None where none are known, or where they never change.
    """
    good = np.isfinite(time) & np.isfinite(column) & np.isfinite(row)
    scatters = [point_scatter(pixels[good]) for pixels in (column, row)]
    if not min(scatters) > 0:  # NaN for less than three samples
        return None
    along, across = (
        Curve(
            time[good],
            1 - (pixels[good] - np.median(pixels[good])),
            np.full(np.count_nonzero(good), scatter),
            cadence_s / _SECONDS,
        )
        for pixels, scatter in zip((column, row), scatters, strict=True)
    )
    return Centroids(along, across)


def centroid_shift(stars: Sequence[Sequence[Centroids]], boxes: Sequence[Box]) -> CentroidShift:
    """Measure how the light of each candidate's star moves in its transits.

    Parameters
    ----------
    stars
        The segments of each of m candidates, without the transits of stronger ones; any number of them.
    boxes
        The ephemerides.

    Returns
    -------
    CentroidShift
        Arrays of shape (m,).
    """
    of = np.repeat(np.arange(len(stars), dtype=np.int64), [len(segments) for segments in stars])
    segments = [segment for star in stars for segment in star]
    folded = [boxes[place] for place in of.tolist()]
    shifts = [
        _shift([segment.column for segment in segments], folded),
        _shift([segment.row for segment in segments], folded),
    ]
    is_known = np.isfinite(shifts[0][1]) & np.isfinite(shifts[1][1])
    known = of[is_known]
    square, chi_square, weight = np.zeros(known.size), np.zeros(known.size), np.zeros(known.size)
    for shift, variance in shifts:
        square += shift[is_known] ** 2 - variance[is_known]
        chi_square += shift[is_known] ** 2 / variance[is_known]
        weight += 0.5 / variance[is_known]
    n_segments = np.bincount(known, minlength=len(stars))
    total = sums(known, chi_square, len(stars))
    of_weight = sums(known, weight, len(stars))
    return CentroidShift(
        pixels=np.sqrt(np.maximum(divided(sums(known, weight * square, len(stars)), of_weight), 0.0)),
        sigma=np.array(list(map(_normal_sigma, total.tolist(), n_segments.tolist())), np.float64),
    )


def _shift(curves: Sequence[Curve], boxes: Sequence[Box]) -> tuple[Floats, Floats]:
    """Mean shift of each segment along one axis, and its variance, NaN without a transit with both sides."""
    events = _events(curves, boxes)
    shift, weight = events.mean(events.shift)
    scatter = np.fmax(events.chi_square(events.shift, shift, 1), _noise(curves, boxes) ** 2)
    return shift, divided(scatter, weight)


def _events(curves: Sequence[Curve], boxes: Sequence[Box]) -> Events:
    folds = fold([near_transits(curve, box) for curve, box in zip(curves, boxes, strict=True)], boxes)
    cadence = np.array([curve.cadence_days for curve in curves], np.float64)
    return events_of(folds, calendar_of(curves, boxes), cadence)


def _noise(curves: Sequence[Curve], boxes: Sequence[Box]) -> Floats:
    """By how much shifts are noisier than white noise makes them where nothing transits, at least 1.

    Light drifts for days, which takes nothing from what is compared with its sides: the same is asked of
    boxes out of transit, one after the other. 1 with fewer than 10 of them.
    """
    pairs = list(zip(curves, boxes, strict=True))
    quiet = [curve.where(~box.covers(curve.time, _MASKED)) for curve, box in pairs]
    elsewhere = [Box(_APART * box.duration, box.epoch, box.duration) for box in boxes]
    events = _events(quiet, elsewhere)
    known = events.shift.weight > 0
    ratios = np.abs(events.shift.value[known]) * np.sqrt(events.shift.weight[known])
    scatter = MAD_TO_SIGMA * group_medians(events.candidate[known], ratios, len(boxes))
    are_enough = np.bincount(events.candidate[known], minlength=len(boxes)) >= _FEWEST_BOXES
    return np.where(are_enough, np.fmax(scatter, 1.0), 1.0)


def _normal_sigma(chi_square: float, n_pairs: int) -> float:
    """Return the normal deviate as unlikely as a chi-square of twice so many degrees of freedom."""
    # Loading it takes a while; the code location must load without it.
    from scipy.special import gammainc, logsumexp, ndtri, ndtri_exp

    if not n_pairs:
        return math.nan
    half = 0.5 * chi_square
    if half < n_pairs:  # near or below the median: the lower tail is the accurate one
        return float(ndtri(max(gammainc(n_pairs, half), 1e-300)))
    terms = [j * math.log(half) - math.lgamma(j + 1) for j in range(n_pairs)]
    return -float(ndtri_exp(float(logsumexp(terms)) - half))
