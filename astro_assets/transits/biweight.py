"""The slow trend of light curves: Tukey's biweight in a sliding window, many curves at once.

Curves are put on uniform grids, 16 of one window a vector, and the trend is carried back to their samples.
The loops are in `biweight_lanes` and `biweight_loops`, imported where they are used: the code location must
load without compiling. Stitching and clipping are in `detrend`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.transits.noise import Floats

_LANES: Final = 16
#: Bins of a window; fewer where the cadence is longer than such a bin.
_BINS_A_WINDOW: Final = 108
#: Values so many median absolute deviations from the middle do not count, as in wotan (Hippke et al. 2019).
_TUNING: Final = 5.0


@dataclass(frozen=True, slots=True)
class Stretch:
    """A light curve without gaps that matter.

    Parameters
    ----------
    time, flux
        Days, increasing; relative flux near 1; shape (n,).
    cadence_days
        Length of one sample.
    """

    time: Floats
    flux: Floats
    cadence_days: float


@dataclass(frozen=True, slots=True)
class _Grid:
    """Means of the flux, less 1, in bins of time, and how many samples they are of."""

    step: float
    value: Floats
    count: Floats


def biweight_trends(stretches: Sequence[Stretch], window_days: float) -> list[Floats]:
    """Find the trend of each curve by Tukey's biweight in a sliding window.

    The method of wotan (Hippke et al. 2019, AJ 158, 143) on bins of a hundredth of the window, in single
    precision. At the ends the window is cut.

    Parameters
    ----------
    stretches
        A curve's trend does not depend on the others.
    window_days
        Length of the window.

    Returns
    -------
    list of ndarray of float64, shape (n,)
        At the times of the samples.
    """
    grids = [_gridded(one, max(window_days / _BINS_A_WINDOW, one.cadence_days)) for one in stretches]
    alike: dict[int, list[int]] = defaultdict(list)
    for number, grid in enumerate(grids):
        alike[max(1, round(window_days / grid.step / 2))].append(number)
    trends: dict[int, Floats] = {}
    for half, numbers in alike.items():
        # Curves of about one length share a vector.
        by_length = sorted(numbers, key=lambda number: grids[number].value.size)
        for first in range(0, len(by_length), _LANES):
            some = by_length[first : first + _LANES]
            for number, values in zip(some, _filtered([grids[n] for n in some], half), strict=True):
                trends[number] = _at_samples(stretches[number], grids[number], values)
    return [trends[number] for number in range(len(stretches))]


def _gridded(curve: Stretch, step: float) -> _Grid:
    from astro_assets.transits.biweight_loops import fill_means

    n_bins = int((curve.time[-1] - curve.time[0]) / step) + 1
    value, count = np.empty(n_bins), np.empty(n_bins)
    fill_means(curve.time, curve.flux, step, value, count)
    return _Grid(step, value, count)


def _filtered(grids: Sequence[_Grid], half: int) -> list[Floats]:
    """Filter up to 16 grids together."""
    from astro_assets.transits import biweight_lanes

    n_bins = max(grid.value.size for grid in grids)
    values, weights = np.zeros((n_bins, _LANES), np.float32), np.zeros((n_bins, _LANES), np.float32)
    for lane, grid in enumerate(grids):
        values[: grid.value.size, lane] = grid.value
        weights[: grid.value.size, lane] = grid.count
    out = np.zeros_like(values)
    biweight_lanes.biweight_trends(values.reshape(-1), weights.reshape(-1), half, _TUNING, out.reshape(-1))
    return [1 + out[: grid.value.size, lane].astype(np.float64) for lane, grid in enumerate(grids)]


def _at_samples(curve: Stretch, grid: _Grid, values: Floats) -> Floats:
    from astro_assets.transits.biweight_loops import fill_between

    trend = np.empty(curve.time.size)
    fill_between(curve.time, grid.step, values, trend)
    return trend
