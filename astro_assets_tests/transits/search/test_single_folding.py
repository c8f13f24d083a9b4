"""The compiled search of one star beside plain NumPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.transits.search.levels import trial_periods
from astro_assets.transits.search.single_folding import (
    MAXIMA,
    deepest_box,
    running_sum,
    search_level,
)


def _noise(seed, size):
    return np.random.default_rng(seed).normal(size=size).astype(np.float32)


@settings(deadline=None, max_examples=60)
@given(base=st.integers(20, 700), width=st.integers(1, 7), seed=st.integers(0, 1000))
def test_the_deepest_box_is_that_of_a_plain_scan(base, width, seed):
    rng = np.random.default_rng(seed)
    fold, share = _noise(seed, base), rng.uniform(0, 2 / base, base).astype(np.float32)
    share[rng.random(base) < 0.2] = 0
    share /= share.sum()
    sums, weights = np.zeros(base + 9, np.float32), np.zeros(base + 9, np.float32)
    running_sum(np.concatenate([fold, fold[:8]]), base + 8, sums)
    running_sum(np.concatenate([share, share[:8]]), base + 8, weights)
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
    running_sum(-np.abs(np.concatenate([fold, fold[:8]])), 48, sums)
    running_sum(np.concatenate([share, share[:8]]), 48, weights)
    assert deepest_box(sums, weights, 40, 6, 0.03, np.empty(MAXIMA, np.float32)) < 1e4


def test_empty_bins_and_a_flat_curve_are_no_dips():
    zeros = np.zeros(100, np.float32)
    assert deepest_box(zeros, zeros, 50, 4, 0.01, np.empty(MAXIMA, np.float32)) == 0


@pytest.mark.parametrize("base", [20, 40, 400])
def test_a_level_finds_a_dip_at_its_period(base):
    n_bins = 8000
    residual = np.zeros(n_bins + 2 * (base + 20) + 54, np.float32)
    weight = residual.copy()
    weight[:n_bins] = 1 / n_bins
    period = base + 7.6
    phase = np.arange(n_bins) % period
    dimmed = np.where(phase < 5, -1.0, 0.0)
    residual[:n_bins] = (dimmed - dimmed.mean()) / np.sqrt(n_bins)
    periods = trial_periods(n_bins, (base, base + 20), 1)
    power, width = np.zeros(periods.size), np.zeros(periods.size, np.int64)
    widths = np.array([4, 5, 6])
    count = search_level(
        residual, weight, n_bins, (base, base + 20), widths, np.ones(3), 0.25, 1, power, width
    )
    best = int(np.argmax(power))
    assert periods[best] == pytest.approx(period, abs=1.2 * base / n_bins)
    assert width[best] == 5
    # 5 of 47.3 bins are in the dip: all of its weight, but for what half a bin of drift costs.
    assert power[best] == pytest.approx(np.sqrt(n_bins * 5 / period * (1 - 5 / period)), rel=0.12)
    rows = -(-n_bins // np.arange(base, base + 20))
    assert count == np.sum(rows - 1)
    assert periods[0] == base
    assert (np.diff(periods) > -1.1 / base).all(), (
        "the last of a base is past the first of the next by a hair"
    )
