"""Sources that are real by making: a point source put into science and difference of a real background.

What is no source is made in `artefacts`.
"""

from __future__ import annotations

from math import log
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.real_bogus.backgrounds import GAIN, Background, photon_noise
from astro_assets.images.real_bogus.point_spread import moffat, noise_pixels
from astro_assets.images.real_bogus.preparation import SIDE

#: Alerts are issued from 5 sigma on (Masci et al. 2019, PASP 131, 018003).
SNR_RANGE: Final = (5.0, 150.0)
#: Where most alerts are: of so many the signal-to-noise ratio is drawn from below this.
_FAINT_SHARE, _FAINT_SNR = 0.6, 15.0
#: Standard deviation of where a source is found, pixels, and how far at most.
_JITTER_PIXELS, _FARTHEST_PIXELS = 0.35, 1.0
_CENTRE: Final = SIDE // 2
#: Of those that fade: the difference is turned over, and science is fainter than the template.
_FADING_SHARE: Final = 0.3


def injected_source(background: Background, rng: np.random.Generator) -> tuple[NDArray[np.float32], float]:
    """Put a point source into the middle of a background.

    It has the seeing of the packet, a tenth off at random, a little elongated, with photon noise. That of the
    difference is a little narrower or wider, as after matched subtraction (Zackay, Ofek & Gal-Yam 2016, ApJ
    830, 27). Some have faded: the template has them instead of science.

    Returns
    -------
    images
        Science, template, difference, float32, shape (3, 63, 63).
    snr
        Signal-to-noise ratio of a fit to the difference, without its own photon noise.
    """
    snr = drawn_snr(rng)
    fwhm = background.fwhm_pixels * float(np.clip(rng.normal(1.0, 0.1), 0.75, 1.3))
    shape = float(np.clip(abs(rng.normal(0, 0.06)), 0, 0.2)), float(rng.uniform(0, np.pi))
    row, column = centre(rng)
    flux = snr * _local_noise(background) * noise_pixels(fwhm) ** 0.5
    images = background.images.copy()
    in_science = flux * moffat(SIDE, row, column, fwhm, *shape)
    ratio = float(np.clip(rng.normal(1.0, 0.12), 0.7, 1.3))
    in_difference = flux * moffat(SIDE, row, column, fwhm * ratio, *shape)
    noise = photon_noise(in_science, rng)
    is_fading = rng.random() < _FADING_SHARE
    images[1 if is_fading else 0] += in_science + (0 if is_fading else noise)
    images[2] += in_difference + noise
    return images.astype(np.float32), snr


def _local_noise(background: Background) -> float:
    """Return the noise of a pixel in the middle of the difference, with that of the star or host there."""
    science = background.images[0]
    middle = science[_CENTRE - 2 : _CENTRE + 3, _CENTRE - 2 : _CENTRE + 3]
    is_measured = np.isfinite(middle)
    if not is_measured.any():
        return background.sigma[2]
    counts = float(middle[is_measured].mean()) - float(np.median(science[np.isfinite(science)]))
    return float(np.sqrt(background.sigma[2] ** 2 + max(0.0, counts) / GAIN))


def drawn_snr(rng: np.random.Generator) -> float:
    """Draw a signal-to-noise ratio: uniform in its logarithm, most of them faint."""
    low, high = SNR_RANGE[0], _FAINT_SNR if rng.random() < _FAINT_SHARE else SNR_RANGE[1]
    return float(np.exp(rng.uniform(log(low), log(high))))


def centre(rng: np.random.Generator) -> tuple[float, float]:
    """Draw where a detection is: near the middle of the middle pixel."""
    row, column = rng.normal(0, _JITTER_PIXELS, 2).clip(-_FARTHEST_PIXELS, _FARTHEST_PIXELS)
    return _CENTRE + float(row), _CENTRE + float(column)
