"""P-values: uniform on good frames that nothing was fitted on, small on what was never seen."""

import numpy as np
import pytest
from scipy.stats import kstest

from astro_assets.images.quality.density import density_of, fit_density

N = 12


def good(n, seed):
    """Correlated, skewed measures; the first half are known beside a night only, one is never known."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(99).normal(size=(N, N)) / np.sqrt(N)
    rows = np.exp(0.3 * rng.normal(size=(n, N)) @ mixing)
    return np.column_stack([rows, np.full(n, np.nan)])


def alone(rows):
    return np.column_stack([np.full((len(rows), N // 2), np.nan), rows[:, N // 2 :]])


@pytest.fixture(scope="module")
def density():
    other = good(600, 1)
    return fit_density(good(500, 0), other, alone(other), 0.02)


@pytest.mark.parametrize("has_night", [True, False])
def test_p_values_of_good_frames_are_uniform(density, has_night):
    rows = good(600, 2) if has_night else alone(good(600, 2))
    p_values = [density.p_value(row, has_night=has_night) for row in rows]
    # Both samples scatter: the distance of two of 600 is below 0.08 in 19 of 20 cases.
    assert kstest(p_values, "uniform").statistic < 0.1


def test_broken_correlations_are_noticed(density):
    """Each measure alone is ordinary."""
    rng = np.random.default_rng(3)
    rows = good(300, 4)
    mixed = np.column_stack([rng.permutation(column) for column in rows.T])
    p_values = np.array([density.p_value(row, has_night=True) for row in mixed])
    assert (p_values < 0.05).mean() > 0.3


def test_what_is_far_off_has_the_least_p_value(density):
    row = good(1, 5)[0]
    row[7] *= 20
    assert density.p_value(row, has_night=True) == pytest.approx(1 / 601)
    assert density.p_value(np.full(N + 1, np.nan), has_night=True) == pytest.approx(1 / 601)


def test_arrays_make_the_same_density_and_damaged_ones_none(density):
    again = density_of(density.arrays())
    assert again.scores(good(20, 6)).tobytes() == density.scores(good(20, 6)).tobytes()
    for name in ("mean", "covariance", "scale"):
        with pytest.raises(ValueError, match="no density"):
            density_of(density.arrays() | {name: density.arrays()[name][:-1]})


def test_shrinkage_changes_the_density():
    rows, other = good(500, 0), good(50, 1)
    found = [fit_density(rows, other, alone(other), shrinkage).covariance for shrinkage in (0.02, 1.0)]
    assert not np.allclose(*found)
    np.testing.assert_allclose(found[1], np.diag(np.diag(found[1])))


def test_too_few_good_frames_are_refused():
    with pytest.raises(ValueError, match="tell no covariance"):
        fit_density(good(N, 0), good(9, 1), good(9, 1), 0.1)
