"""How wide intervals of reconstructed rates must be to hold what they promise, by sources of known rates.

The posterior of a network is too narrow: of 32 draws of the latent a few have all the weight, and bands are
taken to scatter together. Intervals are stretched by factors that sources tell to which nothing was fitted
(split conformal prediction, as in Romano, Patterson & Candès 2019, NeurIPS).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.xray.autoencoder.model import TrainedAutoencoder
from astro_assets.xray.autoencoder.preparation import N_BANDS
from astro_assets.xray.autoencoder.reconstruction import Reconstruction, reconstruct
from astro_assets.xray.autoencoder.source import Source

Floats = NDArray[np.float64]
Scale = tuple[tuple[float, float, float], tuple[float, float, float]]

#: Sources that factors are told by.
_FEWEST: Final = 20
#: Half-widths are this wide at least, in nats, and factors this large.
_NARROWEST: Final = 1e-3


def interval_scale(model: TrainedAutoencoder, sources: Sequence[Source]) -> Scale:
    """Return the factors on the logarithmic half-widths of intervals that make them hold what they promise.

    Of each band, of sources that scatter little and of those that scatter much, for a bin of a source, both
    drawn at random; where there are too few of one sort, of both together; 1 where the rates of too few are
    known. The intervals of ``model`` must not be
    stretched yet.
    """
    low, high = model.manifest.settings.scoring.quantiles
    needed: tuple[list[Floats], list[Floats]] = ([], [])
    for one in sources:
        if one.rate is not None:
            found = reconstruct(model, one.curve)
            needed[int(found.scatters)].append(needed_scale(found, one.rate))
    all_ = [*needed[0], *needed[1]]
    little, much = (_factors(some if len(some) >= _FEWEST else all_, high - low) for some in needed)
    return little, much


def _factors(needed: list[Floats], share: float) -> tuple[float, float, float]:
    soft, middle, hard = (_quantile([one[:, band] for one in needed], share) for band in range(N_BANDS))
    return soft, middle, hard


def _quantile(needed: list[Floats], share: float) -> float:
    """Return the factor that is enough for so many bins of a further source."""
    if len(needed) < _FEWEST:
        return 1.0
    each = np.concatenate(needed)
    weights = np.concatenate([np.full(one.size, 1 / one.size) for one in needed])
    order = np.argsort(each, kind="stable")
    # A further source might need any factor: it counts with those that need the most.
    reached = np.cumsum(weights[order]) / (len(needed) + 1)
    at = min(int(np.searchsorted(reached, share)), each.size - 1)
    return float(max(each[order][at], _NARROWEST))


def needed_scale(found: Reconstruction, rate: Floats) -> Floats:
    """Return by how much the half-width of each interval would have to be stretched to hold the true rate.

    Parameters
    ----------
    rate
        Of all bins of the curve, (n_bins, n_bands).
    """
    true = np.log(np.maximum(rate[found.bins], 1e-300))
    middle, low, high = (np.log(np.maximum(one, 1e-300)) for one in (found.rate, found.low, found.high))
    over = (true - middle) / np.maximum(high - middle, _NARROWEST)
    under = (middle - true) / np.maximum(middle - low, _NARROWEST)
    return np.asarray(np.maximum(over, under), np.float64)


def coverage(model: TrainedAutoencoder, sources: Sequence[Source]) -> dict[str, float]:
    """Return the share of true rates that are inside of the intervals, by kind of source."""
    inside: dict[str, list[float]] = {}
    for one in sources:
        if one.rate is not None:
            needed = needed_scale(reconstruct(model, one.curve), one.rate)
            inside.setdefault(one.kind, []).append(float((needed <= 1).mean()))
    return {kind: float(np.mean(shares)) for kind, shares in sorted(inside.items())}
