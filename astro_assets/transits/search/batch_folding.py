"""Compiled kernels of the survey search for 16 stars at once: fold uniform grids, scan the folds for boxes.

Weights are either one grid that all stars share, or each star's own; a star's result is the same to the bit
either way. Only loops live here.
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
    load_each,
    load_sum,
    maximum,
    multiply,
    raise_maxima,
    splat,
    store,
    where_above,
)
from astro_assets.transits.search.folding import (
    BLOCK,
    DIRECT_ROWS,
    Singles,
    first_of,
    fold_groups,
    stretches,
)

#: Bins of the widest box.
_WIDEST: Final = 6


@compiled
def _scan(source: Any, offsets: Any, part: tuple[int, int, int], scales: Any, maxima: Any) -> Any:
    """Sum stretches bin by bin, and keep the highest ratio of each width: the last ones of 2, 3, 4, 5, 6."""
    begin, end, length = part
    zero = splat(np.float32(0.0))
    # The bins before, and the sums of each with the one before it: in registers, boxes are sums of these.
    bin1 = bin2 = bin3 = bin4 = pair1 = pair2 = pair3 = pair4 = zero
    for n in range(max(begin - _WIDEST + 1, 0), begin):
        bin0 = load_sum(source, n * LANES, offsets)
        bin1, bin2, bin3, bin4, pair1, pair2, pair3, pair4 = (
            bin0, bin1, bin2, bin3, add(bin0, bin1), pair1, pair2, pair3
        )  # fmt: skip
    for n in range(begin, end):
        bin0 = load_sum(source, n * LANES, offsets)
        pair0 = add(bin0, bin1)
        four = add(pair0, pair2)
        boxes = pair0, add(pair0, bin2), four, add(four, bin4), add(four, pair4)
        maxima = raise_maxima(maxima, boxes, scales, n, length)
        bin1, bin2, bin3, bin4 = bin0, bin1, bin2, bin3
        pair1, pair2, pair3, pair4 = pair0, pair1, pair2, pair3
    return maxima


@compiled
def _scan_sum(
    source: Any, places: Any, count: int, part: tuple[int, int, int], scales: Any, maxima: Any
) -> Any:
    """Scan the sum of ``count`` stretches: a loop for each of these counts."""
    if count == 2:
        return _scan(source, first_of(places, 2), part, scales, maxima)
    if count == 3:
        return _scan(source, first_of(places, 3), part, scales, maxima)
    if count == 4:
        return _scan(source, first_of(places, 4), part, scales, maxima)
    if count == 5:
        return _scan(source, first_of(places, 5), part, scales, maxima)
    if count == 6:
        return _scan(source, first_of(places, 6), part, scales, maxima)
    if count == 7:
        return _scan(source, first_of(places, 7), part, scales, maxima)
    if count == 8:
        return _scan(source, first_of(places, 8), part, scales, maxima)
    if count == 9:
        return _scan(source, first_of(places, 9), part, scales, maxima)
    if count == 10:
        return _scan(source, first_of(places, 10), part, scales, maxima)
    if count == 11:
        return _scan(source, first_of(places, 11), part, scales, maxima)
    if count == 12:
        return _scan(source, first_of(places, 12), part, scales, maxima)
    if count == 13:
        return _scan(source, first_of(places, 13), part, scales, maxima)
    if count == 14:
        return _scan(source, first_of(places, 14), part, scales, maxima)
    if count == 15:
        return _scan(source, first_of(places, 15), part, scales, maxima)
    return _scan(source, first_of(places, DIRECT_ROWS), part, scales, maxima)


@compiled
def _keep(maxima: Any, factors: Any, durations: Any, found: Any, at: int) -> None:
    """Divide each width's maximum by its noise, and keep the highest in a cell of the spectrum."""
    best, duration = load(found, at), load(found, at + LANES)
    for k, ratio in enumerate(maxima):
        new = multiply(ratio, load(factors, k * LANES))
        duration = where_above(new, best, splat(durations[k]), duration)
        best = maximum(new, best)
    store(found, at, best)
    store(found, at + LANES, duration)


@compiled
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

    A base period of ``p`` whole bins and the ``M`` rows that the data have at it make ``M - 1`` trial
    periods, from ``p`` to ``p + 1`` bins: from one to the next, the last row moves by one bin.

    Parameters
    ----------
    residuals
        Shape (vectors, bins, 16), with zeros behind the ``n_bins`` bins of the data: twice the longest base
        and the widest box.
    n_bins
        Bins of the data.
    every
        Of the trial periods only each ``every``-th is scanned.
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
    wider, n_widths = max(widths), len(widths)
    most = (-(-n_bins // bases[0]) - 1) // every + 1
    room = tables, scratch, np.zeros(DIRECT_ROWS, np.int64), np.zeros(most * n_widths * LANES, np.float32)
    for vector in range(residuals.shape[0]):
        grid, spectrum = residuals[vector].reshape(-1), found[vector].reshape(-1)
        noise = factors[vector].reshape(-1)
        before, number, at = counted, 0, 0
        for base in range(bases[0], bases[1]):
            rows = -(-n_bins // base)
            first = every - 1 - before % every
            n_trials = _search_base(grid, rows, base, (first, every), widths, scales[at:], room)
            highest = room[3]
            for trial in range(n_trials):
                maxima = load_each(highest, trial * n_widths * LANES, widths)
                _keep(maxima, noise, durations, spectrum, 2 * cells[number] * LANES)
                number += 1
            at += n_trials * n_widths * (base + wider)
            before += rows - 1


@compiled
def _search_base(
    grid: Singles, rows: int, base: int, shifts: tuple[int, int], widths: Any, scales: Any, room: Any
) -> int:
    """Find the highest ratio of each width at the trials of one base; return how many these are."""
    tables, scratch, places, highest = room
    n_widths, length = len(widths), base + max(widths)
    is_grouped = rows > DIRECT_ROWS
    if is_grouped:
        fold_groups(grid, rows, base, max(widths), LANES, places, tables, scratch)
    source = tables if is_grouped else grid
    highest[:] = 0
    trial = 0
    # So many bins of all rows stay in the second-level cache from one trial to the next.
    for begin in range(0, length, BLOCK):
        trial = 0
        for shift in range(shifts[0], rows - 1, shifts[1]):
            count = stretches(rows, base, max(widths), shift, LANES, places)
            part = scales[trial * n_widths * length : (trial + 1) * n_widths * length]
            at = trial * n_widths * LANES
            maxima = load_each(highest, at, widths)
            bins = begin, min(begin + BLOCK, length), length
            maxima = _scan_sum(source, places, count, bins, part, maxima)
            for k, maximum_of_width in enumerate(maxima):
                store(highest, at + k * LANES, maximum_of_width)
            trial += 1
    return trial
