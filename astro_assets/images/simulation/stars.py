"""Stars of a simulated field: where they are and how bright.

Magnitudes and positions live here; how they look is the PSF's business.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stars:
    """Stars of a field; all arrays of one shape (n,).

    Parameters
    ----------
    rows, columns
        Positions in pixels; some lie outside the frame, and shine into it.
    magnitudes
        On the scale of the frame's zero point.
    """

    rows: Floats
    columns: Floats
    magnitudes: Floats


def draw_magnitudes(
    rng: np.random.Generator, n: int, slope: float, brightest: float, faintest: float
) -> Floats:
    """Draw magnitudes of which ``10^(slope m)`` are brighter than m.

    Slopes of 0.3 to 0.4 hold from 12 to 18 mag towards most of the sky (Bahcall & Soneira 1980, ApJS 44,
    73); 0.6 is the Euclidean limit.

    Raises
    ------
    ValueError
        If the slope is not positive or there is no magnitude between the limits.
    """
    if slope <= 0 or brightest >= faintest:
        raise ValueError(f"no counts with slope {slope} from {brightest} to {faintest} mag")
    lowest = 10 ** (slope * (brightest - faintest))
    return faintest + np.log10(rng.uniform(lowest, 1.0, n)) / slope


def draw_stars(
    rng: np.random.Generator,
    shape: tuple[int, int],
    per_megapixel: float,
    slope: float,
    brightest: float,
    faintest: float,
    margin_pixels: int = 16,
) -> Stars:
    """Draw a field of stars at random positions, those of a margin around the frame included.

    Parameters
    ----------
    shape
        Of the frame, pixels.
    per_megapixel
        Expected number of stars between ``brightest`` and ``faintest`` magnitude.
    """
    height, width = shape[0] + 2 * margin_pixels, shape[1] + 2 * margin_pixels
    n = int(rng.poisson(per_megapixel * height * width / 1e6))
    magnitudes = draw_magnitudes(rng, n, slope, brightest, faintest)
    rows, columns = rng.uniform(0, height, n), rng.uniform(0, width, n)
    return Stars(rows - margin_pixels - 0.5, columns - margin_pixels - 0.5, magnitudes)


def electrons(magnitudes: ArrayLike, zero_point: float, exposure_s: float) -> Floats:
    """Return the electrons that sources release; ``zero_point`` is the magnitude of one a second."""
    return np.asarray(exposure_s * 10 ** (-0.4 * (np.asarray(magnitudes, np.float64) - zero_point)))
