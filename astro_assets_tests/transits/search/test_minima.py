"""Series of depths that come back, alike or not."""

import numpy as np
import pytest

from astro_assets.transits.search.minima import depth_constancy, take_turns, unlike_sigma

RNG = np.random.default_rng(4)
ODD = np.arange(400) % 2 == 1


def test_constancy_is_depth_over_scatter_whether_or_not_depths_alternate():
    depths = 0.01 + 0.001 * RNG.normal(size=400)
    assert depth_constancy(depths, ODD) == pytest.approx(10, rel=0.2)
    assert depth_constancy(depths + np.where(ODD, 0.005, -0.005), ODD) == pytest.approx(10, rel=0.2)
    assert np.isnan(depth_constancy(depths[:5], ODD[:5]))
    assert np.isnan(depth_constancy(np.ones(10), ODD[:10]))


def test_minima_are_unlike_by_what_their_scatter_allows():
    one, other = (0.01 + 0.001 * RNG.normal(size=200) for _ in range(2))
    assert unlike_sigma(one, other) < 4
    assert unlike_sigma(one, other + 0.001) == pytest.approx(10, abs=3)
    assert unlike_sigma(one, other + 0.001) == unlike_sigma(other + 0.001, one)


def test_a_maximum_and_a_ripple_are_no_second_minimum():
    one = 0.01 + 0.001 * RNG.normal(size=200)
    assert unlike_sigma(one, -one) == 0
    assert unlike_sigma(one, 0.05 * one) == 0
    assert unlike_sigma(one, one[:2]) == 0
    assert unlike_sigma(np.empty(0), one) == 0


def test_many_constant_unlike_minima_take_turns():
    assert take_turns(200, 8.0, 5.0)
    assert not take_turns(199, 8.0, 5.0)
    assert not take_turns(200, 7.9, 5.0)
    assert not take_turns(200, 8.0, 4.9)
    assert not take_turns(200, float("nan"), 5.0)
