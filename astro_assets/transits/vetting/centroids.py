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

from astro_assets.transits.noise import point_scatter
from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve, Floats
from astro_assets.transits.vetting.coverage import calendar_of, near_transits
from astro_assets.transits.vetting.events import events_of
from astro_assets.transits.vetting.folds import divided, fold, sums

_SECONDS: Final = 86400.0


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
        are without motion; what single transits of a segment scatter counts as noise, of one alone white
        noise; negative where more than half of such stars would move more.
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
    folds = fold([near_transits(curve, box) for curve, box in zip(curves, boxes, strict=True)], boxes)
    cadence = np.array([curve.cadence_days for curve in curves], np.float64)
    events = events_of(folds, calendar_of(curves, boxes), cadence)
    shift, weight = events.mean(events.shift)
    # Centroids drift for days: noise of boxes far apart is not that of a transit beside its sides.
    scatter = np.fmax(events.chi_square(events.shift, shift, 1), 1.0)
    return shift, divided(scatter, weight)


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
