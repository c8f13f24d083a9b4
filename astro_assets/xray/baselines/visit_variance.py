"""Excess variance that the bands and bins of a visit share: what knows of usual sources all but their order.

Bayesian excess variance, as in `excess_variance`, lets each bin of each band scatter by itself. Sources vary
in all bands at once, and hardly within a minute: who knows that explains them better, without any network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.preparation import N_BANDS, Prepared
from astro_assets.xray.constant_rate import ConstantRate, fit_constant_rate
from astro_assets.xray.poisson import log_normaliser, scatter_posterior, scattered_terms, starts_of

Floats = NDArray[np.float64]

#: Scatter, nats.
SCATTERS: Final = np.geomspace(0.02, 2.5, 10)
_STEPS: Final = 12
#: Nodes in each band of the integral over the mean log-rates.
_NODES: Final = 3
_TURNS: Final = 30


@dataclass(frozen=True, slots=True)
class VisitVariance:
    """How scatters and log-rates are spread over sources.

    Parameters
    ----------
    rates
        Of log-rates.
    weights
        Probability of each of :data:`SCATTERS`, (n,).
    """

    rates: ConstantRate
    weights: Floats

    def log_evidence(self, curve: Prepared) -> float:
        """Return the log of the probability of a curve's counts, nats."""
        terms = self.log_evidences(curve) + np.log(np.maximum(self.weights, 1e-300))
        return float(np.logaddexp.reduce(terms)) - float(log_normaliser(curve.counts, curve.is_known).sum())

    def log_evidences(self, curve: Prepared) -> Floats:
        """Return the log-evidence at each of :data:`SCATTERS`, without the counts' factorials, (n,).

        The three mean log-rates are integrated out by quadrature about their most probable values.
        """
        log_scatters = np.repeat(np.log(SCATTERS)[:, None], curve.n_bins, axis=1)
        middle, covariance = _most_probable(curve, self.rates, log_scatters)
        points, weights = np.polynomial.hermite.hermgauss(_NODES)
        nodes = np.array(list(product(points, repeat=N_BANDS)))
        log_weights = np.array([np.log(one).sum() for one in product(weights, repeat=N_BANDS)])
        root = np.linalg.cholesky(covariance)
        means = middle[:, None] + np.sqrt(2) * nodes @ root.swapaxes(-1, -2)
        terms = scattered_terms(
            np.exp(means)[:, :, None, :] * curve.exposure_s,
            np.repeat(log_scatters[:, None], len(nodes), axis=1),
            curve.counts,
            curve.background,
            curve.is_known,
            curve.visits,
        ).sum(axis=-1)
        offset = (means - self.rates.mean) / self.rates.spread
        terms += (-0.5 * np.square(offset) - np.log(self.rates.spread)).sum(axis=-1)
        terms += log_weights + np.square(nodes).sum(axis=1)
        halved = np.log(np.diagonal(root, axis1=-2, axis2=-1)).sum(axis=-1)
        found: Floats = np.logaddexp.reduce(terms, axis=1) + halved - 0.5 * N_BANDS * np.log(np.pi)
        return found


def fit_visit_variance(curves: Sequence[Prepared]) -> VisitVariance:
    """Measure how scatters are spread over sources: the likeliest weights of a grid.

    Laird (1978, JASA 73, 805).
    """
    even = np.full(SCATTERS.size, 1 / SCATTERS.size)
    start = VisitVariance(fit_constant_rate(curves), even)
    rows = np.array([start.log_evidences(curve) for curve in curves])
    likelihood = np.exp(rows - rows.max(axis=1, keepdims=True))
    weights = even
    for _ in range(_TURNS):
        shares = likelihood * weights
        weights = (shares / shares.sum(axis=1, keepdims=True)).mean(axis=0)
    return VisitVariance(start.rates, weights)


def _most_probable(curve: Prepared, rates: ConstantRate, log_scatters: Floats) -> tuple[Floats, Floats]:
    """Return the most probable mean log-rates at each scatter, (n, 3), and their covariance, (n, 3, 3)."""
    starts = starts_of(curve.visits)
    inverse = np.exp(-2 * log_scatters[:, starts])
    middle = np.tile(rates.mean, (len(log_scatters), 1))
    covariance = np.tile(np.diag(rates.spread**2), (len(log_scatters), 1, 1))
    for _ in range(_STEPS):
        expected = np.exp(middle)[:, None, :] * curve.exposure_s
        u, _ = scatter_posterior(expected, log_scatters, curve.counts, curve.background, curve.visits)
        source = expected * np.exp(u)[:, curve.visits - curve.visits[0], None]
        part = source / np.maximum(source + curve.background, 1e-30)
        pull = np.where(curve.is_known, curve.counts * part - source, 0.0).sum(axis=1)
        slope = pull - (middle - rates.mean) / rates.spread**2
        # What a band's counts in a visit tell is in part of the visit's scatter, which all bands share.
        each = np.add.reduceat(np.where(curve.is_known, part * source, 0.0), starts, axis=1)
        shared = each / np.sqrt(each.sum(axis=-1, keepdims=True) + inverse[..., None])
        information = np.einsum("nvb,bc->nbc", each, np.eye(N_BANDS)) - np.einsum(
            "nvb,nvc->nbc", shared, shared
        )
        covariance = np.linalg.inv(information + np.diag(rates.spread**-2.0))
        step = np.einsum("nbc,nc->nb", covariance, slope)
        middle = middle + step.clip(-1.0, 1.0)
    return middle, covariance
