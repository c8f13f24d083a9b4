"""Medians of 16 series at once beside those of NumPy."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from astro_assets.transits.lanes import load, store
from astro_assets.transits.median_lanes import median, median_distance


@njit
def _medians(values, weights, begin, end, centres, out):
    store(out, 0, median(values, weights, begin, end))
    store(out, 16, median_distance(values, weights, begin, end, load(centres, 0)))


@settings(deadline=None, max_examples=60)
@given(n=st.integers(1, 60), seed=st.integers(0, 10_000), scale=st.floats(1e-6, 1e3))
def test_half_of_the_weight_is_on_either_side(n, seed, scale):
    rng = np.random.default_rng(seed)
    values = (scale * rng.normal(size=(n, 16))).astype(np.float32)
    weights = rng.integers(0, 4, (n, 16)).astype(np.float32)
    weights[0] = 1
    centres, out = (scale * rng.normal(size=16)).astype(np.float32), np.zeros(32, np.float32)
    _medians(values.reshape(-1), weights.reshape(-1), 0, n, centres, out)
    for lane in range(16):
        for found, numbers in (
            (out[lane], values[:, lane]),
            (out[16 + lane], np.abs(values[:, lane] - centres[lane])),
        ):
            weight = weights[:, lane]
            error = 4e-6 * np.ptp(numbers[weight > 0]) + 1e-6 * np.abs(numbers).max()
            assert weight[numbers < found - error].sum() <= weight.sum() / 2
            assert weight[numbers > found + error].sum() <= weight.sum() / 2


def test_only_the_window_counts():
    rng = np.random.default_rng(0)
    values, out = rng.normal(size=(51, 16)).astype(np.float32), np.zeros(32, np.float32)
    _medians(values.reshape(-1), np.ones(51 * 16, np.float32), 20, 41, np.zeros(16, np.float32), out)
    np.testing.assert_allclose(out[:16], np.median(values[20:41], axis=0), atol=1e-5)
    np.testing.assert_allclose(out[16:], np.median(np.abs(values[20:41]), axis=0), atol=1e-5)
