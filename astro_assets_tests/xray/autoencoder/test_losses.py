"""The likelihood of counts, and the bound that is maximised."""

import math

import numpy as np
import pytest
import torch
from scipy.special import gammaln
from scipy.stats import nbinom, norm, poisson

from astro_assets.xray.autoencoder.losses import (
    Observed,
    divergence,
    free_bits_at,
    kl_weight_at,
    log_likelihood,
    loss_of,
)
from astro_assets.xray.autoencoder.settings import LossSettings


def observed(counts, exposure=10.0, background=0.5, visits=None) -> Observed:
    counts = torch.as_tensor(np.asarray(counts, float))[None]
    shape = counts.shape
    visits = torch.arange(shape[1])[None] if visits is None else torch.as_tensor(visits)[None]
    return Observed(
        counts,
        torch.full(shape, exposure, dtype=torch.float64),
        torch.full(shape, background, dtype=torch.float64),
        torch.ones(shape, dtype=torch.bool),
        visits,
    )


def test_without_scatter_it_is_the_poisson_likelihood():
    counts = np.array([[3, 0, 7], [1, 2, 0]])
    log_rate = torch.log(torch.tensor([[[0.2, 0.1, 0.9], [0.3, 0.2, 0.01]]], dtype=torch.float64))
    found = log_likelihood(log_rate, None, observed(counts))[0]
    expected = poisson.logpmf(counts, np.exp(log_rate[0].numpy()) * 10 + 0.5).sum(axis=1)
    np.testing.assert_allclose(found, expected)


@pytest.mark.parametrize("sigma", [0.01, 0.2, 0.8, 2.0])
@pytest.mark.parametrize("level", [0.02, 0.5, 8.0])
def test_the_scatter_is_integrated_out(sigma, level):
    rng = np.random.default_rng(4)
    counts = rng.poisson(np.exp(rng.normal(0, sigma, (6, 1))) * level * 10 + 0.5, (6, 3))
    log_rate = torch.full((1, 6, 3), math.log(level), dtype=torch.float64)
    found = log_likelihood(
        log_rate, torch.full((1, 6), math.log(sigma), dtype=torch.float64), observed(counts)
    )
    u = np.linspace(-9, 9, 40_001)
    means = level * 10 * np.exp(sigma * u) + 0.5
    logs = poisson.logpmf(counts[..., None], means).sum(axis=1) + norm.logpdf(u)
    expected = np.log(np.exp(logs - logs.max(axis=1)[:, None]).sum(axis=1) * (u[1] - u[0])) + logs.max(axis=1)
    np.testing.assert_allclose(found[0], expected, atol=0.04 if sigma < 1 else 0.12)


def test_bins_of_a_visit_scatter_together():
    counts = np.array([[2, 4, 1], [5, 9, 2], [0, 1, 0]])
    rates = torch.zeros(1, 3, 3, dtype=torch.float64)
    scatter = torch.full((1, 3), -0.5, dtype=torch.float64)
    found = log_likelihood(rates, scatter, observed(counts, visits=[0, 0, 1]))[0]
    # A visit of two bins is one bin with twice the bands.
    u = np.linspace(-9, 9, 20_001)
    sigma = math.exp(-0.5)
    logs = poisson.logpmf(counts[:2, :, None], 10 * np.exp(sigma * u) + 0.5).sum(axis=(0, 1)) + norm.logpdf(u)
    assert found[0] == pytest.approx(np.log(np.exp(logs).sum() * (u[1] - u[0])), abs=1e-3)
    assert found[2] == 0
    alone = log_likelihood(rates, scatter, observed(counts))[0]
    assert found[0] != pytest.approx(alone[:2].sum().item(), abs=0.01)


def test_the_gradient_is_that_of_the_integral():
    counts = np.array([[3, 8, 1], [0, 2, 0]])
    rates = torch.tensor(np.log([[0.4, 0.9, 0.1]] * 2), dtype=torch.float64)[None].requires_grad_()
    scatter = torch.full((1, 2), -0.7, dtype=torch.float64, requires_grad=True)

    def value(rates, scatter):
        return log_likelihood(rates, scatter, observed(counts), nodes=15).sum()

    value(rates, scatter).backward()
    step = 1e-4
    for tensor, gradient in ((rates, rates.grad), (scatter, scatter.grad)):
        moved = tensor.detach().clone()
        moved[(0,) * moved.ndim] += step
        args = (moved, scatter) if tensor is rates else (rates, moved)
        slope = (value(*args) - value(rates, scatter)).item() / step
        assert gradient[(0,) * gradient.ndim].item() == pytest.approx(slope, abs=2e-3)


@pytest.mark.parametrize("ratio", [0.005, 0.02, 0.1])
def test_the_backgrounds_own_uncertainty_may_be_left_out(ratio):
    # Exactly: with Jeffreys' prior the background in the source's aperture is a negative binomial number.
    n_background, source, counts = 12, 3.0, 5
    k = np.arange(counts + 1)
    shape = n_background + 0.5
    exact = np.log((poisson.pmf(counts - k, source) * nbinom.pmf(k, shape, 1 / (1 + ratio))).sum())
    one = observed([[counts, 0, 0]], exposure=1.0, background=ratio * shape)
    one.is_known[..., 1:] = False
    log_rate = torch.full((1, 1, 3), math.log(source), dtype=torch.float64)
    found = log_likelihood(log_rate, None, one).item()
    background = ratio * shape
    assert abs(found - exact) < ratio / 2 * background / (source + background) * 1.5 + 1e-4


def test_padding_changes_nothing():
    counts = np.array([[2, 4, 1], [5, 9, 2]])
    one = observed(counts)
    padded = observed(np.vstack([counts, np.zeros((3, 3))]), visits=[0, 1, 1, 1, 1])
    for array in (padded.is_known, padded.exposure_s, padded.background):
        array[:, 2:] = 0
    settings = {"kl_weight": 1.0, "free_bits": 0.0}
    losses = []
    for seen, n in ((one, 2), (padded, 5)):
        rates = torch.zeros(1, n, 3, dtype=torch.float64)
        found = log_likelihood(rates, torch.full((1, n), -1.0, dtype=torch.float64), seen)
        cost = torch.full((1, 4), 0.3, dtype=torch.float64)
        losses.append(loss_of(found, cost, seen.is_known.any(dim=-1), **settings).item())
    assert losses[0] == pytest.approx(losses[1], abs=1e-9)


def test_the_weight_of_the_divergence_changes_the_loss():
    likelihood, cost = torch.full((2, 3), -1.5), torch.full((2, 4), 0.5)
    is_valid = torch.ones(2, 3, dtype=torch.bool)
    found = {
        weight: loss_of(likelihood, cost, is_valid, weight, 0.0).item() for weight in (0, 0.001, 0.0035, 1)
    }
    assert found[0] == pytest.approx(1.5)
    assert found[0.0035] == pytest.approx(1.5 + 0.0035 * 4 / 6)
    assert len(set(found.values())) == 4


def test_divergence_is_that_from_a_standard_normal():
    mean, log_variance = torch.tensor([0.7]), torch.tensor([-0.4])
    expected = torch.distributions.kl_divergence(
        torch.distributions.Normal(mean, (log_variance / 2).exp()), torch.distributions.Normal(0.0, 1.0)
    )
    assert divergence(mean, log_variance).item() == pytest.approx(expected.item())


def test_free_bits_are_free():
    likelihood, is_valid = torch.zeros(1, 2), torch.ones(1, 2, dtype=torch.bool)
    small, large = torch.full((1, 4), 0.01), torch.full((1, 4), 0.9)
    with_bits = [loss_of(likelihood, cost, is_valid, 1.0, 0.1).item() for cost in (small, small / 2, large)]
    assert with_bits[0] == with_bits[1] == pytest.approx(0.4 / 2)
    assert with_bits[2] == pytest.approx(3.6 / 2)


def test_the_weight_rises_and_stays():
    rising = LossSettings(kl_weight=0.5, rise=0.4)
    assert [kl_weight_at(rising, done) for done in (0, 0.1, 0.4, 0.9)] == [0, 0.125, 0.5, 0.5]
    assert kl_weight_at(LossSettings(kl_weight=0.5, schedule="constant"), 0) == 0.5


def test_free_bits_fade():
    settings = LossSettings(free_bits=0.2, free_until=0.5)
    found = [free_bits_at(settings, done) for done in (0, 0.25, 0.5, 0.9)]
    assert found == pytest.approx([0.2, 0.1, 0, 0])


def test_counts_have_their_factorial():
    found = log_likelihood(torch.zeros(1, 1, 3, dtype=torch.float64), None, observed([[4, 0, 0]], 1.0, 1e-12))
    assert found.item() == pytest.approx(-3 - gammaln(5))
