"""Compiled kernel of the exact search: astropy's box least squares of 16 stars observed at the same times.

Only loops live here; what goes in and comes out is in ``exact``.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit
from numpy.typing import NDArray

from astro_assets.transits.lanes import (
    LANES,
    add,
    load,
    maximum,
    multiply,
    splat,
    store,
    subtract,
    where_above,
)

Singles = NDArray[np.float32]
Doubles = NDArray[np.float64]
#: Least share of the weight, in units of one over all of it, as in astropy.
_LEAST: Final = np.finfo(np.float64).eps


@njit(cache=True, nogil=True)
def _place_samples(time: Doubles, period: float, bin_width: float, places: NDArray[np.int64]) -> None:
    for i in range(time.size):
        phase = time[i] - period * np.floor(time[i] / period)
        places[i] = int(phase / bin_width) + 1


@njit(cache=True, nogil=True)
def _sum_bins(values: Singles, places: NDArray[np.int64], n_bins: int, out: Singles) -> None:
    """Sum the samples of each bin; those that follow each other in one bin are summed in a register."""
    zero = splat(np.float32(0.0))
    for n in range(n_bins + 1):
        store(out, n * LANES, zero)
    i = 0
    while i < places.size:
        place, total = places[i], zero
        while i < places.size and places[i] == place:
            total = add(total, load(values, i * LANES))
            i += 1
        store(out, place * LANES, add(total, load(out, place * LANES)))


@njit(cache=True, nogil=True)
def _close(out: Singles, n_bins: int, oversample: int) -> None:
    """Repeat the first bins behind the last, as astropy does, and sum up to each bin."""
    for n in range(1, oversample + 1):
        store(out, (n_bins - oversample + n - 1) * LANES, load(out, n * LANES))
    total = load(out, 0)
    for n in range(1, n_bins + 1):
        total = add(total, load(out, n * LANES))
        store(out, n * LANES, total)


@njit(cache=True, nogil=True)
def _summed_weights(
    weights: Doubles, places: NDArray[np.int64], n_bins: int, oversample: int, sums: Doubles
) -> None:
    """Do the same to the weights, which all stars share."""
    sums[: n_bins + 1] = 0.0
    for i in range(places.size):
        sums[places[i]] += weights[i]
    for n in range(1, oversample + 1):
        sums[n_bins - oversample + n - 1] = sums[n]
    for n in range(1, n_bins + 1):
        sums[n] += sums[n - 1]


@njit(cache=True, nogil=True)
def _set_scales(
    sums: Doubles,
    width: int,
    n_places: int,
    least: float,
    is_likelihood: bool,
    scales: Singles,
) -> None:
    """Find what dips are multiplied by: to be ratios, or to be roots of the log-likelihood; 0 where empty."""
    for n in range(n_places):
        inside = sums[n + width] - sums[n]
        outside = 1.0 - inside
        scale = 0.0
        if inside >= least and outside >= least:
            scale = 1 / (np.sqrt(2 * inside) * outside) if is_likelihood else 1 / np.sqrt(inside * outside)
        scales[n] = scale


@njit(cache=True, nogil=True)
def exact_block(
    time: Doubles,
    residuals: Singles,
    weights: Doubles,
    total_weight: float,
    periods: Doubles,
    widths: NDArray[np.int64],
    bin_width: float,
    oversample: int,
    is_likelihood: bool,
    dips: Any,
    shares: Any,
    best_width: Any,
    best_place: Any,
) -> None:
    """Search some vectors of stars on a list of periods.

    Parameters
    ----------
    time
        Days from the first sample, shape (n,).
    residuals
        Weighted residuals, (n, 16) numbers for each vector, one vector after the other.
    weights, total_weight
        Of the samples, of sum 1, shape (n,), and their sum as inverse variances.
    periods, widths
        Days; durations in bins.
    bin_width, oversample
        Days; bins of the shortest duration.
    is_likelihood
        Whether the log-likelihood is maximised, else the ratio.
    dips, shares, best_width, best_place
        Where the best boxes are written: sums of residuals below the mean, shares of the weight, position in
        ``widths``, first bin. Shape (vectors, periods, 16); the dip is 0 where there is none.
    """
    longest = int(np.ceil(periods.max() / bin_width)) + oversample + 1
    n_vectors = dips.shape[0]
    size = time.size * LANES
    places, sums = np.zeros(time.size, np.int64), np.zeros(longest)
    scales, bins = np.zeros((widths.size, longest), np.float32), np.zeros(longest * LANES, np.float32)
    codes, values = np.zeros(LANES, np.float32), np.zeros(LANES, np.float32)
    zero, least = splat(np.float32(0.0)), _LEAST / total_weight
    for p in range(periods.size):
        n_bins = int(np.ceil(periods[p] / bin_width)) + oversample
        _place_samples(time, periods[p], bin_width, places)
        _summed_weights(weights, places, n_bins, oversample, sums)
        for k in range(widths.size):
            _set_scales(sums, widths[k], n_bins - widths[k] + 1, least, is_likelihood, scales[k])
        for vector in range(n_vectors):
            _sum_bins(residuals[vector * size : (vector + 1) * size], places, n_bins, bins)
            _close(bins, n_bins, oversample)
            best, code = zero, zero
            for k in range(widths.size):
                width, of_width = widths[k], scales[k]
                for n in range(n_bins - width + 1):
                    dip = subtract(load(bins, n * LANES), load(bins, (n + width) * LANES))
                    value = multiply(dip, splat(of_width[n]))
                    code = where_above(value, best, splat(np.float32(k * longest + n)), code)
                    best = maximum(value, best)
            store(codes, 0, code)
            store(values, 0, best)
            for lane in range(LANES):
                k, n = divmod(int(codes[lane]), longest)
                first, last = n * LANES + lane, (n + widths[k]) * LANES + lane
                dips[vector, p, lane] = bins[first] - bins[last] if values[lane] > 0 else 0.0
                shares[vector, p, lane] = sums[n + widths[k]] - sums[n]
                best_width[vector, p, lane], best_place[vector, p, lane] = k, n
