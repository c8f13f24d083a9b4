"""Curves on a uniform grid: nothing is lost, and boxes have the signal-to-noise ratio of the samples."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.grid import gridded
from astro_assets_tests.transits.synthetic import sector_times

CADENCE = 10 / 1440


def curve(seed=0, cadence=CADENCE):
    rng = np.random.default_rng(seed)
    # Not at the edges of bins, where rounding decides.
    time = sector_times(seed, cadence) + 0.3 * cadence
    return Curve(time, 1 + rng.normal(0, 1e-3, time.size), rng.uniform(8e-4, 1.2e-3, time.size), cadence)


@given(step=st.floats(CADENCE, 0.5))
def test_weights_add_up_to_one_and_residuals_to_nothing(step):
    grid = gridded(curve(), step)
    assert grid.weight.sum() == pytest.approx(1.0)
    assert grid.residual.sum() == pytest.approx(0.0, abs=1e-9)


def test_a_box_has_the_ratio_of_its_samples():
    noisy = curve()
    # Equal errors, one sample a bin: what the rounding of weights costs otherwise is another test's.
    time, first_of_bin = np.unique((np.floor(noisy.time / CADENCE) + 0.5) * CADENCE, return_index=True)
    data = Curve(time, noisy.flux[first_of_bin], np.full(time.size, 1e-3), CADENCE)
    grid = gridded(data, CADENCE)
    first, last = 100, 104
    inside = (data.time >= grid.start + first * grid.step) & (data.time < grid.start + last * grid.step)
    weight = data.weight
    low, high = (np.average(data.flux[part], weights=weight[part]) for part in (inside, ~inside))
    ratio = (high - low) / np.sqrt(1 / weight[inside].sum() + 1 / weight[~inside].sum())
    dip, share = grid.residual[first:last].sum(), grid.weight[first:last].sum()
    assert -dip / np.sqrt(share * (1 - share)) == pytest.approx(ratio, rel=1e-6)


def test_rounded_weights_cost_little_of_a_ratio():
    data = curve()
    dip = (data.time > 1326) & (data.time < 1326.3)
    data = Curve(data.time, data.flux - 0.01 * dip, data.flux_err, CADENCE)
    grid = gridded(data, CADENCE)
    place = np.unique(np.floor((data.time[dip] - grid.start) / grid.step).astype(int))
    share = grid.weight[place].sum()
    found = -grid.residual[place].sum() / np.sqrt(share * (1 - share))
    weight = data.weight
    low, high = (np.average(data.flux[part], weights=weight[part]) for part in (dip, ~dip))
    best = (high - low) / np.sqrt(1 / weight[dip].sum() + 1 / weight[~dip].sum())
    assert found == pytest.approx(best, rel=0.02)


def test_stars_observed_together_have_the_same_weights():
    time = sector_times(0, 2 / 1440)
    grids = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        kept = rng.random(time.size) > 3e-4
        errors = 1e-3 * rng.uniform(0.95, 1.05) * rng.uniform(0.99, 1.01, time.size)
        grids.append(gridded(Curve(time, np.ones(time.size), errors, 2 / 1440).where(kept), 15 / 1440))
    assert len({grid.residual.size for grid in grids}) == 1
    _, counts = np.unique([grid.weight.tobytes() for grid in grids], return_counts=True)
    assert counts.max() >= 5


def test_samples_at_the_cadence_fill_every_bin_once():
    time = 1000 + np.arange(500) * CADENCE
    jitter = np.random.default_rng(0).uniform(-0.3, 0.3, time.size) * CADENCE
    data = Curve(time + jitter, np.ones(500), np.full(500, 1e-3), CADENCE)
    weight = gridded(data, CADENCE).weight
    assert np.count_nonzero(weight) > 350
    even = gridded(Curve(time + CADENCE / 2, np.ones(500), np.full(500, 1e-3), CADENCE), CADENCE).weight
    assert np.count_nonzero(even) == 500
    np.testing.assert_allclose(even[even > 0], 0.002)
