"""What is minimised: minus the likelihood of counts as Poisson numbers, and the latent's divergence.

Nothing here draws curves or takes steps.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor

from astro_assets.xray.autoencoder.settings import LossSettings

#: Steps to the most probable scatter of a visit; from the prior's middle five are enough, further ones safe.
_STEPS: Final = 8
NODES: Final = 5


@dataclass(frozen=True, slots=True)
class Observed:
    """What was counted, and under which conditions; shapes (batch, bins, 3), of the visits (batch, bins).

    See :class:`~astro_assets.xray.autoencoder.preparation.Prepared`.
    """

    counts: Tensor
    exposure_s: Tensor
    background: Tensor
    is_known: Tensor
    visits: Tensor


def log_likelihood(
    log_rate: Tensor, log_scatter: Tensor | None, observed: Observed, nodes: int = NODES
) -> Tensor:
    r"""Return log p(counts) of each visit, all bins and bands together, with all terms: it can be compared.

    .. math:: n_{ib} \sim \mathrm{Poisson}(r_{ib} e^{u} E_{ib} + B_{ib}), \quad u \sim N(0, \sigma^2)

    The scatter u, which the bins and bands of a visit share, is the log-normal rate of Buchner et al. (2022,
    A&A 661, A18); it is integrated out by Gauss-Hermite quadrature about the integrand's maximum, of its
    curvature (Liu & Pierce 1994, Biometrika 81, 624). Without a scatter it is the Poisson likelihood alone.

    The background B is fixed at its expectation, ratio * (background counts + 1/2), the posterior mean of a
    Poisson rate with Jeffreys' prior. Its own uncertainty is left out: to second order it would add at most
    ratio / 2 * B / (r E + B) nats a bin, and eROSITA's ratio is 0.01; without the half, a background
    aperture that happened to be empty would forbid any count of the background.

    Parameters
    ----------
    log_rate
        (batch, bins, 3), of counts a second.
    log_scatter
        Log of sigma in nats, (batch, bins); that of a visit is that of its first bin.

    Returns
    -------
    torch.Tensor
        (batch, bins): of visit k in column k, 0 where there is no such visit or nothing is known of it.
    """
    expected = log_rate.exp() * observed.exposure_s
    known = observed.is_known
    constant = _of_visits(torch.where(known, torch.lgamma(observed.counts + 1), 0.0).sum(dim=-1), observed)
    if log_scatter is None:
        return _poisson(expected, observed) - constant
    first = torch.zeros_like(observed.visits)
    starts = torch.ones_like(observed.visits)
    starts[:, 1:] = observed.visits.diff(dim=1)
    first.scatter_add_(1, observed.visits, starts * torch.arange(first.shape[1]))
    scatter = log_scatter.gather(1, first)  # of visits that there are not, that of the first bin
    sigma = scatter.exp()
    with torch.no_grad():
        middle, width = _maximum(expected, sigma, observed)
    points, weights = np.polynomial.hermite.hermgauss(nodes)
    terms = []
    for point, weight in zip(points, weights, strict=True):
        u = middle + math.sqrt(2) * width * point
        prior = -0.5 * torch.square(u / sigma) - scatter
        found = _poisson(expected * _spread(u, observed), observed)
        terms.append(found + prior + (math.log(weight) + point**2))
    total = torch.logsumexp(torch.stack(terms), dim=0) + width.log() - 0.5 * math.log(math.pi)
    is_there = _of_visits(known.any(dim=-1).to(total.dtype), observed) > 0
    return torch.where(is_there, total - constant, 0.0)


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return the divergence of each latent from a standard normal one, nats, shape of both."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance)


def kl_weight_at(settings: LossSettings, done: float) -> float:
    """Return the weight of the divergence when such a share of a training is done."""
    if settings.schedule == "constant":
        return settings.kl_weight
    return settings.kl_weight * min(1.0, done / settings.rise)


def free_bits_at(settings: LossSettings, done: float) -> float:
    """Return the divergence that a latent has for nothing when such a share of a training is done, nats.

    It fades: latents that turn out to be of no use must not cost draws of the importance weighting.
    """
    return settings.free_bits * max(0.0, 1 - done / settings.free_until)


def loss_of(
    log_likelihoods: Tensor, divergences: Tensor, is_valid: Tensor, kl_weight: float, free_bits: float
) -> Tensor:
    """Return the negative evidence lower bound a valid bin (Kingma & Welling 2014).

    Parameters
    ----------
    log_likelihoods
        Of each visit, (batch, bins).
    divergences
        (batch, latent). A latent whose mean over the batch is below ``free_bits`` costs that much (Kingma et
        al. 2016, NeurIPS): so that none is given up before it is of use.
    is_valid
        (batch, bins): what is padding does not divide, as it is in no visit that counts.
    """
    explained = log_likelihoods.sum()  # where there is no visit it is 0
    cost = divergences.mean(dim=0).clamp(min=free_bits).sum() * len(divergences)
    return (kl_weight * cost - explained) / is_valid.sum()


def _of_visits(values: Tensor, observed: Observed) -> Tensor:
    """Sum what bins have, (batch, bins), over the visits."""
    return torch.zeros_like(values).scatter_add(1, observed.visits, values)


def _spread(u: Tensor, observed: Observed) -> Tensor:
    """Return by what each bin's rates are multiplied, (batch, bins, 1)."""
    return u.gather(1, observed.visits).exp().unsqueeze(-1)


def _poisson(expected: Tensor, observed: Observed) -> Tensor:
    mean = (expected + observed.background).clamp(min=1e-30)
    found = torch.where(observed.is_known, observed.counts * mean.log() - mean, 0.0)
    return _of_visits(found.sum(dim=-1), observed)


def _maximum(expected: Tensor, sigma: Tensor, observed: Observed) -> tuple[Tensor, Tensor]:
    """Return where a visit's integrand over the scatter is largest, and its width there."""
    precision = sigma.square().reciprocal()
    u = torch.zeros_like(sigma)
    curvature = precision
    for step in range(_STEPS + 1):
        source = expected * _spread(u, observed)
        mean = (source + observed.background).clamp(min=1e-30)
        # The expected information is positive, and the steps go uphill.
        curvature = _of_visits((source.square() / mean).sum(dim=-1), observed) + precision
        if step < _STEPS:
            pull = _of_visits(((observed.counts / mean - 1) * source).sum(dim=-1), observed)
            u += ((pull - u * precision) / curvature).clamp(-1.5, 1.5)
    return u, curvature.rsqrt()
