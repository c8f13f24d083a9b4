"""A frame that is unlike the others of its night has a small p-value; of frames all alike none is lower."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.covariance import LedoitWolf

from astro_assets.images.quality import oddness
from astro_assets.images.quality.oddness import FEWEST_FRAMES, night_p_values


def rows(seed, n=60, width=30):
    rng = np.random.default_rng(seed)
    causes = rng.normal(size=(n, 4)) @ rng.normal(size=(4, width))
    return causes + 0.3 * rng.normal(size=(n, width))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(FEWEST_FRAMES, 90))
def test_at_most_a_part_a_of_the_frames_has_a_p_value_of_a(seed, n):
    found = night_p_values(rows(seed, n))
    for part in (1 / n, 0.05, 0.3, 1.0):
        assert np.mean(found <= part) <= part + 1e-9
    assert (found >= 1 / n).all()


@pytest.mark.parametrize("seed", range(4))
def test_what_no_column_shows_by_itself_is_found(seed):
    """The columns of the odd frame are those of frames, but not together."""
    night = rows(seed)
    shuffled = night[np.random.default_rng(seed).integers(60, size=30), np.arange(30)]
    assert night_p_values(np.vstack([night, shuffled]))[-1] == 1 / 61


def test_order_and_units_do_not_count():
    night = rows(3)
    order = np.random.default_rng(0).permutation(len(night))
    found = night_p_values(night)
    np.testing.assert_array_equal(night_p_values(night[order]), found[order])
    np.testing.assert_array_equal(night_p_values(night * 1000 + 5), found)


def test_what_is_unknown_or_constant_says_nothing():
    night = rows(4)
    more = np.column_stack([night, np.full(60, np.nan), np.full(60, 7.0)])
    np.testing.assert_array_equal(night_p_values(more), night_p_values(night))
    holes = night.copy()
    holes[::7, 3] = np.nan
    assert np.isfinite(night_p_values(holes)).all()


def test_a_value_that_hardly_any_frame_has_is_found():
    night = np.column_stack([rows(5), np.zeros(60)])
    night[17, -1] = 1.0
    found = night_p_values(night)
    assert found[17] < 0.1
    assert found[17] < night_p_values(night[:, :-1])[17]


def test_of_few_frames_nothing_is_said_and_equal_frames_are_alike():
    assert np.isnan(night_p_values(rows(0, FEWEST_FRAMES - 1))).all()
    assert (night_p_values(np.ones((FEWEST_FRAMES, 5))) == 1).all()


def test_the_covariance_is_scikit_learns():
    scaled = rows(6, 40, 12)
    expected = LedoitWolf().fit(scaled).mahalanobis(scaled)
    np.testing.assert_allclose(oddness._distances(scaled), expected, rtol=1e-9)


def test_a_value_beyond_all_numbers_is_unknown():
    night = rows(5)
    found = night_p_values(night)
    night[7, 3] = np.inf
    changed = night_p_values(night)
    assert np.isfinite(changed).all()
    others = np.arange(60) != 7
    np.testing.assert_allclose(changed[others], found[others], atol=0.1)
