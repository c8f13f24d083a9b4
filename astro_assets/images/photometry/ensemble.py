"""The artificial comparison star: stars that are compared with one another, weighted by how quiet they are.

Fluxes of one aperture go in; what positions and airmass do to them is found in `illumination` and `trends`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from astro_assets.images.photometry.frame_sources import Booleans, Floats
from astro_assets.images.photometry.robust import row_medians
from astro_assets.images.photometry.settings import EnsembleSettings

#: Weights no longer change after a few steps; these are bounds.
MOST_STEPS: Final = 30
MOST_PURGES: Final = 40
#: A measurement this many of its star's scatters off does not count in its frame.
OUTLIER_SIGMA: Final = 5.0
#: A star's equals are so many stars next in brightness.
N_EQUALS: Final = 15
#: No star is quieter than this part of its equals' scatter: or few frames by chance make one reign.
QUIETEST_PART: Final = 0.5


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Comparison stars and what they say of the frames.

    Parameters
    ----------
    weights
        Of each star, shape (n_stars,); they sum to 1; 0 for stars that do not take part.
    counted
        Weight of each star that is in each frame's mean, shape (n_stars, n_frames).
    normalised
        Fluxes of comparison stars over their own means, 0 where not counted, shape (n_stars, n_frames).
    """

    weights: Floats
    counted: Floats
    normalised: Floats

    def zero_points(self, fewest_stars: int) -> Floats:
        """Brightness of the artificial star for each star, itself left out, shape (n_stars, n_frames).

        NaN in frames with fewer comparison stars than ``fewest_stars``.
        """
        light = np.sum(self.counted * self.normalised, axis=0) - self.counted * self.normalised
        weight = np.sum(self.counted, axis=0) - self.counted
        number = np.sum(self.counted > 0, axis=0) - (self.counted > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where((number >= fewest_stars) & (weight > 0), light / weight, np.nan)

    def relative(self, flux: Floats, fewest_stars: int) -> Floats:
        """Divide fluxes by the artificial star, and by their medians; shape (n_stars, n_frames)."""
        ratio = flux / self.zero_points(fewest_stars)
        return ratio / row_medians(ratio)[:, None]


def artificial_star(flux: Floats, is_candidate: Booleans, settings: EnsembleSettings) -> Ensemble:
    """Weigh comparison stars by their scatter against all others, and throw out those that vary.

    The algorithm of Broeg, Fernandez & Neuhaeuser (2005), AN 326, 134, with stars that are missing in some
    frames and with measurements that do not count.

    Parameters
    ----------
    flux
        Counts, NaN where there is no measurement, shape (n_stars, n_frames); the brightest stars first.
    is_candidate
        Which stars may take part, shape (n_stars,).
    settings
        When a star varies.

    Returns
    -------
    Ensemble
        Of the candidates that stay.

    Raises
    ------
    ValueError
        If there are too few candidates.
    """
    taken = np.flatnonzero(is_candidate)
    fewest = settings.fewest_stars + 1
    if taken.size < fewest:
        raise ValueError(f"{taken.size} stars can be compared with one another, {fewest} are needed")
    for purge in range(MOST_PURGES + 1):
        spread, counted, normalised = _balanced(flux[taken])
        ratio = spread / _of_equals(spread)
        steady = ratio <= settings.variable_ratio
        if steady.all() or steady.sum() < fewest or purge == MOST_PURGES:
            break
        # The worst first: they may be what makes others look bad.
        steady = ratio <= max(settings.variable_ratio, 0.5 * ratio.max())
        taken = taken[steady]
    weights = spread**-2 / np.sum(spread**-2)
    result = np.zeros((3, *flux.shape))
    result[0, taken, 0] = weights
    result[1, taken] = counted * weights[:, None]
    result[2, taken] = np.where(counted, normalised, 0)
    return Ensemble(result[0, :, 0], result[1], result[2])


def _balanced(flux: Floats) -> tuple[Floats, Booleans, Floats]:
    """Find each star's scatter against the others; which measurements count; fluxes over their means."""
    counted = np.isfinite(flux)
    means = row_medians(flux)
    normalised = flux / means[:, None]
    spread = np.ones(len(flux))
    for _ in range(MOST_STEPS):
        weight = np.where(counted, spread[:, None] ** -2, 0)
        light = np.sum(weight * np.where(counted, normalised, 0), axis=0)
        others = weight.sum(axis=0) - weight
        with np.errstate(divide="ignore", invalid="ignore"):
            own = np.where(counted, normalised, 0) * weight
            ratio = np.where(others > 0, normalised / ((light - own) / others), np.nan)
        middle = row_medians(ratio)
        normalised = normalised / middle[:, None]
        ratio = ratio / middle[:, None]
        before, spread = spread, _scatters(ratio, counted)
        spread = np.maximum(spread, QUIETEST_PART * _of_equals(spread))
        counted = np.isfinite(ratio) & (np.abs(ratio - 1) < OUTLIER_SIGMA * spread[:, None])
        if np.allclose(spread, before, rtol=1e-4):
            break
    return spread, counted, normalised


def _scatters(ratio: Floats, counted: Booleans) -> Floats:
    """Return standard deviations of the measurements that count, never zero, shape (n_stars,)."""
    counted = counted & np.isfinite(ratio)  # where no other star is measured, there is no ratio
    number = np.maximum(counted.sum(axis=1), 2)
    square = np.where(counted, (ratio - 1) ** 2, 0)
    spread = np.sqrt(square.sum(axis=1) / (number - 1))
    # With hardly a measurement that counts, the star is unknown: as bad as can be.
    return np.where(counted.sum(axis=1) < 3, 1.0, np.maximum(spread, 1e-7))


def _of_equals(spread: Floats) -> Floats:
    """Median scatter of the stars next in brightness, of which all are in order; shape (n_stars,)."""
    number = len(spread)
    width = min(N_EQUALS, number)
    first = np.clip(np.arange(number) - width // 2, 0, number - width)
    medians: Floats = np.median(spread[first[:, None] + np.arange(width)], axis=1)
    return medians
