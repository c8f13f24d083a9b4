"""The evidence of sources that do not vary."""

import numpy as np
import pytest
from scipy.stats import norm, poisson

from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.constant_rate import ConstantRate, fit_constant_rate
from astro_assets_tests.xray.made_curves import curve_of, made, usual


@pytest.mark.parametrize("rate", [0.001, 0.2, 30.0])
def test_evidence_is_the_integral_over_the_rate(rate):
    curve = prepare(curve_of(np.full((7, 3), rate), np.random.default_rng(2)))
    prior = ConstantRate(np.array([-1.0, 0.0, -2.0]), np.array([2.0, 1.0, 3.0]))
    expected = 0.0
    for band in range(3):
        logs = np.linspace(-20, 8, 60_001)
        means = np.exp(logs)[:, None] * curve.exposure_s[:, band] + curve.background[:, band]
        terms = poisson.logpmf(curve.counts[:, band], means).sum(axis=1)
        terms += norm.logpdf(logs, prior.mean[band], prior.spread[band])
        expected += np.log(np.exp(terms - terms.max()).sum() * (logs[1] - logs[0])) + terms.max()
    assert prior.log_evidence(curve) == pytest.approx(expected, abs=0.02)


def test_the_spread_of_rates_is_measured():
    rng = np.random.default_rng(3)
    rates = np.exp(rng.normal([0.5, 1.0, -0.5], [0.7, 0.3, 1.0], (300, 3)))
    found = fit_constant_rate([prepare(curve_of(np.tile(rate, (30, 1)), rng)) for rate in rates])
    np.testing.assert_allclose(found.mean, [0.5, 1.0, -0.5], atol=0.2)
    np.testing.assert_allclose(found.spread, [0.7, 0.3, 1.0], atol=0.15)


def test_constant_sources_have_more_of_it_than_varying_ones():
    prior = fit_constant_rate([prepare(one.light_curve) for one in usual(60, 1)])
    constant, red = (prepare(made(kind, 4, 40, 60).light_curve) for kind in ("constant", "red"))
    assert prior.log_evidence(constant) / constant.counts.sum() > prior.log_evidence(red) / red.counts.sum()
