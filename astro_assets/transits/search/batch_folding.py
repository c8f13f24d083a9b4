"""Compiled kernels of the survey search for 16 stars at once: fold uniform grids, scan the folds for boxes.

Weights are either one grid that all stars share, or each star's own; a star's result is the same to the bit
either way. Only loops live here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from astro_assets.transits.lanes import (
    LANES,
    add,
    load,
    load_sum,
    maximum,
    multiply,
    raise_maxima,
    splat,
    store,
    where_above,
    zeros_for,
)
from astro_assets.transits.search.folding import (
    DIRECT_ROWS,
    Singles,
    first_of,
    fold_groups,
    stretches,
)


@njit(cache=True, nogil=True)
def _scan(source: Any, offsets: Any, length: int, scales: Any, maxima: Any) -> Any:
    """Sum stretches bin by bin, and keep the highest ratio of each width: the last ones of 2, 3, 4, 5, 6."""
    zero = splat(np.float32(0.0))
    # The bins before, and the sums of each with the one before it: in registers, boxes are sums of these.
    bin1 = bin2 = bin3 = bin4 = pair1 = pair2 = pair3 = pair4 = zero
    for n in range(length):
        bin0 = load_sum(source, n * LANES, offsets)
        pair0 = add(bin0, bin1)
        four = add(pair0, pair2)
        boxes = pair0, add(pair0, bin2), four, add(four, bin4), add(four, pair4)
        maxima = raise_maxima(maxima, boxes, scales, n, length)
        bin1, bin2, bin3, bin4 = bin0, bin1, bin2, bin3
        pair1, pair2, pair3, pair4 = pair0, pair1, pair2, pair3
    return maxima


@njit(cache=True, nogil=True)
def _scan_sum(source: Any, places: Any, count: int, length: int, scales: Any, maxima: Any) -> Any:
    """Scan the sum of ``count`` stretches: a loop for each of these counts."""
    if count == 2:
        return _scan(source, first_of(places, 2), length, scales, maxima)
    if count == 3:
        return _scan(source, first_of(places, 3), length, scales, maxima)
    if count == 4:
        return _scan(source, first_of(places, 4), length, scales, maxima)
    if count == 5:
        return _scan(source, first_of(places, 5), length, scales, maxima)
    if count == 6:
        return _scan(source, first_of(places, 6), length, scales, maxima)
    if count == 7:
        return _scan(source, first_of(places, 7), length, scales, maxima)
    if count == 8:
        return _scan(source, first_of(places, 8), length, scales, maxima)
    if count == 9:
        return _scan(source, first_of(places, 9), length, scales, maxima)
    if count == 10:
        return _scan(source, first_of(places, 10), length, scales, maxima)
    if count == 11:
        return _scan(source, first_of(places, 11), length, scales, maxima)
    if count == 12:
        return _scan(source, first_of(places, 12), length, scales, maxima)
    if count == 13:
        return _scan(source, first_of(places, 13), length, scales, maxima)
    if count == 14:
        return _scan(source, first_of(places, 14), length, scales, maxima)
    if count == 15:
        return _scan(source, first_of(places, 15), length, scales, maxima)
    return _scan(source, first_of(places, DIRECT_ROWS), length, scales, maxima)


@njit(cache=True, nogil=True)
def _keep(maxima: Any, factors: Any, durations: Any, found: Any, at: int) -> None:
    """Divide each width's maximum by its noise, and keep the highest in a cell of the spectrum."""
    best, duration = load(found, at), load(found, at + LANES)
    for k, ratio in enumerate(maxima):
        new = multiply(ratio, load(factors, k * LANES))
        duration = where_above(new, best, splat(durations[k]), duration)
        best = maximum(new, best)
    store(found, at, best)
    store(found, at + LANES, duration)


@njit(cache=True, nogil=True)
def search_group(
    residuals: Singles,
    n_bins: int,
    bases: tuple[int, int],
    counted: int,
    every: int,
    widths: tuple[int, ...],
    scales: Any,
    durations: Singles,
    factors: Singles,
    cells: NDArray[np.int64],
    tables: Singles,
    scratch: Singles,
    found: Singles,
) -> None:
    """Search one level of the grids of some vectors of stars at the trial periods of some bases.

    The trials are those of :func:`astro_assets.transits.search.single_folding.search_level`.

    Parameters
    ----------
    residuals
        Shape (vectors, bins, 16), with zeros behind the ``n_bins`` bins of the data: twice the longest base
        and the widest box.
    n_bins, every
        As there.
    bases, counted
        The first base and one more than the last; trials of the bases before.
    widths
        Boxes, bins: the last ones of 2, 3, 4, 5, 6.
    scales
        What the sums of boxes are multiplied by, of
        :func:`astro_assets.transits.search.box_scale_lanes.set_scales_of_group`.
    durations
        Names of the widths in the spectrum.
    factors
        What the ratios are multiplied by, shape (vectors, widths, 16).
    cells
        Cell of the spectrum of each trial that is scanned.
    tables, scratch
        Room for the folds of groups, 16 numbers for each bin of
        :func:`astro_assets.transits.search.folding.table_size`.
    found
        Spectra, shape (vectors, cells, 2, 16): the highest ratio and the duration of its box. Raised to what
        is found.
    """
    places = np.zeros(DIRECT_ROWS, np.int64)
    wider, n_widths = max(widths), len(widths)
    for vector in range(residuals.shape[0]):
        grid, spectrum = residuals[vector].reshape(-1), found[vector].reshape(-1)
        noise = factors[vector].reshape(-1)
        before, number, at = counted, 0, 0
        for base in range(bases[0], bases[1]):
            rows, length = -(-n_bins // base), base + wider
            is_grouped = rows > DIRECT_ROWS
            if is_grouped:
                fold_groups(grid, rows, base, wider, LANES, places, tables, scratch)
            source = tables if is_grouped else grid
            for shift in range(every - 1 - before % every, rows - 1, every):
                count = stretches(rows, base, wider, shift, LANES, places)
                part = scales[at : at + n_widths * length]
                maxima = _scan_sum(source, places, count, length, part, zeros_for(widths))
                _keep(maxima, noise, durations, spectrum, 2 * cells[number] * LANES)
                number += 1
                at += n_widths * length
            before += rows - 1
