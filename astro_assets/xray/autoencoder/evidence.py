"""How probable a curve's counts are to a decoder: draws of the latent, weighted by importance.

Any encoder will do that tells where to draw; what it misses makes the evidence too small, never too large on
average.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.decoding import Decoder
from astro_assets.xray.autoencoder.preparation import Prepared
from astro_assets.xray.autoencoder.settings import AutoencoderSettings
from astro_assets.xray.poisson import log_mean_exp, log_normaliser, poisson_terms, scattered_terms, starts_of

Floats = NDArray[np.float64]

_NORMALS_SEED: Final = 20_230_517
_LOG_TWO_PI: Final = float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True)
class Posterior:
    """Draws of a curve's latent with the weights that make them draws of its posterior.

    Parameters
    ----------
    mean, log_variance
        What the encoder says, (latent,).
    log_rate, log_scatter
        Of each draw, (draws, bins, 3) and (draws, bins).
    log_prior_ratio
        Log of prior over proposal at each draw, (draws,).
    log_likelihoods
        Of the visits at each draw, (draws, visits), counts' factorials included.
    """

    mean: Floats
    log_variance: Floats
    log_rate: Floats
    log_scatter: Floats
    log_prior_ratio: Floats
    log_likelihoods: Floats

    @property
    def log_weights(self) -> Floats:
        """Log of unnormalised importance weights, (draws,)."""
        return np.asarray(self.log_prior_ratio + self.log_likelihoods.sum(axis=1), np.float64)

    @property
    def log_evidence(self) -> float:
        """Log of the probability of the counts, nats, by importance weighting.

        Burda, Grosse & Salakhutdinov (2016, ICLR): from below, the closer the more draws.
        """
        return float(log_mean_exp(self.log_weights))

    @property
    def weights(self) -> Floats:
        """Normalised weights of the draws."""
        weights = np.exp(self.log_weights - self.log_weights.max())
        return np.asarray(weights / weights.sum(), np.float64)

    @property
    def effective_draws(self) -> float:
        """How many equal draws would be worth as much."""
        return float(1 / np.square(self.weights).sum())


def normals_of(settings: AutoencoderSettings) -> Floats:
    """Return draws of a standard normal distribution, in pairs of opposite ones, (draws, latent).

    The same for every curve: no evidence depends on those that were asked for before.
    """
    half = -(-settings.scoring.samples // 2)
    drawn = np.random.default_rng(_NORMALS_SEED).standard_normal((half, settings.network.latent))
    return np.concatenate([drawn, -drawn])


def posterior_of(
    decoder: Decoder, encoded: tuple[Floats, Floats], curve: Prepared, normals: Floats
) -> Posterior:
    """Return weighted draws of a curve's latent and the rates that they give.

    Parameters
    ----------
    encoded
        Mean and log-variance of the distribution that is drawn from, (latent,).
    normals
        (draws, latent).
    """
    mean, log_variance = encoded
    latent = mean + np.exp(log_variance / 2) * normals
    log_rate, log_scatter = decoder.rates(latent, curve.times)
    log_prior = -0.5 * (np.square(latent) + _LOG_TWO_PI).sum(axis=1)
    log_proposal = -0.5 * (np.square(normals) + log_variance + _LOG_TWO_PI).sum(axis=1)
    found = log_likelihoods(decoder, curve, log_rate, log_scatter)
    return Posterior(mean, log_variance, log_rate, log_scatter, log_prior - log_proposal, found)


def log_likelihoods(decoder: Decoder, curve: Prepared, log_rate: Floats, log_scatter: Floats) -> Floats:
    """Return the log-likelihood of each visit of a curve at given rates, (..., visits)."""
    expected = np.exp(log_rate) * curve.exposure_s
    counts, background, known = curve.counts, curve.background, curve.is_known
    starts = starts_of(curve.visits)
    if decoder.has_scatter:
        terms = scattered_terms(expected, log_scatter, counts, background, known, curve.visits)
    else:
        terms = np.add.reduceat(poisson_terms(expected + background, counts, known), starts, axis=-1)
    return terms - np.add.reduceat(log_normaliser(counts, known), starts, axis=-1)
