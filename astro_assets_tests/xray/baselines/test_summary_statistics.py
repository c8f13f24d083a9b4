"""Eleven numbers of a light curve."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.baselines.summary_statistics import (
    STATISTICS,
    fit_statistics,
    statistics_of,
    statistics_table,
)
from astro_assets_tests.xray.made_curves import curve_of, made, usual


def named(curve):
    return dict(zip(STATISTICS, statistics_of(prepare(curve)), strict=True))


def test_there_are_eleven():
    assert len(STATISTICS) == len(set(STATISTICS)) == 11


def test_excess_variance_is_that_of_the_rates():
    rng = np.random.default_rng(1)
    for sigma in (0.2, 0.5):
        found = [
            named(curve_of(60 * np.exp(rng.normal(0, sigma, (200, 1))) * np.ones(3), rng))["excess_variance"]
            for _ in range(8)
        ]
        assert np.mean(found) == pytest.approx(np.expm1(sigma**2), rel=0.35)


def test_order_and_direction_are_seen():
    rng = np.random.default_rng(2)
    rising = curve_of(np.linspace(1, 8, 40)[:, None] * np.ones(3), rng)
    falling = curve_of(np.linspace(8, 1, 40)[:, None] * np.ones(3), rng)
    shuffled = curve_of(rng.permutation(np.linspace(1, 8, 40))[:, None] * np.ones(3), rng)
    assert named(rising)["trend"] > 10
    assert named(falling)["trend"] < -10
    assert named(rising)["von_neumann_ratio"] < 0.7 < named(shuffled)["von_neumann_ratio"]


def test_flares_and_dips_are_extremes():
    rng = np.random.default_rng(3)
    rate = np.full((30, 3), 4.0)
    rate[7] *= 6
    flare = named(curve_of(rate, rng))
    rate[7] /= 100
    dip = named(curve_of(rate, rng))
    assert flare["largest_excess"] > 4 > flare["largest_deficit"]
    assert dip["largest_deficit"] > dip["largest_excess"]
    assert flare["skewness"] > 2


def test_hardness_is_that_of_the_bands():
    found = named(curve_of(np.tile([1.0, 3.0, 1.0], (200, 1)), np.random.default_rng(4), ratio=0))
    assert found["soft_hardness_ratio"] == pytest.approx(0.5, abs=0.1)
    assert found["hard_hardness_ratio"] == pytest.approx(-0.5, abs=0.1)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.floats(0.001, 1000), st.integers(0, 10**6))
def test_they_are_finite(n_bins, rate, seed):
    curve = curve_of(np.full((n_bins, 3), rate), np.random.default_rng(seed))
    assert np.isfinite(statistics_of(prepare(curve))).all()


def test_curves_without_counts_have_them_too():
    one = made("red", 3, bins=30, counts_a_bin=80).light_curve
    told = replace(one, counts=np.full_like(one.counts, np.nan))
    np.testing.assert_allclose(named(told)["trend"], named(one)["trend"], rtol=0.3)


def test_strange_curves_are_far_from_known_ones():
    known = statistics_table([prepare(one.light_curve) for one in usual(80, 5)])
    fitted = fit_statistics(known, 10)
    assert fitted.points.shape == (80, 11)
    apart = fit_statistics(np.concatenate([known, known + 50 * known.std(axis=0)]), 10)
    assert len(set(apart.clusters[apart.clusters >= 0])) >= 2
    rate = np.full((30, 3), 4.0)
    rate[7] *= 40
    strange = statistics_of(prepare(curve_of(rate, np.random.default_rng(1))))
    assert fitted.strangeness(strange[None])[0] > np.quantile(fitted.strangeness(known), 0.9)
