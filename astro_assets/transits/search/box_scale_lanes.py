"""Compiled: what the sums of boxes are multiplied by to be signal-to-noise ratios of dips.

Only loops over weights live here. They are of one grid that all stars share, or of each star's own.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled, compiled_with
from astro_assets.transits.lanes import (
    LANES,
    add,
    divide,
    load,
    multiply,
    splat,
    square_root,
    store,
    subtract,
    where_above,
)
from astro_assets.transits.search.folding import (
    BEYOND,
    DIRECT_ROWS,
    add_stretches,
    stretches,
)
from astro_assets.transits.search.group_folding import fold_groups

Singles = NDArray[np.float32]
Widths = NDArray[np.int64]


# Without NumPy's rule for division the loop would have to stop at the first zero.
@compiled_with(error_model="numpy")
def _shared_scales(
    fold: Singles, base: int, widths: Widths, least: Singles, sums: Singles, out: Singles
) -> None:
    """Find the scales of weights that all stars share."""
    one, total = np.float32(1.0), np.float32(0.0)
    count, length = widths.size, base + widths[-1]
    sums[0] = total
    for n in range(length):
        total += fold[n]
        sums[n + 1] = total
    for k in range(count):
        width, low = widths[k], least[k]
        scales = out[k * length : (k + 1) * length]
        scales[: width - 1] = 0
        scales[base + width - 1 :] = 0
        before, behind, inner = sums[:base], sums[width : width + base], scales[width - 1 :]
        for start in range(base):
            inside = behind[start] - before[start]
            outside = one - inside
            filled = (inside > low) & (outside > low)
            scale = -one / np.sqrt(inside * outside if filled else one)
            inner[start] = scale if filled else np.float32(0.0)


@compiled
def _own_scales(
    fold: Singles, base: int, widths: Widths, least: Singles, sums: Singles, out: Singles
) -> None:
    """Find the scales of each star's own weights: 16 numbers in place of one."""
    one, zero = splat(np.float32(1.0)), splat(np.float32(0.0))
    total = zero
    count, length = widths.size, base + widths[-1]
    store(sums, 0, total)
    for n in range(length):
        total = add(total, load(fold, n * LANES))
        store(sums, (n + 1) * LANES, total)
    for k in range(count):
        for n in range(length):
            start = n + 1 - widths[k]
            scale = zero
            if 0 <= start < base:
                inside = subtract(load(sums, (n + 1) * LANES), load(sums, start * LANES))
                outside = subtract(one, inside)
                bound = splat(least[k])
                scale = divide(subtract(zero, one), square_root(multiply(inside, outside)))
                scale = where_above(inside, bound, where_above(outside, bound, scale, zero), zero)
            store(out, (k * length + n) * LANES, scale)


@compiled
def set_scales(fold: Singles, base: int, widths: Widths, least: Singles, sums: Singles, out: Any) -> None:
    """Find what the sums of boxes are multiplied by to be signal-to-noise ratios: -1 / sqrt(U (1 - U)).

    Parameters
    ----------
    fold
        Folded weights, one number or 16 a bin, ``base`` bins and the widest box.
    base
        Bins of the fold.
    widths, least
        Boxes, bins; those with less weight than this, inside or outside, get 0: they are not looked at.
    sums
        Room for running sums, at least ``base + widest + 1``.
    out
        A scale for each last bin of a box, width after width, shape (widths * (base + widest),), or with 16
        stars' own weights (widths * (base + widest), 16).
    """
    if out.ndim == 1:
        _shared_scales(fold, base, widths, least, sums, out)
    else:
        _own_scales(fold, base, widths, least, sums, out.reshape(-1))


@compiled
def set_scales_of_group(
    weights: Any,
    n_bins: int,
    bases: tuple[int, int],
    counted: int,
    every: int,
    widths: Widths,
    least_filled: float,
    tables: Singles,
    scratch: Singles,
    scales: Any,
) -> None:
    """Set the scales of all scanned trials of some bases, one trial after the other.

    Parameters
    ----------
    weights
        One grid, shape (bins,), or the grids of 16 stars, shape (bins, 16).
    least_filled
        Boxes with less than this part of their mean weight are not looked at.
    n_bins, bases, counted, every, widths, tables, scratch
        As in :func:`astro_assets.transits.search.batch_folding.search_group`.
    scales
        Where they are written: those of :func:`set_scales`, trial after trial.
    """
    lanes = 1 if weights.ndim == 1 else LANES
    flat = weights.reshape(-1)
    wider = widths[-1]
    places = np.zeros(DIRECT_ROWS, np.int64)
    fold = np.zeros((bases[1] + wider) * lanes + BEYOND, np.float32)
    sums, least = np.zeros((bases[1] + wider + 1) * lanes, np.float32), np.zeros(widths.size, np.float32)
    place = 0
    for base in range(bases[0], bases[1]):
        rows, length = -(-n_bins // base), base + wider
        for k in range(widths.size):
            least[k] = least_filled * widths[k] / base
        is_grouped = rows > DIRECT_ROWS
        if is_grouped:
            fold_groups(flat, rows, base, wider, lanes, tables, scratch)
        for shift in range(every - 1 - counted % every, rows - 1, every):
            count = stretches(rows, base, wider, shift, lanes, places)
            add_stretches(tables if is_grouped else flat, places, count, 1, (0, length * lanes), fold, 0, 0)
            set_scales(fold, base, widths, least, sums, scales[place : place + widths.size * length])
            place += widths.size * length
        counted += rows - 1
