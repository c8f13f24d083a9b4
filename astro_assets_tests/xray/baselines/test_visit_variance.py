"""Scatter that the bands and bins of a visit share."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import poisson

from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.baselines.excess_variance import fit_excess_variance
from astro_assets.xray.baselines.visit_variance import SCATTERS, VisitVariance, fit_visit_variance
from astro_assets.xray.constant_rate import ConstantRate
from astro_assets_tests.xray.made_curves import curve_of, made

CURVES = [prepare(made("log-normal" if i % 2 else "constant", (3, i), 25, 40).light_curve) for i in range(40)]


def test_the_evidence_is_that_of_sampling_the_rates():
    rng = np.random.default_rng(1)
    curve = prepare(curve_of(np.full((3, 3), 0.4), rng, width_s=10.0))
    rates = ConstantRate(np.log(np.full(3, 0.4)), np.full(3, 0.5))
    at = 6
    weights = np.eye(SCATTERS.size)[at]
    means = rates.mean + rates.spread * rng.standard_normal((200_000, 1, 3))
    scatter = SCATTERS[at] * rng.standard_normal((200_000, 3, 1))
    expected = np.exp(means + scatter) * curve.exposure_s + curve.background
    logs = poisson.logpmf(curve.counts, expected).sum(axis=(1, 2))
    sampled = np.log(np.exp(logs - logs.max()).mean()) + logs.max()
    assert VisitVariance(rates, weights).log_evidence(curve) == pytest.approx(sampled, abs=0.05)


def test_who_knows_that_bands_vary_together_explains_them_better():
    visits, bands = fit_visit_variance(CURVES), fit_excess_variance(CURVES)
    others = [prepare(made("log-normal", (4, i), 25, 40).light_curve) for i in range(10)]
    assert all(visits.log_evidence(one) > bands.log_evidence(one) for one in others)


def test_the_order_of_visits_does_not_matter():
    fitted, one = fit_visit_variance(CURVES), CURVES[1]
    order = np.random.default_rng(2).permutation(one.n_bins)
    shuffled = replace(
        one, counts=one.counts[order], exposure_s=one.exposure_s[order], background=one.background[order],
        is_known=one.is_known[order],
    )  # fmt: skip
    assert fitted.log_evidence(shuffled) == pytest.approx(fitted.log_evidence(one), abs=1e-6)


def test_scatters_of_a_population_are_learned():
    weights = fit_visit_variance(CURVES).weights
    assert weights.sum() == pytest.approx(1)
    assert weights[SCATTERS > 0.1].sum() > 0.3
    assert weights[SCATTERS < 0.1].sum() > 0.3
