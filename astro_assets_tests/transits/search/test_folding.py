"""The compiled loops beside plain NumPy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.transits.search.folding import (
    BEYOND,
    DIRECT_ROWS,
    add_stretches,
    row_shift,
    stretches,
    table_size,
)
from astro_assets.transits.search.group_folding import fold_groups


def _noise(seed, size):
    return np.random.default_rng(seed).normal(size=size).astype(np.float32)


@given(rows=st.integers(2, 60), data=st.data())
def test_rows_shift_evenly_from_nothing_to_the_last(rows, data):
    last = data.draw(st.integers(0, 100))
    shifts = [row_shift(row, last, rows) for row in range(rows)]
    assert shifts[0] == 0
    assert shifts[-1] == last
    np.testing.assert_allclose(shifts, np.arange(rows) * last / (rows - 1), atol=0.5 + 1e-9)


def folds(grid, rows, base, wider, lanes=1):
    """All folds of some rows, shape (rows, base + wider, lanes)."""
    size = table_size(rows * base, (base, base + 1), wider) * lanes
    tables, scratch = np.zeros(size, np.float32), np.zeros(size, np.float32)
    places = np.zeros(DIRECT_ROWS, np.int64)
    is_grouped = rows > DIRECT_ROWS
    if is_grouped:
        fold_groups(grid, rows, base, wider, lanes, tables, scratch)
    out = np.zeros((rows, (base + wider) * lanes + BEYOND), np.float32)
    for shift in range(rows):
        count = stretches(rows, base, wider, shift, lanes, places)
        source = tables if is_grouped else grid
        add_stretches(source, places, count, 1, (0, (base + wider) * lanes), out[shift], 0, 0)
    return out[:, : (base + wider) * lanes].reshape(rows, base + wider, lanes)


def _grid(values, base):
    """Put zeros behind, as much as is read."""
    return np.concatenate([values, np.zeros(2 * base + DIRECT_ROWS + 20 + BEYOND, np.float32)])


@settings(deadline=None, max_examples=60)
@given(
    rows=st.one_of(st.integers(DIRECT_ROWS + 1, 90), st.integers(500, 600)),
    base=st.integers(20, 90),
    wider=st.integers(0, 6),
)
def test_folds_of_many_rows_are_circles_of_rows_shifted_nearly_evenly(rows, base, wider):
    # Marks in the middle of single rows show which shifts these get: rows of a group of up to 8 are read in a
    # line, not in a circle, so that a mark near the end could be seen twice or not at all.
    for row in {0, 1, rows // 3, rows // 2, rows - 2, rows - 1}:
        mark = np.zeros(rows * base, np.float32)
        mark[row * base + base // 2] = 1
        found = folds(_grid(mark, base), rows, base, wider)[..., 0]
        np.testing.assert_array_equal(found[:, base:], found[:, :wider])
        np.testing.assert_array_equal(found[:, :base].sum(axis=1), 1)
        shift = base // 2 - found[:, :base].argmax(axis=1)
        ideal = np.arange(rows) * row / (rows - 1)
        off = (shift - ideal + base / 2) % base - base / 2
        # Each step of the algorithm rounds once; there is one more for each factor of 8 rows.
        assert np.abs(off).max() <= 0.5 * (1 + np.ceil(np.log(rows) / np.log(8))) + 1e-9


@settings(deadline=None, max_examples=30)
@given(rows=st.integers(DIRECT_ROWS + 1, 700), base=st.integers(7, 60), seed=st.integers(0, 1000))
def test_without_a_shift_a_fold_of_many_rows_is_their_sum(rows, base, seed):
    values = np.round(100 * _noise(seed, rows * base))
    found = folds(_grid(values, base), rows, base, 0)[..., 0]
    np.testing.assert_array_equal(found[0], values.reshape(rows, base).sum(axis=0))


@settings(deadline=None, max_examples=20)
@given(rows=st.integers(2, 200), base=st.integers(7, 60), lane=st.integers(0, 15))
def test_stars_folded_together_are_those_folded_alone(rows, base, lane):
    stars = _noise(rows, (rows * base + 2 * base + DIRECT_ROWS + 60) * 16).reshape(-1, 16)
    stars[rows * base :] = 0
    together = folds(stars.reshape(-1).copy(), rows, base, 6, 16)[..., lane]
    alone = folds(stars[:, lane].copy(), rows, base, 6)[..., 0]
    assert together.tobytes() == alone.tobytes()


@settings(deadline=None, max_examples=60)
@given(rows=st.integers(2, DIRECT_ROWS), base=st.integers(7, 3000), wider=st.integers(0, 8), data=st.data())
def test_folds_of_few_rows_are_sums_of_shifted_rows(rows, base, wider, data):
    shift = data.draw(st.integers(0, rows - 1))
    grid = _grid(_noise(base, rows * base - 2), base)
    starts = [row * base + row_shift(row, shift, rows) for row in range(rows)]
    expected = sum(grid[start : start + base + wider].astype(np.float64) for start in starts)
    np.testing.assert_allclose(folds(grid, rows, base, wider)[shift, :, 0], expected, atol=1e-5)
