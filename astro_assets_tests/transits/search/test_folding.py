"""The compiled loops beside plain NumPy."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.transits.search.folding import (
    DIRECT_ROWS,
    MAXIMA,
    deepest_box,
    direct_fold,
    fast_fold,
    row_shift,
    running_sum,
    search_level,
)


def _noise(seed, size):
    return np.random.default_rng(seed).normal(size=size).astype(np.float32)


@given(rows=st.integers(2, 60), data=st.data())
def test_rows_shift_evenly_from_nothing_to_the_last(rows, data):
    last = data.draw(st.integers(0, 100))
    shifts = [row_shift(row, last, rows) for row in range(rows)]
    assert shifts[0] == 0
    assert shifts[-1] == last
    np.testing.assert_allclose(shifts, np.arange(rows) * last / (rows - 1), atol=0.5 + 1e-9)


@settings(deadline=None, max_examples=60)
@given(rows=st.integers(1, 70), base=st.integers(3, 90), seed=st.integers(0, 1000))
def test_fast_folds_are_sums_of_rows_shifted_nearly_evenly(rows, base, seed):
    grid = _noise(seed, rows * base)
    out, scratch = np.zeros_like(grid), np.zeros_like(grid)
    fast_fold(grid, rows, base, 1, out, scratch)
    table = grid.reshape(rows, base).astype(np.float64)
    # Which shift each row gets, by folding ones instead of noise: a mark at bin 0 of one row at a time.
    shifts = np.zeros((rows, rows), int)
    for row in range(rows):
        mark = np.zeros(rows * base, np.float32)
        mark[row * base] = 1
        marked = np.zeros_like(mark)
        fast_fold(mark, rows, base, 1, marked, np.zeros_like(mark))
        shifts[:, row] = (-marked.reshape(rows, base).argmax(axis=1)) % base
    for total in range(rows):
        expected = sum(np.roll(table[row], -shifts[total, row]) for row in range(rows))
        np.testing.assert_allclose(out.reshape(rows, base)[total], expected, atol=1e-4)
        ideal = np.arange(rows) * total / max(rows - 1, 1)
        off = (shifts[total] - ideal + base / 2) % base - base / 2
        assert np.abs(off).max() <= 0.5 * np.log2(rows) + 0.51


@settings(deadline=None, max_examples=60)
@given(rows=st.integers(2, DIRECT_ROWS), base=st.integers(5, 3000), wider=st.integers(0, 8), data=st.data())
def test_direct_folds_are_sums_of_shifted_rows(rows, base, wider, data):
    shift = data.draw(st.integers(0, rows - 1))
    grid = np.zeros((rows + 3) * base + wider + rows, np.float32)
    grid[: rows * base - 2] = _noise(base, rows * base - 2)
    out = np.zeros(base + wider, np.float32)
    direct_fold(grid, rows, base, shift, base + wider, 1, out)
    starts = [row * base + row_shift(row, shift, rows) for row in range(rows)]
    expected = sum(grid[start : start + base + wider].astype(np.float64) for start in starts)
    np.testing.assert_allclose(out, expected, atol=1e-5)


@settings(deadline=None, max_examples=60)
@given(base=st.integers(20, 700), width=st.integers(1, 7), seed=st.integers(0, 1000))
def test_the_deepest_box_is_that_of_a_plain_scan(base, width, seed):
    rng = np.random.default_rng(seed)
    fold, share = _noise(seed, base), rng.uniform(0, 2 / base, base).astype(np.float32)
    share[rng.random(base) < 0.2] = 0
    share /= share.sum()
    sums, weights = np.zeros(base + 9, np.float32), np.zeros(base + 9, np.float32)
    running_sum(fold, 0, base, 0, 8, sums)
    running_sum(share, 0, base, 0, 8, weights)
    least = 0.25 * width / base
    found = deepest_box(sums, weights, base, width, least, np.empty(MAXIMA, np.float32))
    best = 0.0
    every = 0.0
    for start in range(base):
        where = np.arange(start, start + width) % base
        dip, part = -fold[where].sum(dtype=float), share[where].sum(dtype=float)
        if dip > 0:
            squared = dip**2 / (part * (1 - part)) if part > 0 else 0.0
            # Rounding decides about boxes that are nearly too empty.
            best = max(best, squared if part > least * (1 + 1e-3) else 0.0)
            every = max(every, squared if part > least * (1 - 1e-3) else 0.0)
    assert best * (1 - 1e-3) - 1e-5 <= found <= every * (1 + 1e-3) + 1e-5


def test_a_box_with_nearly_all_of_the_weight_has_nothing_to_be_compared_with():
    fold, share = _noise(1, 40), np.zeros(40, np.float32)
    share[3:7] = 0.25
    sums, weights = np.zeros(49, np.float32), np.zeros(49, np.float32)
    running_sum(-np.abs(fold), 0, 40, 0, 8, sums)
    running_sum(share, 0, 40, 0, 8, weights)
    assert deepest_box(sums, weights, 40, 6, 0.03, np.empty(MAXIMA, np.float32)) < 1e4


def test_empty_bins_and_a_flat_curve_are_no_dips():
    zeros = np.zeros(100, np.float32)
    assert deepest_box(zeros, zeros, 50, 4, 0.01, np.empty(MAXIMA, np.float32)) == 0


@pytest.mark.parametrize("base", [20, 40, 400])
def test_a_level_finds_a_dip_at_its_period(base):
    n_bins = 8000
    residual = np.zeros(n_bins + 2 * (base + 20) + 6, np.float32)
    weight = residual.copy()
    weight[:n_bins] = 1 / n_bins
    period = base + 7.6
    phase = np.arange(n_bins) % period
    dimmed = np.where(phase < 5, -1.0, 0.0)
    residual[:n_bins] = (dimmed - dimmed.mean()) / np.sqrt(n_bins)
    results = np.zeros(10_000), np.zeros(10_000), np.zeros(10_000, np.int64)
    widths = np.array([4, 5, 6])
    count = search_level(residual, weight, n_bins, (base, base + 20), widths, np.ones(3), 0.25, 1, *results)
    periods, power, width = (values[:count] for values in results)
    best = int(np.argmax(power))
    assert periods[best] == pytest.approx(period, abs=base / n_bins)
    assert width[best] == 5
    # 5 of 47.3 bins are in the dip: all of its weight, but for what half a bin of drift costs.
    assert power[best] == pytest.approx(np.sqrt(n_bins * 5 / period * (1 - 5 / period)), rel=0.12)
    rows = -(-n_bins // np.arange(base, base + 20))
    assert count == np.sum(rows - 1)
    assert periods[0] == base
    assert (np.diff(periods) > -1.1 / base).all(), (
        "the last of a base is past the first of the next by a hair"
    )


def test_compiled_code_from_the_cache_gives_the_same(tmp_path):
    program = (
        "import numpy as np\n"
        "from astro_assets.transits.search.folding import fast_fold\n"
        "grid = np.arange(77 * 30, dtype=np.float32) % 17\n"
        "out, scratch = np.zeros_like(grid), np.zeros_like(grid)\n"
        "fast_fold(grid, 77, 30, 1, out, scratch)\n"
        "print(out.tobytes().hex())\n"
    )
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    first, again = (
        subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, check=True, text=True
        ).stdout
        for _ in range(2)
    )
    assert first == again != ""
