"""Likelihoods of counts in numpy."""

import numpy as np
import pytest
from scipy.stats import norm, poisson

from astro_assets.xray.poisson import (
    log_mean_exp,
    log_normaliser,
    poisson_terms,
    scatter_posterior,
    scattered_terms,
    starts_of,
)

COUNTS = np.array([[3.0, 0, 7], [1, 2, 0], [40, 60, 9]])
EXPECTED = np.array([[2.0, 1, 6], [1, 1, 1], [80, 90, 20]])
BACKGROUND = np.full((3, 3), 0.4)
KNOWN = np.ones((3, 3), bool)


def test_terms_and_factorials_are_the_poisson_likelihood():
    found = poisson_terms(EXPECTED + BACKGROUND, COUNTS, KNOWN) - log_normaliser(COUNTS, KNOWN)
    np.testing.assert_allclose(found, poisson.logpmf(COUNTS, EXPECTED + BACKGROUND).sum(axis=1))


def test_what_is_not_known_says_nothing():
    known = KNOWN.copy()
    known[1, 2] = False
    other = COUNTS.copy()
    other[1, 2] = 99
    one, two = (
        poisson_terms(EXPECTED, counts, known) - log_normaliser(counts, known) for counts in (COUNTS, other)
    )
    np.testing.assert_allclose(one, two)


@pytest.mark.parametrize("sigma", [0.02, 0.5, 1.5])
@pytest.mark.parametrize("visits", [[0, 1, 2], [0, 0, 1], [4, 4, 4]])
def test_scatter_is_integrated_out_of_visits(sigma, visits):
    visits = np.array(visits)
    scatter = np.full(3, np.log(sigma))
    found = scattered_terms(EXPECTED, scatter, COUNTS, BACKGROUND, KNOWN, visits)
    factorials = np.add.reduceat(log_normaliser(COUNTS, KNOWN), starts_of(visits))
    u = np.linspace(-10, 10, 40_001)
    each = poisson.logpmf(COUNTS[..., None], EXPECTED[..., None] * np.exp(sigma * u) + 0.4).sum(axis=1)
    logs = np.add.reduceat(each, starts_of(visits), axis=0) + norm.logpdf(u)
    np.testing.assert_allclose(found - factorials, log_mean_exp(logs) + np.log(20.0), atol=0.02)


def test_leading_axes_are_independent():
    many = EXPECTED * np.exp(np.random.default_rng(1).normal(size=(4, 5, 1, 1)))
    scatter = np.random.default_rng(2).normal(-1, 0.5, (4, 5, 3))
    visits = np.array([0, 1, 1])
    found = scattered_terms(many, scatter, COUNTS, BACKGROUND, KNOWN, visits)
    assert found.shape == (4, 5, 2)
    alone = scattered_terms(many[2, 3], scatter[2, 3], COUNTS, BACKGROUND, KNOWN, visits)
    np.testing.assert_allclose(found[2, 3], alone)


def test_bright_bins_know_their_scatter():
    middle, width = scatter_posterior(
        np.full((1, 3), 1000.0), np.zeros(1), np.full((1, 3), 2000.0), np.zeros((1, 3)), np.zeros(1, int)
    )
    assert middle[0] == pytest.approx(np.log(2), abs=0.001)
    assert width[0] == pytest.approx(1 / np.sqrt(6000), rel=0.01)


def test_means_of_exponentials_do_not_overflow():
    assert log_mean_exp(np.array([-5000.0, -5000.0])) == -5000
    assert log_mean_exp(np.array([[0.0, 3000.0]]))[0] == pytest.approx(3000 - np.log(2))
