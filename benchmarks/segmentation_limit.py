"""How many sources at a signal-to-noise ratio of 5 a filter that knows the noise finds: the most there is.

White noise alone, the seeing of the simulated scenes, sources whose filtered peak is drawn from 4.5 to 5.5;
the threshold leaves so many peaks of noise a megapixel.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.simulation.settings import SceneSettings

Image = NDArray[np.float64]

_SIDE, _APART, _REACH = 256, 32, 12
_SIGMA_A_FWHM = 1 / 2.3548
#: Peaks closer than this, in FWHM, are one, as for the segmenter; lower ones are of no interest.
_ONE_PEAK, _LOWEST = 0.7, 4.0
_SNR = (4.5, 5.5)


def share_found(settings: SceneSettings, false_per_megapixel: float, megapixels: float = 150.0) -> float:
    """Return the share of sources above the threshold that leaves so many peaks of noise, of either sign."""
    from scipy.ndimage import maximum_filter

    rng = np.random.default_rng(5)
    n_fields = int(np.ceil(megapixels * 1e6 / _SIDE**2))
    false, seen = [], []
    for _ in range(n_fields):
        fwhm = max(rng.uniform(*settings.fwhm_pixels), rng.uniform(*settings.reference_fwhm_pixels))
        half = max(1, round(_ONE_PEAK * fwhm))
        noise = _filtered_noise(rng, fwhm)
        height = np.abs(noise)
        highest = maximum_filter(height, 2 * half + 1, mode="wrap")
        false.append(height[(height == highest) & (height > _LOWEST)])
        seen.append(_heights_of_sources(rng, noise, fwhm, half))
    peaks = np.sort(np.concatenate(false))[::-1]
    threshold = peaks[int(false_per_megapixel * n_fields * _SIDE**2 / 1e6)]
    return float((np.concatenate(seen) > threshold).mean())


def _filtered_noise(rng: np.random.Generator, fwhm: float) -> Image:
    """Filter white noise with the PSF, scatter 1."""
    from scipy.ndimage import gaussian_filter

    sigma = fwhm * _SIGMA_A_FWHM
    noise: Image = gaussian_filter(rng.standard_normal((_SIDE, _SIDE)), sigma, mode="wrap", truncate=5)
    return noise * np.sqrt(4 * np.pi) * sigma


def _heights_of_sources(rng: np.random.Generator, noise: Image, fwhm: float, half: int) -> Image:
    """Put sources on a grid, and return the highest pixel near each."""
    middles = np.arange(_APART // 2, _SIDE, _APART)
    steps = np.arange(-_REACH, _REACH + 1)
    # A source that was filtered with its own profile is wider by the square root of two.
    profile = np.exp(-(steps[:, None] ** 2 + steps**2) / (4 * (fwhm * _SIGMA_A_FWHM) ** 2))
    peaks = np.exp(rng.uniform(*np.log(_SNR), (middles.size, middles.size)))
    rows, columns = np.meshgrid(middles, middles, indexing="ij")
    around = noise[rows[..., None, None] + steps[:, None], columns[..., None, None] + steps]
    seen = around + peaks[..., None, None] * profile
    near = slice(_REACH - half, _REACH + half + 1)
    highest: Image = np.abs(seen[..., near, near]).max(axis=(2, 3)).ravel()
    return highest
