"""Point sources on a grid of pixels, at any place between them.

Only the profile lives here; where sources are put is decided in `injection` and `artefacts`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Exponent of a turbulent atmosphere and real optics, after Trujillo et al. (2001, MNRAS 328, 977).
MOFFAT_BETA: Final = 3
_STEPS: Final = 3
_OFFSETS: Final = (np.arange(_STEPS) + 0.5) / _STEPS - 0.5


def moffat(
    side: int, row: float, column: float, fwhm_pixels: float, ellipticity: float = 0.0, angle: float = 0.0
) -> Floats:
    """Return a Moffat (1969, A&A 3, 455) profile of total 1, averaged over 3 x 3 places in each pixel.

    Parameters
    ----------
    side
        Of the square grid.
    row, column
        Of the centre, 0 is the middle of the first pixel; may lie outside.
    fwhm_pixels
        Full width at half maximum, along the mean of the axes.
    ellipticity, angle
        ``1 - b / a``, and where the long axis points, radians from the columns' direction.

    Returns
    -------
    ndarray of float64
        Shape (side, side). The total is that of an endless grid.
    """
    along = np.arange(side)[:, None] + _OFFSETS
    dy = (along - row).reshape(-1)[:, None]
    dx = (along - column).reshape(-1)[None, :]
    stretch = np.sqrt(1 - ellipticity)
    major = (dx * np.cos(angle) + dy * np.sin(angle)) * stretch
    minor = (dy * np.cos(angle) - dx * np.sin(angle)) / stretch
    width = fwhm_pixels / (2 * np.sqrt(2 ** (1 / MOFFAT_BETA) - 1))
    inverse = 1 / (1 + (major**2 + minor**2) / width**2)
    profile = inverse * inverse * inverse  # to the power MOFFAT_BETA, in a tenth of the time
    total = np.pi * width**2 / (MOFFAT_BETA - 1)
    fine: Floats = profile.reshape(side, _STEPS, side, _STEPS).mean(axis=(1, 3)) / total
    return fine


def noise_pixels(fwhm_pixels: float) -> float:
    """Return how many pixels' noise a fit with the profile gathers (King 1983, PASP 95, 163)."""
    width = fwhm_pixels / (2 * np.sqrt(2 ** (1 / MOFFAT_BETA) - 1))
    # The integral of the squared profile is (beta - 1)^2 / (pi width^2 (2 beta - 1)).
    return float(np.pi * width**2 * (2 * MOFFAT_BETA - 1) / (MOFFAT_BETA - 1) ** 2)
