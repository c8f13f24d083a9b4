"""How much of the latent is used: active units, and what each latent costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Variance over curves of a latent's mean from which it is in use (Burda, Grosse & Salakhutdinov 2016, ICLR).
ACTIVE_VARIANCE: Final = 0.01

#: Nats of divergence from which a latent says something of most curves.
INFORMATIVE: Final = 0.1


@dataclass(frozen=True, slots=True)
class Usage:
    """Latents in use, and the divergence of each from the prior, nats, largest first."""

    active_units: int
    divergence: list[float]


def usage_of(means: Floats, divergences: Floats) -> Usage:
    """Count the latents in use.

    Parameters
    ----------
    means, divergences
        Of each curve and latent, (n, latent).
    """
    active = int((means.var(axis=0) > ACTIVE_VARIANCE).sum())
    each = np.sort(divergences.mean(axis=0))[::-1]
    return Usage(active, [float(value) for value in each])


def latent_scale(means: NDArray[np.floating], log_variances: NDArray[np.floating]) -> Floats:
    """Return by what latents are multiplied before distances are taken, (latent,).

    Those that say something, one at least, count by how much they differ between curves; the others, of which
    there may be many and which are noise beside them, by 0.

    Parameters
    ----------
    means, log_variances
        Of each curve and latent, (n, latent).
    """
    cost = divergences(means, log_variances).mean(axis=0)
    spread = np.maximum(np.asarray(means, np.float64).std(axis=0), 1e-6)
    return np.where(cost >= min(INFORMATIVE, float(cost.max())), 1 / spread, 0.0)


def divergences(means: NDArray[np.floating], log_variances: NDArray[np.floating]) -> Floats:
    """Return the divergence of each latent of each curve from the prior, nats, (n, latent)."""
    found = 0.5 * (np.square(means) + np.exp(log_variances) - 1 - log_variances)
    return np.asarray(found, np.float64)
