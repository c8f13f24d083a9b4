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


def informative(means: NDArray[np.floating], log_variances: NDArray[np.floating]) -> Floats:
    """Return the latents that say something, each by how much it differs between curves, (n, informative).

    The first one at least; the others are noise beside them, of which there may be many.

    Parameters
    ----------
    means, log_variances
        Of each curve and latent, (n, latent).
    """
    divergence = 0.5 * (np.square(means) + np.exp(log_variances) - 1 - log_variances).mean(axis=0)
    chosen = divergence >= min(INFORMATIVE, float(divergence.max()))
    found = np.asarray(means, np.float64)[:, chosen]
    scaled: Floats = (found - found.mean(axis=0)) / np.maximum(found.std(axis=0), 1e-6)
    return scaled
