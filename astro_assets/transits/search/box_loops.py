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

    Returns
    -------
    ratio, period, middle, duration : float
        As of :func:`best_box`.
    """
    period, epoch, duration = box
    drift = 2 * half_width / period * (time[-1] - time[0]) / duration
    each_side = int(np.ceil(drift / _DRIFT / 2))
    periods = period + half_width * np.arange(-each_side, each_side + 1) / max(each_side, 1)
    durations = np.minimum(np.maximum(duration * _DURATION_FACTORS, limits[0]), limits[1])
    # Phase begins half a period before a transit: boxes that cross its beginning are a little off.
    start = time[0] - (0.5 * period - (epoch - time[0])) % period
    return best_box(time, flux, weight, periods, durations, durations[0] / _PHASE_OVERSAMPLING, start)


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
    widths, widest = np.empty(durations.size, np.int64), 1
    for n in range(durations.size):
        widths[n] = max(1, round(durations[n] / step))
        widest = max(widest, int(widths[n]))
    room = int(np.ceil(periods.max() / step)) + widest + 1
    since, dips, weights = time - start, np.empty(room), np.empty(room)
    highest, period, middle, duration = 0.0, np.nan, np.nan, np.nan
    for trial in periods:
        n_bins = int(np.ceil(trial / step))
        _fold(since, dip, weight, trial, step, dips[: n_bins + 1], weights[: n_bins + 1])
        _close(dips, n_bins, widest)
        _close(weights, n_bins, widest)
        for n in range(widths.size):
            width = widths[n]
            if n > 0 and width == widths[n - 1]:
                continue
            squared, first = _deepest(dips, weights, n_bins, int(width), total, _BETTER * highest)
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
    _fold(time - time[0], dip, weight, period, period / n_bins, dips[: n_bins + 1], weights[: n_bins + 1])
    _close(dips, n_bins, width)
    _close(weights, n_bins, width)
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
def _fold(
    since: Floats, dip: Floats, weight: Floats, period: float, step: float, dips: Floats, weights: Floats
) -> None:
    """Sum dips and weights in bins of phase; those of bin ``n`` go to place ``n + 1``."""
    dips[:] = 0.0
    weights[:] = 0.0
    cycles_a_day, bins_a_day = 1.0 / period, 1.0 / step
    for n in range(since.size):
        phase = since[n] - period * np.floor(since[n] * cycles_a_day)
        # Rounding may put a sample just before or behind the circle.
        place = min(max(int(phase * bins_a_day), 0) + 1, dips.size - 1)
        dips[place] += dip[n]
        weights[place] += weight[n]


@compiled
def _close(sums: Floats, n_bins: int, width: int) -> None:
    """Turn sums of bins into sums from the beginning, and go on over the end of the circle."""
    for n in range(n_bins):
        sums[n + 1] += sums[n]
    for n in range(1, width + 1):
        sums[n_bins + n] = sums[n_bins] + sums[n]


@compiled
def _deepest(dips: Floats, weights: Floats, n_bins: int, width: int, total: float, highest: float) -> Any:
    """Return the highest square of a ratio over the total weight, and the first bin of its box.

    The bin is -1 where none is above ``highest``.
    """
    first = -1
    ends, weights_at_ends = dips[width : width + n_bins], weights[width : width + n_bins]
    if _is_any_deeper(dips[:n_bins], ends, weights[:n_bins], weights_at_ends, total, highest):
        for n in range(n_bins):
            dip, inside = ends[n] - dips[n], weights_at_ends[n] - weights[n]
            outside = total - inside
            if dip > 0.0 and dip * dip > highest * inside * outside and min(inside, outside) > _EMPTY * total:
                highest, first = _BETTER * dip * dip / (inside * outside), n
    return highest / _BETTER, first


@compiled
def _is_any_deeper(
    dips: Floats, ends: Floats, weights: Floats, weights_at_ends: Floats, total: float, highest: float
) -> bool:
    """Tell whether any box is better than ``highest``: counted in vectors, far faster than to find it."""
    count = 0
    for n in range(ends.size):
        dip, inside = ends[n] - dips[n], weights_at_ends[n] - weights[n]
        count += (dip > 0.0) & (dip * dip > highest * inside * (total - inside)) & (inside > _EMPTY * total)
    return count > 0
