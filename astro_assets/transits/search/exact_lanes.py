"""Compiled kernel of the exact search: astropy's box least squares of 16 stars observed at the same times.

Only loops live here; what goes in and comes out is in ``exact``.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled
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
Places = NDArray[np.int64]
#: Least share of the weight, in units of one over all of it, as in astropy.
_LEAST: Final = np.finfo(np.float64).eps
#: Samples that are summed at once.
_PIECE: Final = 3
#: Samples that stay in the nearest cache while they are folded at so many periods.
_BLOCK: Final = 256
_TOGETHER: Final = 8


@compiled
def _place_samples(time: Doubles, period: float, bin_width: float, places: Places) -> None:
    for i in range(time.size):
        phase = time[i] - period * np.floor(time[i] / period)
        places[i] = int(phase / bin_width) + 1


@compiled
def _cut(places: Places, rows: Places, bins: Places, starts: Places) -> None:
    """Cut the samples into pieces of up to 3 that follow each other in one bin.

    So samples are summed without a branch for each, which no processor could foresee.

    Parameters
    ----------
    places
        Bin of each sample, shape (n,).
    rows, bins
        Room for the samples of each piece, shape (3 n,), a sample of zeros behind the last where it has less
        than 3, and for its bin, shape (n,).
    starts
        Room for the first piece of each :data:`_BLOCK` samples, and one more than the last of all.
    """
    n_pieces, filled = -1, _PIECE
    for i in range(places.size):
        is_new_block = i % _BLOCK == 0
        if is_new_block:
            starts[i // _BLOCK] = n_pieces + 1
        if filled == _PIECE or is_new_block or places[i] != bins[n_pieces]:
            n_pieces, filled = n_pieces + 1, 0
            bins[n_pieces] = places[i]
            for k in range(_PIECE):
                rows[_PIECE * n_pieces + k] = places.size
        rows[_PIECE * n_pieces + filled] = i
        filled += 1
    starts[-1] = n_pieces + 1


@compiled
def _sum_pieces(values: Singles, rows: Places, bins: Places, first: int, end: int, out: Singles) -> None:
    """Add some pieces to their bins."""
    for piece in range(first, end):
        one, two, three = rows[3 * piece], rows[3 * piece + 1], rows[3 * piece + 2]
        total = add(load(values, one * LANES), load(values, two * LANES))
        total = add(total, load(values, three * LANES))
        place = bins[piece] * LANES
        store(out, place, add(total, load(out, place)))


@compiled
def _close(out: Singles, n_bins: int, oversample: int) -> None:
    """Repeat the first bins behind the last, as astropy does, and sum up to each bin."""
    for n in range(1, oversample + 1):
        store(out, (n_bins - oversample + n - 1) * LANES, load(out, n * LANES))
    total = load(out, 0)
    for n in range(1, n_bins + 1):
        total = add(total, load(out, n * LANES))
        store(out, n * LANES, total)


@compiled
def _summed_weights(weights: Doubles, places: Places, n_bins: int, oversample: int, sums: Doubles) -> None:
    """Do the same to the weights, which all stars share."""
    sums[: n_bins + 1] = 0.0
    for i in range(places.size):
        sums[places[i]] += weights[i]
    for n in range(1, oversample + 1):
        sums[n_bins - oversample + n - 1] = sums[n]
    for n in range(1, n_bins + 1):
        sums[n] += sums[n - 1]


@compiled
def _set_scales(
    sums: Doubles, widths: Places, n_bins: int, least: float, is_likelihood: bool, scales: Singles
) -> None:
    """Find what dips are multiplied by: to be ratios, or to be roots of the log-likelihood; 0 where empty."""
    for k in range(widths.size):
        for n in range(n_bins - widths[k] + 1):
            inside = sums[n + widths[k]] - sums[n]
            outside = 1.0 - inside
            scale = 0.0
            if inside >= least and outside >= least:
                scale = (
                    1 / (np.sqrt(2 * inside) * outside) if is_likelihood else 1 / np.sqrt(inside * outside)
                )
            scales[k, n] = scale


@compiled
def exact_block(
    time: Doubles,
    residuals: Singles,
    weights: Doubles,
    total_weight: float,
    periods: Doubles,
    widths: Places,
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
        Weighted residuals, a sample of zeros behind the last, shape (vectors, n + 1, 16).
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
    n_blocks = -(-time.size // _BLOCK)
    rows = np.zeros((_TOGETHER, _PIECE * time.size), np.int64)
    places, bins = np.zeros(time.size, np.int64), np.zeros((_TOGETHER, time.size), np.int64)
    starts = np.zeros((_TOGETHER, n_blocks + 1), np.int64)
    sums, folds = np.zeros((_TOGETHER, longest)), np.zeros((_TOGETHER, longest * LANES), np.float32)
    scales = np.zeros((_TOGETHER, widths.size, longest), np.float32)
    for p in range(0, periods.size, _TOGETHER):
        some = periods[p : p + _TOGETHER]
        n_bins = np.ceil(some / bin_width).astype(np.int64) + oversample
        for k in range(some.size):
            _place_samples(time, some[k], bin_width, places)
            _cut(places, rows[k], bins[k], starts[k])
            _summed_weights(weights, places, n_bins[k], oversample, sums[k])
            _set_scales(sums[k], widths, n_bins[k], _LEAST / total_weight, is_likelihood, scales[k])
        for vector in range(dips.shape[0]):
            values = residuals[vector].reshape(-1)
            for k in range(some.size):
                folds[k, : (n_bins[k] + 1) * LANES] = 0
            # A block of samples is read from memory once for all of these periods.
            for block in range(n_blocks):
                for k in range(some.size):
                    _sum_pieces(values, rows[k], bins[k], starts[k, block], starts[k, block + 1], folds[k])
            for k in range(some.size):
                _close(folds[k], n_bins[k], oversample)
                _best_boxes(
                    folds[k], sums[k], n_bins[k], widths, scales[k], dips[vector, p + k],
                    shares[vector, p + k], best_width[vector, p + k], best_place[vector, p + k],
                )  # fmt: skip


@compiled
def _best_boxes(
    fold: Singles,
    sums: Doubles,
    n_bins: int,
    widths: Places,
    scales: Singles,
    dips: Doubles,
    shares: Doubles,
    best_width: Places,
    best_place: Places,
) -> None:
    """Find the best box of each lane in a fold."""
    longest = scales.shape[1]
    best = code = splat(np.float32(0.0))
    for k in range(widths.size):
        width, of_width = widths[k], scales[k]
        for n in range(n_bins - width + 1):
            dip = subtract(load(fold, n * LANES), load(fold, (n + width) * LANES))
            value = multiply(dip, splat(of_width[n]))
            code = where_above(value, best, splat(np.float32(k * longest + n)), code)
            best = maximum(value, best)
    codes, values = np.zeros(LANES, np.float32), np.zeros(LANES, np.float32)
    store(codes, 0, code)
    store(values, 0, best)
    for lane in range(LANES):
        k, n = divmod(int(codes[lane]), longest)
        first, last = n * LANES + lane, (n + widths[k]) * LANES + lane
        dips[lane] = fold[first] - fold[last] if values[lane] > 0 else 0.0
        shares[lane] = sums[n + widths[k]] - sums[n]
        best_width[lane], best_place[lane] = k, n
