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

_SEED: Final = 5_102_018
#: Draws that an interval is made of at least, and steps to the weights that do so.
_LEAST_DRAWS: Final = 10
_HALVINGS: Final = 30


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
        Ends of an interval: quantiles of the posterior, as the settings name them, stretched as the model
        was calibrated to.
    """

    bins: NDArray[np.int64]
    rate: Floats
    low: Floats
    high: Floats


def reconstruct(model: TrainedAutoencoder, curve: LightCurve) -> Reconstruction:
    """Return the rates of a curve with the interval of the settings."""
    prepared = prepare(curve)
    posterior = model.posterior(prepared)
    rng = np.random.default_rng(_SEED)
    expected = np.exp(posterior.log_rate) * prepared.exposure_s
    middle, width = scatter_posterior(
        expected, posterior.log_scatter, prepared.counts, prepared.background, prepared.visits
    )
    u = middle + width * rng.standard_normal(middle.shape)
    rates = np.exp(posterior.log_rate + u[:, prepared.visits, None])
    weights = tempered(posterior.log_weights)
    order = np.argsort(rates, axis=0)
    ordered = np.take_along_axis(rates, order, axis=0)
    reached = np.cumsum(weights[order], axis=0)

    def quantile(share: float) -> Floats:
        at = (reached < share).sum(axis=0).clip(max=len(weights) - 1)
        found: Floats = np.take_along_axis(ordered, at[None], axis=0)[0]
        return found

    low, high = (quantile(share) for share in model.manifest.settings.scoring.quantiles)
    mean: Floats = np.einsum("d,dbk->bk", weights, rates)
    scale = model.manifest.interval_scale
    low = mean * np.power(np.minimum(low, mean) / mean, scale)
    high = mean * np.power(np.maximum(high, mean) / mean, scale)
    return Reconstruction(prepared.bins, mean, low, high)


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
