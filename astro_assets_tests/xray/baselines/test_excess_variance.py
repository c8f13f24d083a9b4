"""Bayesian excess variance by quadrature."""

import numpy as np
import pytest
from scipy.stats import norm, poisson

from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.baselines.excess_variance import SCATTERS, fit_excess_variance, scatter_of
from astro_assets.xray.poisson import log_normaliser
from astro_assets_tests.xray.made_curves import curve_of, made


@pytest.mark.parametrize(("level", "sigma"), [(30, 0.5), (2, 1.0), (0.3, 0.5)])
def test_evidence_is_that_of_a_dense_integral(level, sigma):
    rng = np.random.default_rng(0)
    exposure, background = rng.uniform(5, 20, 10), np.full(10, 0.1)
    counts = rng.poisson(level / 12 * np.exp(rng.normal(0, sigma, 10)) * exposure + background).astype(float)
    prior = (np.log(level / 12) + 0.3, 1.0)
    found = scatter_of(counts, exposure, background, prior)
    means, u = np.linspace(prior[0] - 6, prior[0] + 6, 301), np.linspace(-8, 8, 161)
    for at in (6, 11, 14, 16):
        rate = np.exp(means[:, None] + SCATTERS[at] * u)
        each = (
            poisson.pmf(counts[:, None, None], rate * exposure[:, None, None] + 0.1)
            @ norm.pdf(u)
            * (u[1] - u[0])
        )
        terms = np.log(np.maximum(each, 1e-300)).sum(axis=0) + norm.logpdf(means, *prior)
        expected = np.log(np.exp(terms - terms.max()).sum() * (means[1] - means[0])) + terms.max()
        factorials = log_normaliser(counts[:, None], np.ones((10, 1), bool)).sum()
        assert found.log_evidence[at] - factorials == pytest.approx(expected, abs=0.05)


def test_quantiles_hold_the_true_scatter():
    rng = np.random.default_rng(4)
    inside = 0
    for sigma in np.geomspace(0.1, 1.0, 30):
        rate = 4 * np.exp(rng.normal(0, sigma, 40))
        counts = rng.poisson(rate * 10).astype(float)
        found = scatter_of(counts, np.full(40, 10.0), np.zeros(40), (1.0, 2.0))
        inside += found.quantile(0.05) < sigma < found.quantile(0.95)
    assert 23 <= inside <= 30  # nominally 27


def test_constant_counts_have_a_small_scatter():
    rng = np.random.default_rng(5)
    found = scatter_of(rng.poisson(100.0, 50).astype(float), np.full(50, 10.0), np.zeros(50), (2.0, 1.0))
    assert found.quantile(0.9) < 0.08


def test_the_weights_are_those_of_the_population():
    rng = np.random.default_rng(6)
    scatters = np.where(np.arange(60) % 3 == 0, 0.8, 0.01)
    curves = [prepare(curve_of(5 * np.exp(rng.normal(0, s, (25, 1))) * np.ones(3), rng)) for s in scatters]
    found = fit_excess_variance(curves)
    assert found.weights.sum(axis=1) == pytest.approx([1, 1, 1])
    is_large = SCATTERS > 0.3
    np.testing.assert_allclose(found.weights[:, is_large].sum(axis=1), 1 / 3, atol=0.1)


def test_it_explains_log_normal_sources_better_than_a_constant_rate():
    curves = [
        prepare(made(kind, (1, i)).light_curve) for i in range(10) for kind in ("constant", "log-normal")
    ]
    found = fit_excess_variance(curves)
    for curve, margin in ((prepare(made("log-normal", 99, 40, 60).light_curve), 20),):
        assert found.log_evidence(curve) > found.rates.log_evidence(curve) + margin
    constant = prepare(made("constant", 98, 40, 60).light_curve)
    assert found.log_evidence(constant) == pytest.approx(found.rates.log_evidence(constant), abs=6)


def test_a_band_that_is_not_known_says_nothing():
    curve = prepare(curve_of(np.ones((12, 1)), np.random.default_rng(1)))
    found = fit_excess_variance([curve, curve])
    assert [one is None for one in found.posteriors(curve)] == [False, True, True]
    assert np.isfinite(found.log_evidence(curve))
