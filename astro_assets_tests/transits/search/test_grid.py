"""Curves on a uniform grid: nothing is lost, and boxes have the signal-to-noise ratio of the samples."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.grid import binned_means, gridded
from astro_assets_tests.transits.synthetic import sector_times

CADENCE = 10 / 1440


def curve(seed=0, cadence=CADENCE):
    rng = np.random.default_rng(seed)
    # Not at the edges of bins, where rounding decides.
    time = sector_times(seed, cadence) + 0.3 * cadence
    return Curve(time, 1 + rng.normal(0, 1e-3, time.size), rng.uniform(8e-4, 1.2e-3, time.size), cadence)


@given(step=st.floats(CADENCE, 0.5))
def test_coverage_adds_up_to_one_and_residuals_to_nothing(step):
    grid = gridded(curve(), step)
    assert grid.coverage.sum() == pytest.approx(1.0)
    assert grid.residual.sum() == pytest.approx(0.0, abs=1e-9)


def test_a_box_has_the_ratio_of_its_samples():
    noisy = curve()
    # Equal errors, one sample a bin: what weights that are unlike the coverage cost is another test's.
    time, first_of_bin = np.unique((np.floor(noisy.time / CADENCE) + 0.5) * CADENCE, return_index=True)
    data = Curve(time, noisy.flux[first_of_bin], np.full(time.size, 1e-3), CADENCE)
    grid = gridded(data, CADENCE)
    first, last = 100, 104
    start = binned_means(data, CADENCE).start
    inside = (data.time >= start + first * grid.step) & (data.time < start + last * grid.step)
    weight = data.weight
    low, high = (np.average(data.flux[part], weights=weight[part]) for part in (inside, ~inside))
    ratio = (high - low) / np.sqrt(1 / weight[inside].sum() + 1 / weight[~inside].sum())
    dip, share = grid.residual[first:last].sum(), grid.coverage[first:last].sum()
    # The samples missing outside of the box count as observed.
    assert -dip / np.sqrt(share * (1 - share)) == pytest.approx(ratio, rel=2e-5)


def test_weights_unlike_the_coverage_cost_little_of_a_ratio():
    data = curve()
    dip = (data.time > 1326) & (data.time < 1326.3)
    data = Curve(data.time, data.flux - 0.01 * dip, data.flux_err, CADENCE)
    grid = gridded(data, CADENCE)
    start = binned_means(data, CADENCE).start
    place = np.unique(np.floor((data.time[dip] - start) / grid.step).astype(int))
    share = grid.coverage[place].sum()
    found = -grid.residual[place].sum() / np.sqrt(share * (1 - share))
    weight = data.weight
    low, high = (np.average(data.flux[part], weights=weight[part]) for part in (dip, ~dip))
    best = (high - low) / np.sqrt(1 / weight[dip].sum() + 1 / weight[~dip].sum())
    assert found == pytest.approx(best, rel=0.02)


def test_noise_has_the_variance_of_the_coverage_whatever_the_weights():
    noisy = curve()
    factors = np.random.default_rng(3).uniform(0.6, 1.7, noisy.time.size)
    errors = np.where(noisy.time < 1338, 1e-3, 2e-3) * factors
    squares = []
    for seed in range(200):
        flux = 1 + np.random.default_rng(seed).normal(0, errors)
        grid = gridded(Curve(noisy.time, flux, errors, CADENCE), 3 * CADENCE)
        squares.append(grid.residual**2)
    seen = grid.seen > 0
    np.testing.assert_allclose((np.mean(squares, axis=0)[seen] / grid.coverage[seen]).mean(), 1, rtol=0.02)


def test_stars_observed_together_have_the_same_coverage():
    time = sector_times(0, 2 / 1440)
    grids = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        kept = rng.random(time.size) > 0.05
        errors = 1e-3 * rng.uniform(0.5, 2) * rng.uniform(0.9, 1.1, time.size)
        grids.append(gridded(Curve(time, np.ones(time.size), errors, 2 / 1440).where(kept), 15 / 1440))
    # Now and then a star has nothing in the first bin or the last.
    assert Counter(grid.coverage.tobytes() for grid in grids).most_common(1)[0][1] >= 7


def test_coverage_has_the_long_gaps_and_the_large_steps_of_the_noise():
    time = np.arange(0, 60, CADENCE) + CADENCE / 2
    errors = np.where(time < 32, 1e-3, 2e-3)
    data = Curve(time, np.ones(time.size), errors, CADENCE)
    apart = gridded(data.where((np.abs(time - 10) > 0.1) & (np.abs(time - 50) > 1)), CADENCE)
    middle = binned_means(data, CADENCE).start + CADENCE * (np.arange(apart.coverage.size) + 0.5)
    near = np.abs(middle - 10) < 0.09
    assert (apart.coverage[near] == apart.coverage[middle < 9].max()).all()
    assert not apart.seen[near].any()
    assert not apart.coverage[np.abs(middle - 50) < 0.99].any()
    late = apart.coverage[(middle > 33) & (middle < 48)]
    np.testing.assert_allclose(late, apart.coverage[middle < 31].max() / 4)


def test_what_is_masked_is_still_covered():
    data = curve()
    masked = data.where(np.abs(data.time - data.time[0]) > 1.0)
    grid, whole = gridded(masked, CADENCE, data), gridded(data, CADENCE)
    assert grid.coverage.tobytes() == whole.coverage.tobytes()
    assert not grid.residual[whole.seen.cumsum() < 0.03].any()
    assert np.count_nonzero(grid.seen) < np.count_nonzero(whole.seen)


def test_samples_at_the_cadence_fill_every_bin_once():
    time = 1000 + np.arange(500) * CADENCE
    jitter = np.random.default_rng(0).uniform(-0.3, 0.3, time.size) * CADENCE
    data = Curve(time + jitter, np.ones(500), np.full(500, 1e-3), CADENCE)
    seen = gridded(data, CADENCE).seen
    assert np.count_nonzero(seen) > 350
    even = gridded(Curve(time + CADENCE / 2, np.ones(500), np.full(500, 1e-3), CADENCE), CADENCE).seen
    assert np.count_nonzero(even) == 500
    np.testing.assert_allclose(even[even > 0], 0.002)
