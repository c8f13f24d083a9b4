"""Bayesian excess variance: rates that scatter from bin to bin by a log-normal law, band by band.

After bexvar (Buchner et al. 2022, A&A 661, A18), with quadrature in the place of nested sampling: of its two
parameters the mean is integrated about its maximum, and the scatter has a grid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.preparation import N_BANDS, Prepared
from astro_assets.xray.constant_rate import ConstantRate, fit_constant_rate, most_probable
from astro_assets.xray.poisson import log_normaliser, scatter_posterior, scattered_terms

Floats = NDArray[np.float64]

#: Scatter, nats: 0.002 to 1.3 dex, evenly in its logarithm as its prior is.
SCATTERS: Final = np.geomspace(0.005, 3.0, 18)
_MEAN_NODES, _SCATTER_NODES = 9, 11
_STEPS: Final = 12
_TURNS: Final = 30


@dataclass(frozen=True, slots=True)
class ScatterPosterior:
    """What the counts of a band tell of the scatter of its rate.

    Parameters
    ----------
    log_evidence
        Of each of :data:`SCATTERS`, the mean integrated out, counts' factorials left out.
    probability
        Of each, with a prior even in the logarithm.
    log_mean
        Most probable mean log-rate at each.
    """

    log_evidence: Floats
    probability: Floats
    log_mean: Floats

    def quantile(self, share: float) -> float:
        """Return the scatter below which so much of the probability is, nats."""
        reached = np.cumsum(self.probability) - 0.5 * self.probability
        return float(np.exp(np.interp(share, reached, np.log(SCATTERS))))


@dataclass(frozen=True, slots=True)
class ExcessVariance:
    """How scatters and log-rates are spread over sources.

    Parameters
    ----------
    rates
        Of log-rates.
    weights
        Probability of each of :data:`SCATTERS` in each band, (3, n).
    """

    rates: ConstantRate
    weights: Floats

    def log_evidence(self, curve: Prepared) -> float:
        """Return the log of the probability of a curve's counts, nats; bands and bins are independent."""
        total = -float(log_normaliser(curve.counts, curve.is_known).sum())
        for band, found in enumerate(self.posteriors(curve)):
            if found is not None:
                terms = found.log_evidence + np.log(np.maximum(self.weights[band], 1e-300))
                total += float(terms.max() + np.log(np.exp(terms - terms.max()).sum()))
        return total

    def posteriors(self, curve: Prepared) -> list[ScatterPosterior | None]:
        """Return what each band tells; None where there is nothing."""
        found: list[ScatterPosterior | None] = []
        for band in range(N_BANDS):
            known = curve.is_known[:, band]
            if not known.any():
                found.append(None)
                continue
            counts, exposure, background = (
                one[known, band] for one in (curve.counts, curve.exposure_s, curve.background)
            )
            prior = float(self.rates.mean[band]), float(self.rates.spread[band])
            found.append(scatter_of(counts, exposure, background, prior))
        return found


def fit_excess_variance(curves: Sequence[Prepared]) -> ExcessVariance:
    """Measure how scatters are spread over sources: the likeliest weights of a grid.

    Laird (1978, JASA 73, 805). So the baseline knows of its population what an autoencoder learns of it.
    """
    even = np.full((N_BANDS, SCATTERS.size), 1 / SCATTERS.size)
    start = ExcessVariance(fit_constant_rate(curves), even)
    found = [start.posteriors(curve) for curve in curves]
    weights = even.copy()
    for band in range(N_BANDS):
        rows = [one[band].log_evidence for one in found if one[band] is not None]  # type: ignore[union-attr]
        if not rows:
            continue
        likelihood = np.exp(np.array(rows) - np.max(rows, axis=1, keepdims=True))
        for _ in range(_TURNS):
            shares = likelihood * weights[band]
            weights[band] = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)
    return ExcessVariance(start.rates, weights)


def scatter_of(
    counts: Floats, exposure: Floats, background: Floats, prior: tuple[float, float]
) -> ScatterPosterior:
    """Return what the counts of a band tell of the scatter of its rate.

    Parameters
    ----------
    counts, exposure, background
        Of bins with exposure; seconds, and counts of the background expected among the counts; (bins,).
    prior
        Mean and standard deviation of the mean log-rate over sources, nats.
    """
    bins = np.arange(counts.size)
    arrays = [one[:, None] for one in (counts, exposure, background)]
    is_known = np.ones((counts.size, 1), bool)
    scatters = np.repeat(np.log(SCATTERS)[:, None], counts.size, axis=1)
    middle, width = _means(arrays, scatters, prior, most_probable(counts, exposure, background, *prior)[0])
    points, weights = np.polynomial.hermite.hermgauss(_MEAN_NODES)
    log_means = middle[:, None] + np.sqrt(2) * width[:, None] * points
    expected = np.exp(log_means)[..., None, None] * arrays[1]
    terms = scattered_terms(
        expected,
        np.repeat(scatters[:, None], _MEAN_NODES, axis=1),
        arrays[0],
        arrays[2],
        is_known,
        bins,
        _SCATTER_NODES,
    ).sum(axis=-1)
    terms += -0.5 * np.square((log_means - prior[0]) / prior[1]) - np.log(prior[1])
    terms += np.log(weights) + np.square(points)
    highest = terms.max(axis=1)
    evidence = highest + np.log(np.exp(terms - highest[:, None]).sum(axis=1))
    evidence += np.log(width) - 0.5 * np.log(np.pi)
    probability = np.exp(evidence - evidence.max())
    return ScatterPosterior(evidence, probability / probability.sum(), middle)


def _means(
    arrays: list[Floats], log_scatters: Floats, prior: tuple[float, float], start: float
) -> tuple[Floats, Floats]:
    """Return the most probable mean log-rate at each scatter, and its standard deviation."""
    counts, exposure, background = arrays
    bins = np.arange(len(counts))
    variance = np.exp(2 * log_scatters)
    middle, width = np.full(len(log_scatters), start), np.full(len(log_scatters), prior[1])
    for _ in range(_STEPS):
        expected = np.exp(middle)[:, None, None] * exposure
        u, spread = scatter_posterior(expected, log_scatters, counts, background, bins)
        # How far bins lie from the mean, and how much each knows of it.
        information = 1 / variance - np.minimum(spread**2 / variance**2, 1 / variance * (1 - 1e-9))
        slope = (u / variance).sum(axis=1) - (middle - prior[0]) / prior[1] ** 2
        width = 1 / np.sqrt(information.sum(axis=1) + prior[1] ** -2)
        middle = middle + np.clip(slope * width**2, -0.5, 0.5)
    return middle, width
