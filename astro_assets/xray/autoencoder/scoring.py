"""What a trained autoencoder says of a light curve: evidence, changes, p-values, rates, neighbours.

A curve's score depends on the curve and the model alone, whatever was scored before it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.learning.conformal import conformal_p_values
from astro_assets.xray.autoencoder.changes import change_evidence, windows_of
from astro_assets.xray.autoencoder.evidence import Posterior, log_likelihoods
from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.preparation import Prepared, prepare, without
from astro_assets.xray.light_curve import LightCurve
from astro_assets.xray.poisson import log_mean_exp, scatter_posterior, starts_of

Floats = NDArray[np.float64]

#: Draws of counts that a curve's likelihood is compared with.
_REPLICAS: Final = 8
_REPLICAS_SEED: Final = 5_102_017


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Rates of the source that a curve's counts and the model tell, (n_bins, 3), counts a second.

    Parameters
    ----------
    bins
        Which bin of the light curve each is.
    rate
        Posterior mean.
    low, high
        Quantiles of the posterior, as the settings name them.
    """

    bins: NDArray[np.int64]
    rate: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Scored:
    """What is said of a light curve.

    Parameters
    ----------
    latent, log_variance
        Of the encoder, (latent,).
    log_evidence
        Log of the probability of its counts, nats, importance-weighted; NaN without counts.
    nll_per_count
        Minus that, over the number of counts.
    change_score
        Log of the evidence of a change on top of a usual source over that of a usual source.
    surprise_score
        By how many standard deviations the counts are less likely than counts of the same rates.
    first_bin, last_bin, is_state
        Where the best change is; -1 if the curve is too short for any.
    p_value
        How often usual sources score as high in the higher of the two; NaN without counts.
    effective_draws
        Draws of the latent that count; of few the evidence is a rough one.
    """

    latent: Floats
    log_variance: Floats
    log_evidence: float
    nll_per_count: float
    change_score: float
    surprise_score: float
    first_bin: int
    last_bin: int
    is_state: bool
    p_value: float
    effective_draws: float


def score(model: TrainedAutoencoder, curve: LightCurve) -> Scored:
    """Score a light curve.

    Raises
    ------
    PreparationError
        If the autoencoder cannot read it.
    """
    prepared = prepare(curve)
    posterior = model.posterior(prepared)
    if not prepared.has_counts:
        nan = float("nan")
        return Scored(posterior.mean, posterior.log_variance, nan, nan, nan, nan, -1, -1, False, nan, 0.0)
    change, first, last, is_state = change_score(model, curve, prepared, posterior)
    surprise = surprise_score(model, prepared, posterior)
    evidence = posterior.log_evidence
    return Scored(
        latent=posterior.mean,
        log_variance=posterior.log_variance,
        log_evidence=evidence,
        nll_per_count=-evidence / max(prepared.counts.sum(), 1.0),
        change_score=change,
        surprise_score=surprise,
        first_bin=first,
        last_bin=last,
        is_state=is_state,
        p_value=float(p_values(model, np.array([change]), np.array([surprise]))[0]),
        effective_draws=posterior.effective_draws,
    )


def change_score(
    model: TrainedAutoencoder, curve: LightCurve, prepared: Prepared, posterior: Posterior
) -> tuple[float, int, int, bool]:
    """Return the log-ratio of evidences with and without a change, and where the best change is."""
    windows, n = windows_of(prepared)
    if not windows:
        return 0.0, -1, -1, False
    evidences = []
    for window in windows:
        is_hidden = np.zeros(curve.counts.shape, bool)
        is_hidden[prepared.bins[window.first : window.end]] = True
        rest = prepare(without(curve, is_hidden))
        of_rest = model.posterior(rest)
        told = of_rest.log_rate, of_rest.log_scatter, of_rest.log_weights
        evidences.append(change_evidence(prepared, window, told, model.decoder))
    best = windows[int(np.argmax(evidences))]
    found = float(log_mean_exp(np.array(evidences))) + np.log(len(evidences) / n) - posterior.log_evidence
    return found, int(prepared.bins[best.first]), int(prepared.bins[best.end - 1]), best.is_state


def surprise_score(model: TrainedAutoencoder, prepared: Prepared, posterior: Posterior) -> float:
    """Return how much less likely the counts are than counts drawn of the same rates, standard deviations.

    A posterior predictive check (Gelman, Meng & Stern 1996, Statistica Sinica 6, 733) at the most probable
    draw of the latent.
    """
    best = int(np.argmax(posterior.log_weights))
    log_rate, log_scatter = posterior.log_rate[best], posterior.log_scatter[best]
    rng = np.random.default_rng(_REPLICAS_SEED)
    starts = starts_of(prepared.visits)
    u = rng.standard_normal((_REPLICAS, starts.size)) * np.exp(log_scatter[starts])
    mean = np.exp(log_rate + u[:, prepared.visits, None]) * prepared.exposure_s + prepared.background
    drawn = rng.poisson(np.minimum(mean, 1e9)).astype(np.float64)
    log_rates = np.broadcast_to(log_rate, mean.shape)
    likelihoods = log_likelihoods(model.decoder, _with_counts(prepared, drawn), log_rates, log_scatter)
    observed = posterior.log_likelihoods[best]
    scale = np.sqrt(max(likelihoods.var(axis=0).sum(), 1e-6))
    return float((likelihoods.mean(axis=0).sum() - observed.sum()) / scale)


def p_values(model: TrainedAutoencoder, change: Floats, surprise: Floats) -> Floats:
    """Return how often usual sources are as strange in the stranger of two ways; NaN stays NaN.

    One half of the calibration curves says how rare each score is, the other how rare the rarer of both.
    """
    memory = model.memory
    is_first = np.arange(memory.change_scores.size) % 2 == 0

    def rarer(one: Floats, other: Floats) -> Floats:
        return np.minimum(
            conformal_p_values(memory.change_scores[is_first], one),
            conformal_p_values(memory.surprise_scores[is_first], other),
        )

    usual = rarer(memory.change_scores[~is_first], memory.surprise_scores[~is_first])
    found = conformal_p_values(-usual, -rarer(change, surprise))
    return np.where(np.isfinite(change + surprise), found, np.nan)


def reconstruct(model: TrainedAutoencoder, curve: LightCurve) -> Reconstruction:
    """Return the rates of a curve with the interval of the settings."""
    prepared = prepare(curve)
    posterior = model.posterior(prepared)
    rng = np.random.default_rng(_REPLICAS_SEED)
    expected = np.exp(posterior.log_rate) * prepared.exposure_s
    middle, width = scatter_posterior(
        expected, posterior.log_scatter, prepared.counts, prepared.background, prepared.visits
    )
    u = middle + width * rng.standard_normal(middle.shape)
    rates = np.exp(posterior.log_rate + u[:, prepared.visits, None])
    weights = posterior.weights
    order = np.argsort(rates, axis=0)
    ordered = np.take_along_axis(rates, order, axis=0)
    reached = np.cumsum(weights[order], axis=0)

    def quantile(share: float) -> Floats:
        at = (reached < share).sum(axis=0).clip(max=len(weights) - 1)
        found: Floats = np.take_along_axis(ordered, at[None], axis=0)[0]
        return found

    low, high = (quantile(share) for share in model.manifest.settings.scoring.quantiles)
    mean: Floats = np.einsum("d,dbk->bk", weights, rates)
    return Reconstruction(prepared.bins, mean, np.minimum(low, mean), np.maximum(high, mean))


def neighbours(model: TrainedAutoencoder, latent: Floats, n: int = 10) -> list[tuple[str, float]]:
    """Return the known sources nearest to a latent, nearest first: name and distance."""
    distance = np.sqrt(np.square(model.memory.latent.astype(np.float64) - latent).sum(axis=1))
    order = np.argsort(distance, kind="stable")[:n]
    return [(model.manifest.sources[at], float(distance[at])) for at in order]


def cluster_of(model: TrainedAutoencoder, latent: Floats) -> int:
    """Return the cluster of the nearest known source; -1 if it is in none."""
    distance = np.square(model.memory.latent.astype(np.float64) - latent).sum(axis=1)
    return int(model.memory.clusters[int(np.argmin(distance))]) if distance.size else -1


def _with_counts(prepared: Prepared, counts: Floats) -> Prepared:
    return replace(prepared, counts=np.where(prepared.is_known, counts, 0.0))
