"""From a target's segments to one curve without stellar and instrumental variability.

Trend removal and clipping live here; which segments are used is decided in `stitching`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.transits.biweight import Stretch, biweight_trends
from astro_assets.transits.noise import Floats, median, point_scatter
from astro_assets.transits.stitching import FEWEST_SAMPLES, Segment, stitching_order


class DetrendingSettings(BaseModel):
    """Settings of stitching and trend removal."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    longest_duration_hours: float = Field(
        9.0, ge=1, le=100, description="Longest transit to keep: that of the longest period searched, hours."
    )
    window_durations: float = Field(
        3.0, ge=2, le=20, description="Window of the biweight filter, in longest durations."
    )
    break_tolerance_days: float = Field(
        0.5, ge=0.05, le=10, description="Gaps longer than this split the curve for the filter, days."
    )
    edge_cutoff_days: float = Field(
        0.2, ge=0, le=2, description="Cut off on both sides of such gaps, where the trend is uncertain, days."
    )
    clip_sigma: float = Field(
        4.0, ge=2.5, le=100, description="Samples this far above the trend are removed, in robust scatters."
    )


@dataclass(frozen=True, slots=True)
class DetrendedCurve:
    """A stitched curve without variability; all arrays of one shape (n,).

    Parameters
    ----------
    time, flux, flux_err, trend
        BTJD; flux with the trend divided out; white noise; the trend relative to the segment's median.
    segment
        Position of each sample's segment in ``segments``.
    segments
        Numbers of the segments used, in order of time.
    cadence_s
        Median length of one sample.
    scatter
        Noise of one sample, from differences of neighbours.
    n_clipped, n_edge
        Samples removed as too bright, and at edges.
    """

    time: Floats
    flux: Floats
    flux_err: Floats
    trend: Floats
    segment: NDArray[np.int32]
    segments: tuple[int, ...]
    cadence_s: float
    scatter: float
    n_clipped: int
    n_edge: int


def detrend(segments: Sequence[Segment], settings: DetrendingSettings) -> DetrendedCurve:
    """Stitch a target's segments and remove variability: :func:`detrend_stars` for one target."""
    return detrend_stars([segments], settings)[0]


def detrend_stars(stars: Sequence[Sequence[Segment]], settings: DetrendingSettings) -> list[DetrendedCurve]:
    """Stitch the segments of targets and remove variability, each segment on its own.

    Only samples that are too bright are clipped: the dark ones may be transits.

    Parameters
    ----------
    stars
        All curves of each target, in any order. What becomes of a target does not depend on the others.
    settings
        Window, breaks, edges and clipping.

    Returns
    -------
    list of DetrendedCurve
        Of each target, in order of time.

    Raises
    ------
    ValueError
        If a target has no segment with samples that can be used.
    """
    normalised = [
        [
            replace(segment, flux=segment.flux / middle)
            for segment in stitching_order(segments)
            if (middle := median(segment.flux)) > 0
        ]
        for segments in stars
    ]
    trends = iter(trends_of([segment for segments in normalised for segment in segments], settings))
    return [
        _joined([_flattened(segment, next(trends), settings) for segment in segments])
        for segments in normalised
    ]


def trends_of(segments: Sequence[Segment], settings: DetrendingSettings) -> list[Floats]:
    """Find the trend of each segment, NaN at the edges of gaps where it is uncertain.

    Parameters
    ----------
    segments
        Their flux near 1.
    settings
        Window, breaks and edges.

    Returns
    -------
    list of ndarray of float64, shape (n,)
        At the times of the samples.
    """
    places: list[tuple[int, slice]] = []
    stretches: list[Stretch] = []
    for number, segment in enumerate(segments):
        breaks = np.flatnonzero(np.diff(segment.time) > settings.break_tolerance_days) + 1
        for first, last in pairwise([0, *breaks.tolist(), segment.time.size]):
            part = slice(first, last)
            if segment.time[last - 1] - segment.time[first] > 2 * settings.edge_cutoff_days:
                places.append((number, part))
                stretches.append(Stretch(segment.time[part], segment.flux[part], segment.cadence_s / 86400))
    window = settings.window_durations * settings.longest_duration_hours / 24
    trends = [np.full(segment.time.size, np.nan) for segment in segments]
    for (number, part), stretch, trend in zip(
        places, stretches, biweight_trends(stretches, window), strict=True
    ):
        inner = (stretch.time - stretch.time[0] >= settings.edge_cutoff_days) & (
            stretch.time[-1] - stretch.time >= settings.edge_cutoff_days
        )
        trends[number][part] = np.where(inner, trend, np.nan)
    return trends


@dataclass(frozen=True, slots=True)
class _Flattened:
    """A segment with its trend divided out: time, flux, errors and trend, shape (4, n), and their noise."""

    segment: Segment
    samples: Floats
    scatter: float
    n_clipped: int
    n_edge: int


def _flattened(segment: Segment, trend: Floats, settings: DetrendingSettings) -> _Flattened | None:
    """Divide a trend out and clip; None where too little is left."""
    # Compiling takes a while; the code location must load without it.
    from astro_assets.transits.detrend_loops import flattened

    samples = np.stack([segment.time, segment.flux, segment.flux_err, trend])
    n_inner, n_kept, scatter = flattened(samples, settings.clip_sigma)
    if n_kept < FEWEST_SAMPLES:
        return None
    return _Flattened(segment, samples[:, :n_kept], scatter, n_inner - n_kept, trend.size - n_inner)


def _joined(flattened: Sequence[_Flattened | None]) -> DetrendedCurve:
    parts = [part for part in flattened if part is not None]
    if not parts:
        raise ValueError("no segment has enough samples to detrend")
    sizes = [part.samples.shape[1] for part in parts]
    is_one = len(parts) == 1
    samples = parts[0].samples if is_one else np.concatenate([part.samples for part in parts], axis=1)
    time, flux, flux_err, trend = samples
    cadences = [part.segment.cadence_s for part in parts]
    return DetrendedCurve(
        time=time,
        flux=flux,
        flux_err=flux_err,
        trend=trend,
        segment=np.repeat(np.arange(len(parts), dtype=np.int32), sizes),
        segments=tuple(part.segment.number for part in parts),
        cadence_s=cadences[0] if is_one else median(np.repeat(cadences, sizes)),
        scatter=parts[0].scatter if is_one else point_scatter(flux),
        n_clipped=sum(part.n_clipped for part in parts),
        n_edge=sum(part.n_edge for part in parts),
    )
