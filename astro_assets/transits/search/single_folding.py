"""Compiled kernels of the survey search for one star: vectors along phase.

The same sums in the same order as those of 16 stars in ``batch_folding``: results are the same to the bit.
Only loops live here.
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
)
from astro_assets.transits.search.folding import (
    BEYOND,
    DIRECT_ROWS,
    Singles,
    add_stretches,
    stretches,
)
from astro_assets.transits.search.group_folding import fold_groups

#: Boxes are the last ones of so many widths.
_WIDTHS: Final = 5


@compiled
def _raise_maxima(fold: Singles, n: int, scales: Singles, length: int, n_widths: int, maxima: Any) -> Any:
    """Raise the maxima of each width to the ratios of the boxes that end in bins ``n`` to ``n + 15``."""
    two, three, four, five, six = maxima
    at = n + LANES
    bin0, bin1, bin2 = load(fold, at), load(fold, at - 1), load(fold, at - 2)
    bin3, bin4, bin5 = load(fold, at - 3), load(fold, at - 4), load(fold, at - 5)
    pair = add(bin0, bin1)
    first = n
    if n_widths == _WIDTHS:
        two = maximum(multiply(pair, load(scales, n)), two)
        three = maximum(multiply(add(pair, bin2), load(scales, n + length)), three)
        first += 2 * length
    box = add(pair, add(bin2, bin3))
    four = maximum(multiply(box, load(scales, first)), four)
    five = maximum(multiply(add(box, bin4), load(scales, first + length)), five)
    six = maximum(multiply(add(box, add(bin4, bin5)), load(scales, first + 2 * length)), six)
    return two, three, four, five, six


@compiled
def _scan(fold: Singles, length: int, scales: Singles, n_widths: int, highest: Singles) -> None:
    """Find the highest ratio of each width in a fold, which begins behind 16 zeros."""
    zero = splat(np.float32(0.0))
    maxima = zero, zero, zero, zero, zero
    for n in range(0, length - LANES, LANES):
        maxima = _raise_maxima(fold, n, scales, length, n_widths, maxima)
    maxima = _raise_maxima(fold, length - LANES, scales, length, n_widths, maxima)
    for k, of_lanes in enumerate(maxima):
        store(highest, k * LANES, of_lanes)


@compiled
def search_group_of_one(
    residual: Singles,
    n_bins: int,
    bases: tuple[int, int],
    counted: int,
    every: int,
    widths: NDArray[np.int64],
    scales: Singles,
    durations: Singles,
    factors: Singles,
    cells: NDArray[np.int64],
    tables: Singles,
    scratch: Singles,
    found: Singles,
) -> None:
    """Search one level of the grid of a star at the trial periods of some bases.

    Parameters
    ----------
    residual
        With zeros behind the ``n_bins`` bins of the data: twice the longest base and the widest box. Shape
        (bins,).
    widths
        2, 3, 4, 5, 6 bins, or the last three of them.
    factors
        What the ratios are multiplied by, shape (widths,).
    found
        Spectrum, shape (cells, 2): the highest ratio and the duration of its box. Raised to what is found.
    n_bins, bases, counted, every, scales, durations, cells, tables, scratch
        As in :func:`astro_assets.transits.search.batch_folding.search_group`, with shared weights.
    """
    n_widths, wider = widths.size, widths[-1]
    places = np.zeros(DIRECT_ROWS, np.int64)
    fold = np.zeros(LANES + bases[1] + wider + BEYOND, np.float32)
    highest = np.zeros(_WIDTHS * LANES, np.float32)
    number = at = 0
    for base in range(bases[0], bases[1]):
        rows, length = -(-n_bins // base), base + wider
        is_grouped = rows > DIRECT_ROWS
        if is_grouped:
            fold_groups(residual, rows, base, wider, 1, tables, scratch)
        for shift in range(every - 1 - counted % every, rows - 1, every):
            count = stretches(rows, base, wider, shift, 1, places)
            add_stretches(tables if is_grouped else residual, places, count, 1, (0, length), fold, LANES, 0)
            _scan(fold, length, scales[at : at + n_widths * length], n_widths, highest)
            cell = cells[number]
            for k in range(n_widths):
                of_width = highest[(_WIDTHS - n_widths + k) * LANES : (_WIDTHS - n_widths + k + 1) * LANES]
                ratio = of_width.max() * factors[k]
                if ratio > found[cell, 0]:
                    found[cell, 0], found[cell, 1] = ratio, durations[k]
            number += 1
            at += n_widths * length
        counted += rows - 1
