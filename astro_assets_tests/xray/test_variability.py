"""Constant, log-normal and red sources are told apart."""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import multivariate_normal, poisson

from astro_assets.xray import variability
from astro_assets.xray.reading.files import read_file
from astro_assets.xray.variability import CONSTANT, LOG_NORMAL, RED, disjoint_bands, red_ratio, variability_of
from astro_assets_tests.xray.made_curves import curve_of, made


@pytest.mark.parametrize(
    ("file", "verdict"),
    [
        ("constant_020_LightCurve_00001.fits.gz", CONSTANT),
        ("loggauss_020_LightCurve_00001.fits.gz", LOG_NORMAL),
        ("red_020_LightCurve_00022.fits.gz", RED),
    ],
)
def test_the_examples_of_bexvar_are_what_they_are_called(shared_data, file, verdict):
    curve = read_file(shared_data / "xray_lc" / "bexvar_erosita_format" / file).light_curve
    assert variability_of(curve).verdict == verdict


@pytest.mark.parametrize(
    ("kind", "verdict", "least"),
    [("constant", CONSTANT, 0.95), ("log-normal", LOG_NORMAL, 0.85), ("red", RED, 0.6)],
)
def test_most_simulated_sources_are_told_by_their_kind(kind, verdict, least):
    found = Counter(variability_of(made(kind, (7, i), 30, 60).light_curve).verdict for i in range(20))
    assert found[verdict] / 20 >= least


def test_bins_of_a_visit_share_what_it_scatters_by():
    rng = np.random.default_rng(5)
    visits = np.repeat(np.arange(30), 3)
    time_s = visits * 14_400.0 + np.tile([0.0, 13.0, 26.0], 30)
    found = Counter(
        variability_of(
            curve_of(6 * np.exp(rng.normal(0, 0.7, 30))[visits][:, None] * np.ones(3), rng, time_s, 13.0)
        ).verdict
        for _ in range(10)
    )
    assert found[LOG_NORMAL] >= 8


def test_the_scatter_is_recovered():
    rng = np.random.default_rng(1)
    inside = 0
    for sigma in np.geomspace(0.15, 1.5, 20):
        found = variability_of(curve_of(np.exp(rng.normal(0, sigma, (60, 1))) * np.ones(3), rng))
        inside += found.scatter_low <= sigma <= found.scatter_high
    assert 11 <= inside <= 20  # nominally 16 of 20


def test_bands_of_the_same_photons_are_not_counted_twice():
    assert disjoint_bands(((0.2, 2.3), (0.2, 5.0), (2.3, 5.0))) == [0, 2]
    assert disjoint_bands(((0.2, 0.6), (0.6, 2.3), (2.3, 5.0))) == [0, 1, 2]
    assert disjoint_bands(((0.3, 10.0),)) == [0]


def test_the_evidence_is_that_of_sampling_the_rates():
    rng = np.random.default_rng(2)
    counts, exposure, background = np.array([12.0, 30, 18]), np.full(3, 10.0), np.full(3, 0.5)
    covariance = 0.3**2 * np.exp(-np.abs(np.subtract.outer(range(3), range(3))) / 2)
    mean = np.log((counts - background).sum() / exposure.sum())
    # The wide prior of the mean would waste draws: they are taken from a narrow one, and weighted.
    narrow = covariance + 0.3**2
    drawn = rng.multivariate_normal(np.full(3, mean), narrow, 400_000)
    logs = poisson.logpmf(counts, np.exp(drawn) * exposure + background).sum(axis=1)
    logs += multivariate_normal(np.full(3, mean), covariance + 9.0).logpdf(drawn)
    logs -= multivariate_normal(np.full(3, mean), narrow).logpdf(drawn)
    expected = np.log(np.exp(logs - logs.max()).mean()) + logs.max()
    found = variability._evidence(counts, exposure, background, covariance)
    factorials = poisson.logpmf(counts, 1.0) + 1
    assert found + factorials.sum() == pytest.approx(expected, abs=0.1)


def test_slow_and_white_variation_have_opposite_ratios():
    rng = np.random.default_rng(3)
    time, exposure, background = np.arange(40) * 1e3, np.full(40, 10.0), np.full(40, 0.1)
    slow = rng.poisson(40 * np.exp(np.sin(np.arange(40) / 6)))
    white = rng.permutation(slow)
    assert red_ratio(slow.astype(float), exposure, background, time) > 3
    assert red_ratio(white.astype(float), exposure, background, time) < 0


def test_curves_too_short_are_refused():
    with pytest.raises(ValueError, match="2 visits have counts"):
        variability_of(curve_of(np.ones((2, 3)), np.random.default_rng(1)))
