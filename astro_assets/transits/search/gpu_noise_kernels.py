"""Triton kernels of the noise of boxes: by how much it exceeds white noise, for all stars at once.

Only kernels live here. They are the loops of ``noise_lanes`` and ``median_lanes``, and their results are the
same to the bit: what is counted is whole numbers, whose sums have no order. Values that do not count are
infinite.
"""

from __future__ import annotations

import triton
import triton.language as tl

from astro_assets.transits.median_lanes import HALVINGS, LARGE
from astro_assets.transits.noise import MAD_TO_SIGMA
from astro_assets.transits.search.noise_lanes import FEWEST_BOXES, LEAST_FILLED

_MAD_TO_SIGMA = tl.constexpr(MAD_TO_SIGMA)
_LEAST_FILLED = tl.constexpr(LEAST_FILLED)
_FEWEST_BOXES = tl.constexpr(FEWEST_BOXES - 0.5)
_HALVINGS = tl.constexpr(HALVINGS)
_LARGE = tl.constexpr(LARGE)


@triton.jit
def _values(pointers, number, n_values, columns, centre, IS_DISTANCE: tl.constexpr):
    """Load some rows of values, or their distances from a centre."""
    value = tl.load(pointers + number.to(tl.int64) * columns, number < n_values, float("inf"))
    return tl.abs(value - centre) if IS_DISTANCE else value


@triton.jit
def _halfway(values, n_values, columns, centre, IS_DISTANCE: tl.constexpr, ROWS: tl.constexpr):
    """Return medians, shape (1, stars), by halving the range in which they must be."""
    number = tl.arange(0, ROWS)[:, None]
    pointers = values + tl.zeros((ROWS, 1), tl.int32)
    zero = tl.zeros(pointers.shape, tl.float32)
    highest, deepest, counted = zero - _LARGE, zero - _LARGE, zero
    for first in range(0, n_values, ROWS):
        value = _values(pointers, first + number, n_values, columns, centre, IS_DISTANCE)
        counts = value < float("inf")
        highest = tl.maximum(highest, tl.where(counts, value, -_LARGE))
        deepest = tl.maximum(deepest, tl.where(counts, -value, -_LARGE))
        counted += tl.where(counts, 1.0, 0.0)
    low, high = -tl.max(deepest, 0, keep_dims=True), tl.max(highest, 0, keep_dims=True)
    need = 0.5 * tl.sum(counted, 0, keep_dims=True)
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        counted = zero
        for first in range(0, n_values, ROWS):
            value = _values(pointers, first + number, n_values, columns, centre, IS_DISTANCE)
            counted += tl.where(value < middle, 1.0, 0.0)
        below = tl.sum(counted, 0, keep_dims=True)
        low = tl.where(need > below, middle, low)
        high = tl.where(need > below, high, middle)
    return 0.5 * (low + high)


@triton.jit(do_not_specialize=["n_values"])
def set_medians(values, n_values, columns, medians, ROWS: tl.constexpr, STARS: tl.constexpr):
    """Set the median of each star's values."""
    column = (tl.program_id(0) * STARS + tl.arange(0, STARS))[None, :]
    tl.store(medians + column, _halfway(values + column, n_values, columns, 0.0, False, ROWS))


@triton.jit(do_not_specialize=["n_boxes"])
def set_ratios(
    residuals,
    seen,
    columns,
    n_boxes,
    full,
    ratios,
    WIDTH: tl.constexpr,
    ROWS: tl.constexpr,
    STARS: tl.constexpr,
):
    """Set the signal-to-noise ratios of boxes that are half filled; neighbours share half of their bins."""
    number = (tl.program_id(0) * ROWS + tl.arange(0, ROWS))[:, None]
    column = (tl.program_id(1) * STARS + tl.arange(0, STARS))[None, :]
    is_box = number < n_boxes
    step: tl.constexpr = WIDTH // 2
    at = (number * step).to(tl.int64) * columns + column
    box = tl.zeros((ROWS, STARS), tl.float32)
    share = box
    for bin_ in tl.static_range(WIDTH):
        box += tl.load(residuals + at + bin_ * columns, is_box, 0.0)
        share += tl.load(seen + at + bin_ * columns, is_box, 0.0)
    is_filled = share > tl.load(full + column) * (_LEAST_FILLED * WIDTH)
    ratio = tl.div_rn(box, tl.sqrt_rn(tl.where(is_filled, share, 1.0)))
    out = ratios + number.to(tl.int64) * columns + column
    tl.store(out, tl.where(is_filled, ratio, float("inf")), is_box)


@triton.jit(do_not_specialize=["n_ratios"])
def set_factors(ratios, n_ratios, n_boxes, columns, factors, ROWS: tl.constexpr, STARS: tl.constexpr):
    """Set the inverse of the robust scatter of each box's ratios, at least 1; 1 with fewer than 10."""
    column = (tl.program_id(0) * STARS + tl.arange(0, STARS))[None, :]
    values = ratios + tl.program_id(1).to(tl.int64) * n_ratios * columns + column
    n_values = tl.load(n_boxes + tl.program_id(1))
    middle = _halfway(values, n_values, columns, 0.0, False, ROWS)
    scatter = _halfway(values, n_values, columns, middle, True, ROWS) * _MAD_TO_SIGMA
    number = tl.arange(0, ROWS)[:, None]
    counted = tl.zeros((ROWS, STARS), tl.float32)
    for first in range(0, n_values, ROWS):
        value = _values(values, first + number, n_values, columns, 0.0, False)
        counted += tl.where(value < float("inf"), 1.0, 0.0)
    is_noise = (tl.sum(counted, 0, keep_dims=True) > _FEWEST_BOXES) & (scatter > 1.0)
    noise = tl.where(is_noise, scatter, 1.0)
    factor = tl.div_rn(tl.full(noise.shape, 1.0, tl.float32), noise)
    tl.store(factors + tl.program_id(1) * columns + column, factor)
