"""Kappa is scikit-learn's; intervals come from nights."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from astro_assets.images.quality.judging import kappa_interval, weighted_kappa


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(5, 80))
def test_kappa_is_scikit_learns(seed, n):
    rng = np.random.default_rng(seed)
    truth, called = rng.integers(0, 3, n), rng.integers(0, 3, n)
    truth[:3], called[:3] = (0, 1, 2), (2, 1, 0)
    expected = cohen_kappa_score(truth, called, weights="quadratic", labels=[0, 1, 2])
    assert weighted_kappa(truth, called) == pytest.approx(expected)


def test_agreement_is_one_and_one_grade_alone_says_nothing():
    assert weighted_kappa([0, 1, 2, 1], [0, 1, 2, 1]) == 1
    assert np.isnan(weighted_kappa([1, 1], [1, 1]))


def test_intervals_are_those_of_nights():
    """Frames repeated within nights tell nothing new; more nights do."""
    rng = np.random.default_rng(1)
    truth = [rng.integers(0, 3, 10) for _ in range(12)]
    called = [np.clip(one + rng.integers(-1, 2, 10), 0, 2) for one in truth]
    once = kappa_interval(truth, called, 200)
    repeated = kappa_interval([np.tile(one, 5) for one in truth], [np.tile(one, 5) for one in called], 200)
    assert (once.low, once.high) == pytest.approx((repeated.low, repeated.high))
    assert once.low < once.value < once.high
    more = kappa_interval(truth * 6, called * 6, 200)
    assert more.high - more.low < 0.7 * (once.high - once.low)
