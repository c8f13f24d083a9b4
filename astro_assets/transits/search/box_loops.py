"""Compiled box least squares over a few periods: folding one star's samples in phase, scanning for the dip.

Only loops over plain arrays live here; which periods and durations are tried is decided in `refinement`.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled

Floats = NDArray[np.float64]

#: Boxes with less than this part of all the weight are empty: what is left in them is rounding.
_EMPTY: Final = 1e-11
#: Boxes of the same samples differ by rounding only, at most by this part: the first is taken.
_BETTER: Final = 1 + 1e-10


#: Trial durations around a box's.
_DURATION_FACTORS: Final = np.array([0.7, 0.85, 1.0, 1.18, 1.4])
#: Trial periods are so close that transits drift over the baseline by this part of the duration.
_DRIFT: Final = 1 / 6
#: Boxes begin at this part of the shortest trial duration.
_PHASE_OVERSAMPLING: Final = 15


@compiled
def best_near(
    time: Floats,
    flux: Floats,
    weight: Floats,
    box: tuple[float, float, float],
    half_width: float,
    limits: tuple[float, float],
    is_anywhere: bool,  # noqa: FBT001  compiled loops are called by position
) -> Any:
    """Find the best box near another one.

    Parameters
    ----------
    time, flux, weight
        As of :func:`best_box`.
    box
        Period, epoch and duration, days.
    half_width
        Periods within this of the box's are tried, days.
    limits
        Shortest and longest duration, days.
    is_anywhere
        Whether boxes at all phases are tried, not only those within a duration of the box's own.

    Returns
    -------
    ratio, period, middle, duration : float
        As of :func:`best_box`.
    """
    period, epoch, duration = box
    drift = half_width / period * (time[-1] - time[0])
    each_side = int(np.ceil(drift / duration / _DRIFT))
    periods = period + half_width * np.arange(-each_side, each_side + 1) / max(each_side, 1)
    durations = np.minimum(np.maximum(duration * _DURATION_FACTORS, limits[0]), limits[1])
    reach = periods[-1] if is_anywhere else min(durations[-1] + duration + 2 * drift, periods[-1])
    # Phase begins so long before a transit: boxes that cross its beginning are a little off.
    start = time[0] - (0.5 * reach - (epoch - time[0])) % period
    step = durations[0] / _PHASE_OVERSAMPLING
    total, dip = _below_mean(flux, weight)
    since = time - start
    if reach + 2 * drift < periods[0]:
        since, dip, weight = _near_phases(since, dip, weight, period, -drift, reach + drift)
    return _best_of(since, dip, weight, total, periods, durations, step, start, reach)


@compiled
def best_box(
    time: Floats, flux: Floats, weight: Floats, periods: Floats, durations: Floats, step: float, start: float
) -> Any:
    """Find the box with the highest signal-to-noise ratio of its depth.

    Parameters
    ----------
    time, flux, weight
        Days; relative flux; inverse variances; shape (n,).
    periods, durations
        What is tried, days; durations increasing.
    step
        Boxes begin at multiples of this from the beginning of the phase, and are as long, days.
    start
        Where phase begins, days.

    Returns
    -------
    ratio, period, middle, duration : float
        Signal-to-noise ratio, 0 without any dip; the box's middle in the cycle that begins at ``start``.
    """
    total, dip = _below_mean(flux, weight)
    return _best_of(time - start, dip, weight, total, periods, durations, step, start, np.inf)


@compiled
def _near_phases(since: Floats, dip: Floats, weight: Floats, period: float, begin: float, end: float) -> Any:
    """Return the samples between two phases, days, the first below 0."""
    cycles_a_day, count = 1.0 / period, 0
    near = np.empty((3, since.size))
    for n in range(since.size):
        # Each sample is written, and written over unless it is near: that is faster than to choose.
        near[0, count], near[1, count], near[2, count] = since[n], dip[n], weight[n]
        phase = since[n] - begin
        count += phase - period * np.floor(phase * cycles_a_day) <= end - begin
    return near[0, :count], near[1, :count], near[2, :count]


@compiled
def _best_of(
    since: Floats,
    dip: Floats,
    weight: Floats,
    total: float,
    periods: Floats,
    durations: Floats,
    step: float,
    start: float,
    reach: float,
) -> Any:
    """Find the best box within ``reach`` from the beginning of the phase, or anywhere around the circle."""
    widths, widest = np.empty(durations.size, np.int64), 1
    for n in range(durations.size):
        widths[n] = max(1, round(durations[n] / step))
        widest = max(widest, int(widths[n]))
    room = int(np.ceil(periods.max() / step)) + widest + 2
    dips, weights, sums = np.empty(room), np.empty(room), np.empty((room, 2))
    highest, period, middle, duration = 0.0, np.nan, np.nan, np.nan
    for trial in periods:
        is_circle = reach >= trial
        n_bins = int(np.ceil(min(trial, reach) / step))
        _fold(since, dip, weight, trial, step, sums[: n_bins + 1])
        _close(sums[: n_bins + 1], is_circle, widest, dips, weights)
        for n in range(widths.size):
            width = widths[n]
            if n > 0 and width == widths[n - 1]:
                continue
            n_boxes = n_bins if is_circle else n_bins - width + 1
            squared, first = _deepest(dips, weights, n_boxes, int(width), total, _BETTER * highest)
            if first >= 0:
                highest, period, duration = squared, trial, width * step
                middle = start + (first + 0.5 * width) * step % trial
    return np.sqrt(total * highest), period, middle, duration


@compiled
def roughly_deepest(
    time: Floats, flux: Floats, weight: Floats, period: float, n_bins: int, width: int
) -> float:
    """Return the middle in phase, counted from the first sample, of the deepest box of ``width`` bins.

    Depths count in units of their white noise; the level outside is the mean of all samples.
    """
    total, dip = _below_mean(flux, weight)
    dips, weights = np.empty(n_bins + width + 1), np.empty(n_bins + width + 1)
    sums = np.empty((n_bins + 1, 2))
    _fold(time - time[0], dip, weight, period, period / n_bins, sums)
    _close(sums, True, width, dips, weights)
    highest, first = -np.inf, 0
    for n in range(n_bins):
        inside = weights[n + width] - weights[n]
        if inside > _EMPTY * total:
            ratio = (dips[n + width] - dips[n]) / np.sqrt(inside)
            if ratio > highest:
                highest, first = ratio, n
    return (first + 0.5 * width) / n_bins


@compiled
def _below_mean(flux: Floats, weight: Floats) -> Any:
    """Return the sum of the weights, and by how much each flux is below the mean, times its weight."""
    total, excess = 0.0, 0.0
    for n in range(flux.size):
        total += weight[n]
        excess += weight[n] * (flux[n] - 1.0)
    return total, weight * (1.0 + excess / total - flux)


@compiled
def _fold(since: Floats, dip: Floats, weight: Floats, period: float, step: float, sums: Floats) -> None:
    """Sum dips and weights in bins of phase, and what is behind them: shape (bins + 1, 2)."""
    cycles_a_day, bins_a_day, last = 1.0 / period, 1.0 / step, len(sums) - 1
    places = np.empty(since.size, np.int64)
    # Where samples go is worked out in vectors.
    for n in range(since.size):
        phase = since[n] - period * np.floor(since[n] * cycles_a_day)
        # Rounding may put a sample just before the first bin.
        places[n] = min(max(int(phase * bins_a_day), 0), last)
    sums[:] = 0.0
    for n in range(since.size):
        sums[places[n], 0] += dip[n]
        sums[places[n], 1] += weight[n]


@compiled
def _close(
    sums: Floats,
    is_circle: bool,  # noqa: FBT001  compiled loops are called by position
    width: int,
    dips: Floats,
    weights: Floats,
) -> None:
    """Turn sums of bins into sums of all before each, and go on over the end of a circle."""
    n_bins, dip, weight = len(sums) - 1, 0.0, 0.0
    if is_circle:  # rounding may put a sample just behind the last bin
        sums[n_bins - 1] += sums[n_bins]
    for n in range(n_bins):
        dips[n], weights[n] = dip, weight
        dip, weight = dip + sums[n, 0], weight + sums[n, 1]
    dips[n_bins], weights[n_bins] = dip, weight
    for n in range(1, width + 1 if is_circle else 0):
        dips[n_bins + n], weights[n_bins + n] = dip + dips[n], weight + weights[n]


@compiled
def _deepest(dips: Floats, weights: Floats, n_boxes: int, width: int, total: float, highest: float) -> Any:
    """Return the highest square of a ratio over the total weight, and the first bin of its box.

    The bin is -1 where none is above ``highest``.
    """
    first = -1
    ends, weights_at_ends = dips[width : width + n_boxes], weights[width : width + n_boxes]
    if _is_any_deeper(dips[:n_boxes], ends, weights[:n_boxes], weights_at_ends, total, highest):
        for n in range(n_boxes):
            dip, inside = ends[n] - dips[n], weights_at_ends[n] - weights[n]
            outside = total - inside
            if dip > 0.0 and dip * dip > highest * inside * outside and min(inside, outside) > _EMPTY * total:
                highest, first = _BETTER * dip * dip / (inside * outside), n
    return highest / _BETTER, first


@compiled
def _is_any_deeper(
    dips: Floats, ends: Floats, weights: Floats, weights_at_ends: Floats, total: float, highest: float
) -> bool:
    """Tell whether any box may be better than ``highest``: counted in vectors, far faster than to find it."""
    count = 0
    for n in range(ends.size):
        dip, inside = ends[n] - dips[n], weights_at_ends[n] - weights[n]
        count += dip * np.abs(dip) > highest * inside * (total - inside)
    return count > 0
