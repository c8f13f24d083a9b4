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
    numbers,
    raise_maxima,
    splat,
    store,
    where_above,
)
from astro_assets.transits.search.folding import (
    DIRECT_ROWS,
    Singles,
    block_size,
    first_of,
    stretches,
)
from astro_assets.transits.search.group_folding import fold_groups

#: Bins of the widest box.
_WIDEST: Final = 6


@compiled
def _scan(
    source: Any,
    places: Any,
    like: Any,
    trials: int,
    part: tuple[int, int, int],
    widths: Any,
    scales: Any,
    highest: Any,
) -> None:
    """Sum stretches bin by bin, and keep the highest ratio of each width: the last ones of 2, 3, 4, 5, 6."""
    begin, end, length = part
    zero = splat(np.float32(0.0))
    for trial in range(trials):
        offsets = numbers(places, trial * DIRECT_ROWS, like)
        at, at_scale = trial * len(widths) * LANES, trial * len(widths) * length
        maxima = load_each(highest, at, widths)
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
            maxima = raise_maxima(maxima, boxes, scales, at_scale + n, length)
            bin1, bin2, bin3, bin4 = bin0, bin1, bin2, bin3
            pair1, pair2, pair3, pair4 = pair0, pair1, pair2, pair3
        for k, maximum_of_width in enumerate(maxima):
            store(highest, at + k * LANES, maximum_of_width)


@compiled
def _scan_sums(
    source: Any,
    places: Any,
    count: int,
    trials: int,
    part: tuple[int, int, int],
    widths: Any,
    scales: Any,
    highest: Any,
) -> None:
    """Scan the sums of ``count`` stretches of each trial: a loop for each of these counts."""
    if count == 2:
        _scan(source, places, first_of(places, 2), trials, part, widths, scales, highest)
    elif count == 3:
        _scan(source, places, first_of(places, 3), trials, part, widths, scales, highest)
    elif count == 4:
        _scan(source, places, first_of(places, 4), trials, part, widths, scales, highest)
    elif count == 5:
        _scan(source, places, first_of(places, 5), trials, part, widths, scales, highest)
    elif count == 6:
        _scan(source, places, first_of(places, 6), trials, part, widths, scales, highest)
    elif count == 7:
        _scan(source, places, first_of(places, 7), trials, part, widths, scales, highest)
    elif count == 8:
        _scan(source, places, first_of(places, 8), trials, part, widths, scales, highest)
    elif count == 9:
        _scan(source, places, first_of(places, 9), trials, part, widths, scales, highest)
    elif count == 10:
        _scan(source, places, first_of(places, 10), trials, part, widths, scales, highest)
    elif count == 11:
        _scan(source, places, first_of(places, 11), trials, part, widths, scales, highest)
    elif count == 12:
        _scan(source, places, first_of(places, 12), trials, part, widths, scales, highest)
    elif count == 13:
        _scan(source, places, first_of(places, 13), trials, part, widths, scales, highest)
    elif count == 14:
        _scan(source, places, first_of(places, 14), trials, part, widths, scales, highest)
    elif count == 15:
        _scan(source, places, first_of(places, 15), trials, part, widths, scales, highest)
    else:
        _scan(source, places, first_of(places, DIRECT_ROWS), trials, part, widths, scales, highest)


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
    places = np.zeros(most * DIRECT_ROWS, np.int64)
    room = tables, scratch, places, np.zeros(most * n_widths * LANES, np.float32)
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
    length, is_grouped = base + max(widths), rows > DIRECT_ROWS
    if is_grouped:
        fold_groups(grid, rows, base, max(widths), LANES, tables, scratch)
    trials = count = 0
    for shift in range(shifts[0], rows - 1, shifts[1]):
        count = stretches(rows, base, max(widths), shift, LANES, places[trials * DIRECT_ROWS :])
        trials += 1
    highest[:] = 0
    if trials > 0:
        source, block = tables if is_grouped else grid, block_size(count)
        for begin in range(0, length, block):
            part = begin, min(begin + block, length), length
            _scan_sums(source, places, count, trials, part, widths, scales, highest)
    return trials
