"""The rates of a source as its counts and a trained autoencoder tell them, with intervals.

Intervals are those of the model: what no usual source does, they do not know.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.preparation import prepare
from astro_assets.xray.light_curve import LightCurve
from astro_assets.xray.poisson import scatter_posterior

Floats = NDArray[np.float64]

#: Factors of intervals that were not compared with true rates yet.
UNSTRETCHED: Final = ((1.0, 1.0, 1.0), (1.0, 1.0, 1.0))
#: From so much scatter on, nats, a source scatters much.
_MUCH: Final = 0.15
#: Draws that an interval is made of at least.
_LEAST_DRAWS: Final = 10
#: Steps of a bisection, which halve what is left: to a millionth of the way.
_HALVINGS: Final = 20


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Rates of the source that a curve's counts and the model tell, (n_bins, 3), counts a second.

    Parameters
    ----------
    bins
        Which bin of the light curve each is.
    rate
        Posterior median.
    low, high
        Ends of an interval: quantiles of the posterior, as the settings name them, stretched as the model
        was calibrated to.
    scatters
        Whether the source scatters much from visit to visit.
    """

    bins: NDArray[np.int64]
    rate: Floats
    low: Floats
    high: Floats
    scatters: bool


def reconstruct(model: TrainedAutoencoder, curve: LightCurve) -> Reconstruction:
    """Return the rates of a curve with the interval of the settings."""
    prepared = prepare(curve)
    posterior = model.posterior(prepared)
    expected = np.exp(posterior.log_rate) * prepared.exposure_s
    middle, width = scatter_posterior(
        expected, posterior.log_scatter, prepared.counts, prepared.background, prepared.visits
    )
    log_rates = posterior.log_rate + middle[:, prepared.visits, None]
    widths = np.broadcast_to(width[:, prepared.visits, None], log_rates.shape)
    weights = tempered(posterior.log_weights)
    scatters = bool((weights @ np.exp(posterior.log_scatter)).mean() > _MUCH)
    low, high = model.manifest.settings.scoring.quantiles
    ends = [mixture_quantile(log_rates, widths, weights, share) for share in (low, 0.5, high)]
    scale = np.array(model.manifest.interval_scale[int(scatters)])
    stretched = [np.exp(ends[1] + scale * (end - ends[1])) for end in ends]
    return Reconstruction(prepared.bins, stretched[1], stretched[0], stretched[2], scatters)


def mixture_quantile(means: Floats, widths: Floats, weights: Floats, share: float) -> Floats:
    """Return a quantile of mixtures of normal distributions, by bisection.

    Parameters
    ----------
    means, widths
        Of the parts, (parts, ...).
    weights
        Of the parts, which sum to 1, (parts,).
    share
        Of the probability that lies below.
    """
    from scipy.special import ndtr

    below, above = (means - 8 * widths).min(axis=0), (means + 8 * widths).max(axis=0)
    for _ in range(_HALVINGS):
        middle = (below + above) / 2
        is_below = np.tensordot(weights, ndtr((middle - means) / widths), axes=1) < share
        below, above = np.where(is_below, middle, below), np.where(is_below, above, middle)
    return np.asarray((below + above) / 2, np.float64)


def tempered(log_weights: Floats) -> Floats:
    """Return normalised weights, evened out until so many draws count as an interval needs.

    Of a bright source often a single draw has all the weight, and would be told without any uncertainty.
    """
    least = min(_LEAST_DRAWS, len(log_weights))
    centred = log_weights - log_weights.max()

    def powered(power: float) -> Floats:
        weights = np.exp(power * centred)
        return np.asarray(weights / weights.sum(), np.float64)

    def is_enough(power: float) -> bool:
        return bool(1 / np.square(powered(power)).sum() >= least)

    if is_enough(1.0):
        return powered(1.0)
    low, high = 0.0, 1.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if is_enough(middle) else (low, middle)
    return powered(low)
