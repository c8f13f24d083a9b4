"""Triton kernels of the survey search: fold grids, scan folds for boxes, for all stars and trials at once.

Only kernels live here. They add, multiply, divide and compare the same numbers in the same order as the loops
in ``batch_folding`` and ``box_scale_lanes``, so that results are the same to the bit; they must be compiled
without the fusion of multiplication and addition.

Stars lie next to each other in memory, bin after bin. What is summed is in one *arena*, see
``stretch_loops``; the slots of a sum are added in pairs, as ``load_sum`` of ``lanes`` does.
"""

from __future__ import annotations

import triton
import triton.language as tl

from astro_assets.transits.search.levels import LEAST_FILLED

#: Bins of the widest box, and the part of their mean weight below which boxes are not looked at.
_WIDEST = tl.constexpr(6)
_LEAST_FILLED = tl.constexpr(LEAST_FILLED)


@triton.jit
def _pointers(begin, slots, number, n_numbers, columns, SLOTS: tl.constexpr):
    """Return a tuple of pointers to the first number of each stretch of some sums."""
    pointers = ()
    for slot in tl.static_range(SLOTS):
        place = tl.load(slots + slot * n_numbers + number)
        pointers = pointers + (begin + place.to(tl.int64) * columns,)  # noqa: RUF005
    return pointers


@triton.jit
def _total(pointers, move, SLOTS: tl.constexpr):
    """Add the numbers at some distance behind pointers, pair after pair."""
    total = tl.load(pointers[0] + move) + tl.load(pointers[1] + move)
    for slot in tl.static_range(2, SLOTS, 2):
        total = total + (tl.load(pointers[slot] + move) + tl.load(pointers[slot + 1] + move))
    return total


@triton.jit
def _zeros(ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    return tl.zeros((ROWS, COLUMNS), tl.float32)


@triton.jit(do_not_specialize=["n_rows"])
def set_rows(
    arena,
    columns,
    arena_size,
    step,
    slots,
    rows,
    n_rows,
    SLOTS: tl.constexpr,
    ROWS: tl.constexpr,
    WIDTH: tl.constexpr,
    STEPS: tl.constexpr,
):
    """Fold groups of rows at one shift each, into rows of tables: circles that go on as far as they are read.

    A program makes ``STEPS`` times ``WIDTH`` numbers of ``ROWS`` rows. From one step to the next it moves by
    ``step``: by the stars of a bin, or, where there is one number a bin, by ``WIDTH``.
    """
    # The last one is made again where there are no more.
    row = tl.minimum(tl.program_id(0) * ROWS + tl.arange(0, ROWS), n_rows - 1)[:, None]
    begin = arena + tl.program_id(2) // tl.cdiv(step, WIDTH) * arena_size
    part = tl.program_id(2) % tl.cdiv(step, WIDTH)
    lane = (part * WIDTH + tl.arange(0, WIDTH))[None, :]
    pointers = _pointers(begin + lane, slots, row, n_rows, columns, SLOTS)
    out = begin + lane + tl.load(rows + row).to(tl.int64) * columns
    around = tl.load(rows + n_rows + row) * columns
    reach = tl.load(rows + 2 * n_rows + row) * columns
    for number in range(STEPS):
        move = (tl.program_id(1) * STEPS + number).to(tl.int64) * step
        total = _total(pointers, move, SLOTS)
        at = move + lane
        is_inside = at < around
        tl.store(out + move, total, is_inside)
        tl.store(out + move + around, total, is_inside & (at < reach))
        tl.store(out + move + 2 * around, total, is_inside & (at + around < reach))


@triton.jit(do_not_specialize=["n_trials", "n_sums"])
def set_sums(
    arena,
    arena_size,
    slots,
    tiles,
    n_trials,
    sums,
    n_sums,
    SLOTS: tl.constexpr,
    TRIALS: tl.constexpr,
    UNROLL: tl.constexpr,
    WIDTH: tl.constexpr,
):
    """Set the running sums of the folds of a coverage at ``WIDTH`` trials, bin after bin of each tile."""
    trial = tl.minimum(tl.program_id(0) * WIDTH + tl.arange(0, WIDTH), n_trials - 1)
    coverage = tl.program_id(1).to(tl.int64)
    pointers = _pointers(arena + coverage * arena_size, slots, trial, n_trials, 1, SLOTS)
    begin, end = tl.load(tiles + trial // TRIALS), tl.load(tiles + trial // TRIALS + 1)
    out = sums + coverage * n_sums + begin.to(tl.int64) * TRIALS + trial % TRIALS
    total = tl.zeros((WIDTH,), tl.float32)
    for first in range(0, tl.max(end - begin), UNROLL):
        for more in tl.static_range(UNROLL):
            n = first + more
            total = total + _total(pointers, n, SLOTS)
            tl.store(out + n * TRIALS, total, n < end - begin)


@triton.jit(do_not_specialize=["n_sums"])
def set_scales(
    sums, bases, tiles, n_sums, scales, N_WIDTHS: tl.constexpr, TRIALS: tl.constexpr, BINS: tl.constexpr
):
    """Set -1 / sqrt(U (1 - U)) of the boxes that end with each bin of a tile; 0 where none is looked at."""
    begin, end = tl.load(tiles + tl.program_id(0)), tl.load(tiles + tl.program_id(0) + 1)
    n = (tl.program_id(1) * BINS + tl.arange(0, BINS))[:, None]
    trial = tl.arange(0, TRIALS)[None, :]
    base = tl.load(bases + tl.program_id(0) * TRIALS + trial)
    is_bin = n < end - begin
    at = tl.program_id(2).to(tl.int64) * n_sums + begin.to(tl.int64) * TRIALS
    behind = sums + at + n * TRIALS + trial
    total = tl.load(behind, is_bin, 0.0)
    out = scales + at * N_WIDTHS + n * (N_WIDTHS * TRIALS) + trial
    for width in tl.static_range(_WIDEST - N_WIDTHS + 1, _WIDEST + 1):
        full = tl.full((1, TRIALS), _LEAST_FILLED * width, tl.float64)
        least = (full / base.to(tl.float64)).to(tl.float32)
        start = n + 1 - width
        inside = total - tl.load(behind - width * TRIALS, is_bin & (start > 0), 0.0)
        outside = 1.0 - inside
        is_filled = (inside > least) & (outside > least) & (start >= 0) & (start < base)
        root = tl.sqrt_rn(tl.where(is_filled, inside * outside, 1.0))
        scale = tl.div_rn(tl.full(root.shape, -1.0, tl.float32), root)
        tl.store(out, tl.where(is_filled, scale, 0.0), is_bin)
        out += TRIALS


@triton.jit(do_not_specialize=["n_trials", "n_real", "n_sums"])
def scan(
    arena,
    columns,
    slots,
    tiles,
    n_trials,
    n_real,
    scales,
    n_sums,
    coverages,
    factors,
    durations,
    best_out,
    duration_out,
    SLOTS: tl.constexpr,
    N_WIDTHS: tl.constexpr,
    TRIALS: tl.constexpr,
    UNROLL: tl.constexpr,
    STARS: tl.constexpr,
):
    """Find the highest ratio of each trial of a tile, with its noise, and its duration, of some stars."""
    trial = (tl.program_id(0) * TRIALS + tl.arange(0, TRIALS))[:, None]
    column = (tl.program_id(1) * STARS + tl.arange(0, STARS))[None, :]
    pointers = _pointers(arena + column, slots, trial, n_trials, columns, SLOTS)
    begin, end = tl.load(tiles + tl.program_id(0)), tl.load(tiles + tl.program_id(0) + 1)
    coverage = tl.load(coverages + tl.program_id(1)).to(tl.int64)
    scale = scales + (coverage * n_sums + begin.to(tl.int64) * TRIALS) * N_WIDTHS
    scale += tl.arange(0, TRIALS)[:, None]
    # The bins before, and the sums of each with the one before it: boxes are sums of these. Each begins with
    # a zero of its own: a variable to which a loop gives the very value it had is unchanged to Triton, and
    # one zero for all would be that after two of four moves.
    bin1, bin2 = _zeros(TRIALS, STARS), _zeros(TRIALS, STARS)
    bin3, bin4 = _zeros(TRIALS, STARS), _zeros(TRIALS, STARS)
    pair1, pair2 = _zeros(TRIALS, STARS), _zeros(TRIALS, STARS)
    pair3, pair4 = _zeros(TRIALS, STARS), _zeros(TRIALS, STARS)
    best2, best3, best4 = _zeros(TRIALS, STARS), _zeros(TRIALS, STARS), _zeros(TRIALS, STARS)
    best5, best6 = _zeros(TRIALS, STARS), _zeros(TRIALS, STARS)
    for first in range(0, end - begin, UNROLL):
        for more in tl.static_range(UNROLL):
            n = first + more
            bin0 = _total(pointers, n.to(tl.int64) * columns, SLOTS)
            pair0 = bin0 + bin1
            four = pair0 + pair2
            at = scale + n * (N_WIDTHS * TRIALS)
            if N_WIDTHS == 5:
                best2 = tl.maximum(best2, pair0 * tl.load(at))
                best3 = tl.maximum(best3, (pair0 + bin2) * tl.load(at + TRIALS))
                at += 2 * TRIALS
            best4 = tl.maximum(best4, four * tl.load(at))
            best5 = tl.maximum(best5, (four + bin4) * tl.load(at + TRIALS))
            best6 = tl.maximum(best6, (four + pair4) * tl.load(at + 2 * TRIALS))
            bin4, bin3, bin2, bin1 = bin3, bin2, bin1, bin0
            pair4, pair3, pair2, pair1 = pair3, pair2, pair1, pair0
    best, duration = _zeros(TRIALS, STARS), _zeros(TRIALS, STARS)
    for k in tl.static_range(N_WIDTHS):
        highest = (best2, best3, best4, best5, best6)[k + 5 - N_WIDTHS]
        ratio = highest * tl.load(factors + k * columns + column)
        duration = tl.where(ratio > best, tl.load(durations + k), duration)
        best = tl.maximum(ratio, best)
    out = trial.to(tl.int64) * columns + column
    tl.store(best_out + out, best, trial < n_real)
    tl.store(duration_out + out, duration, trial < n_real)


@triton.jit(do_not_specialize=["found_size"])
def raise_cells(best, duration, columns, cells, starts, order, found, found_size, STARS: tl.constexpr):
    """Raise cells of the spectra to the first of the highest of their trials."""
    column = tl.program_id(1) * STARS + tl.arange(0, STARS)
    cell = found + tl.load(cells + tl.program_id(0)).to(tl.int64) * columns + column
    highest, its_duration = tl.load(cell), tl.load(cell + found_size)
    for number in range(tl.load(starts + tl.program_id(0)), tl.load(starts + tl.program_id(0) + 1)):
        at = tl.load(order + number).to(tl.int64) * columns + column
        ratio = tl.load(best + at)
        its_duration = tl.where(ratio > highest, tl.load(duration + at), its_duration)
        highest = tl.maximum(ratio, highest)
    tl.store(cell, highest)
    tl.store(cell + found_size, its_duration)
