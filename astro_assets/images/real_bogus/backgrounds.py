"""Real triplets with their own source taken out: what is injected into.

Both classes begin here, so that nothing of how a source was taken out tells them apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.real_bogus.preparation import SIDE

_CENTRE: Final = SIDE // 2
#: Seeing of ZTF where a packet tells none that can be, pixels.
_USUAL_FWHM_PIXELS: Final = 2.1
_SEEING_PIXELS: Final = (1.7, 6.0)
#: Electrons a count; ZTF (Dekany et al. 2020, PASP 132, 038001).
GAIN: Final = 6.2
#: Radius that is taken out, in widths at half maximum, and its bounds in pixels.
_RADIUS_FWHM: Final = 2.2
_RADIUS_PIXELS: Final = (5, 9)
_MAD: Final = 0.6744898
#: Places that are compared when a patch is looked for.
_N_PLACES: Final = 24


@dataclass(frozen=True, slots=True)
class Source:
    """A real triplet and what its packet says of it.

    Parameters
    ----------
    images
        Science, template, difference, shape (3, 63, 63); NaN is no measurement.
    fwhm_pixels
        Seeing; NaN where it is unknown.
    is_positive
        Whether the source brightened; the difference is positive at it either way.
    group
        What must never be on both sides of a split: the object.
    """

    images: NDArray[np.floating]
    fwhm_pixels: float
    is_positive: bool
    group: str


@dataclass(frozen=True, slots=True)
class Background:
    """A triplet without a source in its middle.

    Parameters
    ----------
    images
        Float64, shape (3, 63, 63).
    sigma
        Noise of a pixel of science, template and difference.
    fwhm_pixels
        Seeing.
    group
        As above.
    """

    images: NDArray[np.float64]
    sigma: tuple[float, float, float]
    fwhm_pixels: float
    group: str


def seeing_pixels(told: float) -> float:
    """Return a packet's width where it can be the seeing, else the usual: that of hot pixels is less."""
    low, high = _SEEING_PIXELS
    return told if isfinite(told) and low <= told <= high else _USUAL_FWHM_PIXELS


def background_of(source: Source, rng: np.random.Generator) -> Background:
    """Take the source out of a real triplet.

    Its disc in the difference is replaced by one from elsewhere in the same difference, the quietest of some
    that are drawn, and what this takes away is taken out of the science stamp too (or put back, where the
    source had faded): at ZTF both have one zero point. The template, with its host or star, stays, and where
    science is bright the difference gets its photon noise back.

    Parameters
    ----------
    rng
        Decides where the disc comes from.
    """
    images = np.array(source.images, dtype=np.float64)
    images[np.abs(images) > 1e12] = np.nan
    science, _, difference = images
    fwhm = seeing_pixels(source.fwhm_pixels)
    radius = int(np.clip(round(_RADIUS_FWHM * fwhm), *_RADIUS_PIXELS))
    disc = _disc(radius)
    middle = slice(_CENTRE - radius, _CENTRE + radius + 1)
    own = difference[middle, middle].copy()
    patch = _quiet_patch(difference, radius, disc, rng)
    taken = np.where(disc & np.isfinite(own) & np.isfinite(patch), own - patch, 0.0)
    difference[middle, middle] -= taken
    science[middle, middle] -= taken if source.is_positive else -taken
    level = float(np.median(science[np.isfinite(science)])) if np.isfinite(science).any() else 0.0
    counts = np.maximum(science[middle, middle] - level, 0)
    difference[middle, middle] += np.where(taken != 0, photon_noise(counts, rng), 0.0)
    return Background(images, noise_of(images), fwhm, source.group)


def noise_of(images: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the robust standard deviation of each stamp's pixels, 1 where it has none."""
    sigmas = []
    for image in images:
        values = image[np.isfinite(image)]
        found = float(np.median(np.abs(values - np.median(values)))) / _MAD if values.size else 0.0
        sigmas.append(found or 1.0)
    return sigmas[0], sigmas[1], sigmas[2]


def photon_noise(counts: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw the photon noise of an image of counts: normal, which it is where it matters."""
    return rng.normal(size=counts.shape) * np.sqrt(np.maximum(counts, 0) / GAIN)


def moved(background: Background, rng: np.random.Generator, most_pixels: int = 10) -> Background:
    """Bring another place of the background into the middle; what is beyond the stamp is mirrored.

    About the middle, to a radius of ``31 - most_pixels``, all pixels are real.
    """
    down, right = (int(step) for step in rng.integers(-most_pixels, most_pixels + 1, 2))
    m = most_pixels
    wide = np.pad(background.images, ((0, 0), (m, m), (m, m)), mode="reflect")
    images = wide[:, m + down : m + down + SIDE, m + right : m + right + SIDE]
    return Background(images.copy(), background.sigma, background.fwhm_pixels, background.group)


def _disc(radius: int) -> NDArray[np.bool_]:
    at = np.arange(-radius, radius + 1)
    return np.hypot(at[:, None], at[None, :]) <= radius + 0.5


def _quiet_patch(
    image: NDArray[np.float64], radius: int, disc: NDArray[np.bool_], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Find the patch of noise nearest to what most of the image is, away from the middle."""
    best, least = np.zeros(disc.shape), np.inf
    middle = float(np.median(image[np.isfinite(image)])) if np.isfinite(image).any() else 0.0
    for _ in range(_N_PLACES):
        row, column = (int(at) for at in rng.integers(radius, SIDE - radius, 2))
        if np.hypot(row - _CENTRE, column - _CENTRE) < 2 * radius + 1:
            continue
        patch = image[row - radius : row + radius + 1, column - radius : column + radius + 1]
        values = patch[disc]
        if not np.isfinite(values).all():
            continue
        unrest = float(np.abs(values - middle).max())
        if unrest < least:
            best, least = patch.copy(), unrest
    return best if np.isfinite(least) else np.full(disc.shape, middle)
