"""Which light curves of a target are joined to one, in which order and in which pieces.

Stitching alone lives here; fluxes are not changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.noise import Floats

#: A piece of fewer samples is not worth it.
FEWEST_SAMPLES: Final = 20


@dataclass(frozen=True, slots=True)
class Segment:
    """One light curve of one sector, quarter or campaign.

    Parameters
    ----------
    number
        Which sector, quarter or campaign.
    cadence_s
        Length of one sample, seconds.
    time
        BTJD, days, strictly increasing, shape (n,).
    flux
        Relative flux, shape (n,).
    flux_err
        Standard deviations, shape (n,); only their ratios count.
    """

    number: int
    cadence_s: float
    time: Floats
    flux: Floats
    flux_err: Floats


def stitching_order(segments: Sequence[Segment], longest_gap_days: float = 0.5) -> list[Segment]:
    """Order segments by time and leave out what would be used twice.

    Where two show the same time, the samples of the one that covers less are left out; of equal ones those of
    the coarser. Where one lies in a gap of another, the other is cut there.

    Parameters
    ----------
    segments
        Curves of one target, in any order.
    longest_gap_days
        Between samples so close a segment shows all of the time.

    Returns
    -------
    list of Segment
        Whole or in pieces, in order of time, none overlapping another, none with less than 20 samples.
    """
    by_time = sorted((s for s in segments if s.time.size), key=lambda s: float(s.time[0]))
    if all(earlier.time[-1] < later.time[0] for earlier, later in pairwise(by_time)):
        return [segment for segment in by_time if segment.time.size >= FEWEST_SAMPLES]
    ranked = sorted(
        segments,
        key=lambda s: (
            -round(s.time.size * s.cadence_s / 86400.0),
            s.cadence_s,
            float(np.min(s.time, initial=0)),
        ),
    )
    chosen: list[Segment] = []
    for segment in ranked:
        free = np.ones(segment.time.size, dtype=bool)
        for other in chosen:
            free &= ~_shown(segment.time, other.time, longest_gap_days)
        # Each gap of the others is filled by a piece of its own; a few samples are not worth cutting them.
        gaps = sum((np.searchsorted(other.time, segment.time) for other in chosen), np.zeros(free.size, int))
        for gap in np.unique(gaps[free]):
            piece = free & (gaps == gap)
            if np.count_nonzero(piece) >= FEWEST_SAMPLES:
                chosen.append(_part(segment, piece))
    return sorted(_cut(chosen), key=lambda s: float(s.time[0]))


def _shown(time: Floats, by: Floats, longest_gap_days: float) -> NDArray[np.bool_]:
    """Tell which times lie at or between samples that are close to each other."""
    before = np.searchsorted(by, time, side="right") - 1
    after = np.searchsorted(by, time, side="left")
    inside = (before >= 0) & (after < by.size)
    return inside & (by[np.minimum(after, by.size - 1)] - by[np.maximum(before, 0)] <= longest_gap_days)


def _cut(chosen: Sequence[Segment]) -> Iterator[Segment]:
    """Cut segments where others lie in their gaps."""
    for segment in chosen:
        starts = np.sort([other.time[0] for other in chosen if other is not segment])
        piece = np.searchsorted(starts, segment.time)
        for number in np.unique(piece):
            part = piece == number
            if np.count_nonzero(part) >= FEWEST_SAMPLES:
                yield _part(segment, part)


def _part(segment: Segment, samples: NDArray[np.bool_]) -> Segment:
    if samples.all():
        return segment
    return replace(
        segment,
        time=segment.time[samples],
        flux=segment.flux[samples],
        flux_err=segment.flux_err[samples],
    )
