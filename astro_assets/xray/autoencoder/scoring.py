"""What a trained autoencoder says of a light curve: evidence, changes, p-values, neighbours.

A curve's score depends on the curve and the model alone, whatever was scored before it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.learning.conformal import conformal_p_values
from astro_assets.xray.autoencoder.changes import change_evidence, constant_change, windows_of
from astro_assets.xray.autoencoder.evidence import Posterior, log_likelihoods
from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.preparation import Prepared, prepare, without
from astro_assets.xray.light_curve import LightCurve
from astro_assets.xray.poisson import starts_of

Floats = NDArray[np.float64]

#: Draws of counts that a curve's likelihood is compared with.
_REPLICAS: Final = 8
_REPLICAS_SEED: Final = 5_102_017


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
    variability_score
        Log of the evidence of a source that varies, as usual ones do or by a change, over that of a constant
        rate.
    change_score
        Log of the evidence of a change on top of a usual source over that of a usual source.
    surprise_score
        By how many standard deviations the counts are less likely than counts of the same rates.
    first_bin, last_bin, is_state
        Where the best change is; -1 if the curve is too short for any.
    p_constant
        How often constant sources have a variability score as high; NaN without counts.
    p_usual
        How often usual sources, variable ones among them, have a change or surprise score as rare.
    effective_draws
        Draws of the latent that count; of few the evidence is a rough one.
    """

    latent: Floats
    log_variance: Floats
    log_evidence: float
    nll_per_count: float
    variability_score: float
    change_score: float
    surprise_score: float
    first_bin: int
    last_bin: int
    is_state: bool
    p_constant: float
    p_usual: float
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
        return latent_alone(posterior.mean, posterior.log_variance)
    evidences = evidences_of(model, curve, prepared, posterior)
    variability = evidences.variability_score()
    change = evidences.change_score(model.manifest.constant_share)
    surprise = surprise_score(model, prepared, posterior)
    return Scored(
        latent=posterior.mean,
        log_variance=posterior.log_variance,
        log_evidence=evidences.usual,
        nll_per_count=-evidences.usual / max(prepared.counts.sum(), 1.0),
        variability_score=variability,
        change_score=change,
        surprise_score=surprise,
        first_bin=evidences.first_bin,
        last_bin=evidences.last_bin,
        is_state=evidences.is_state,
        p_constant=float(p_constant(model, np.array([variability]))[0]),
        p_usual=float(p_usual(model, np.array([change]), np.array([surprise]))[0]),
        effective_draws=posterior.effective_draws,
    )


def latent_alone(latent: Floats, log_variance: Floats) -> Scored:
    """Return what is said of a curve whose latent alone is known."""
    nan = float("nan")
    return Scored(latent, log_variance, nan, nan, nan, nan, nan, -1, -1, False, nan, nan, nan)


@dataclass(frozen=True, slots=True)
class Evidences:
    """Logs of the probability of a curve's counts, nats.

    Parameters
    ----------
    usual, constant
        Of a source as the autoencoder knows them, and of one at a constant rate.
    changed, constant_changed
        The same with a change in some bins in a row, of unknown place and size.
    first_bin, last_bin, is_state
        Where the best change is; -1 if the curve is too short for any.
    """

    usual: float
    constant: float
    changed: float
    constant_changed: float
    first_bin: int
    last_bin: int
    is_state: bool

    def variability_score(self) -> float:
        """Return the log-ratio of evidences of a source that varies and of one that does not.

        It may vary as usual sources do, change in some bins, or both: one is as likely as another.
        """
        varying = [self.usual, self.changed, self.constant_changed]
        return float(np.logaddexp.reduce(varying) - np.log(len(varying)) - self.constant)

    def change_score(self, constant_share: float) -> float:
        """Return the log-ratio with and without a change, of sources of which so many are constant."""
        shares = np.log([1 - constant_share, constant_share])
        changed = np.logaddexp(shares[0] + self.changed, shares[1] + self.constant_changed)
        usual = np.logaddexp(shares[0] + self.usual, shares[1] + self.constant)
        return float(changed - usual)


def evidences_of(
    model: TrainedAutoencoder, curve: LightCurve, prepared: Prepared, posterior: Posterior
) -> Evidences:
    """Work out the evidences of a curve with counts."""
    usual, constant = posterior.log_evidence, model.constant.log_evidence(prepared)
    windows = windows_of(prepared)
    if not windows:
        return Evidences(usual, constant, usual, constant, -1, -1, False)
    found = []
    for window in windows:
        is_hidden = np.zeros(curve.counts.shape, bool)
        is_hidden[prepared.bins[window.first : window.end]] = True
        of_rest = model.posterior(prepare(without(curve, is_hidden)))
        told = of_rest.log_rate, of_rest.log_scatter, of_rest.log_weights
        found.append(change_evidence(prepared, window, told, model.decoder) + window.log_prior)
    of_constant = [constant + window.log_constant_ratio + window.log_prior for window in windows]
    best = windows[int(np.argmax(np.logaddexp(found, of_constant)))]
    return Evidences(
        usual=usual,
        constant=constant,
        changed=float(np.logaddexp.reduce(found)),
        constant_changed=constant + constant_change(prepared),
        first_bin=int(prepared.bins[best.first]),
        last_bin=int(prepared.bins[best.end - 1]),
        is_state=best.is_state,
    )


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


def p_constant(model: TrainedAutoencoder, variability: Floats) -> Floats:
    """Return how often constant sources seem to vary as much; NaN stays NaN."""
    memory = model.memory
    found = conformal_p_values(memory.variability_scores[memory.is_constant], variability)
    return np.where(np.isfinite(variability), found, np.nan)


def p_usual(model: TrainedAutoencoder, change: Floats, surprise: Floats) -> Floats:
    """Return how often usual sources are as strange in the stranger of two ways; NaN stays NaN.

    How rare each score is among the calibration curves, and how rare the rarer of both is among theirs.
    """
    memory = model.memory

    def rarer(one: Floats, other: Floats) -> Floats:
        return np.minimum(
            conformal_p_values(memory.change_scores, one), conformal_p_values(memory.surprise_scores, other)
        )

    # Each of them is among those that it is compared with: once too often.
    usual = rarer(memory.change_scores, memory.surprise_scores) - 1 / (memory.change_scores.size + 1)
    found = conformal_p_values(-usual, -rarer(change, surprise))
    return np.where(np.isfinite(change + surprise), found, np.nan)


def neighbours(model: TrainedAutoencoder, latent: Floats, n: int = 10) -> list[tuple[str, float]]:
    """Return the known sources nearest to a latent, nearest first: name and distance."""
    distance = _distances(model, latent)
    order = np.argsort(distance, kind="stable")[:n]
    return [(model.manifest.sources[at], float(distance[at])) for at in order]


def cluster_of(model: TrainedAutoencoder, latent: Floats) -> int:
    """Return the cluster of the nearest known source; -1 if it is in none."""
    distance = _distances(model, latent)
    return int(model.memory.clusters[int(np.argmin(distance))]) if distance.size else -1


def _distances(model: TrainedAutoencoder, latent: Floats) -> Floats:
    points = model.memory.near(model.memory.latent)
    return np.asarray(np.sqrt(np.square(points - model.memory.near(latent)).sum(axis=1)), np.float64)


def _with_counts(prepared: Prepared, counts: Floats) -> Prepared:
    return replace(prepared, counts=np.where(prepared.is_known, counts, 0.0))
