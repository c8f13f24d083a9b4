"""What the network sees of a triplet: the one function that both training and scoring go through.

Nothing is learnt here and nothing depends on other triplets.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

SIDE: Final = 63
#: Science, template, difference, and where all three are measurements.
CHANNELS: Final = 4
#: So many sigma are still nearly linear after asinh (Lupton, Gunn & Szalay 1999, AJ 118, 1406).
_SOFTENING: Final = 3.0
#: A median absolute deviation of normal noise, in standard deviations.
_MAD: Final = 0.6744898
#: What is brighter, in sigma, looks the same.
_BRIGHTEST: Final = 1e6


def prepared(images: NDArray[np.floating]) -> NDArray[np.float32]:
    """Scale each stamp by its own noise, compress what is bright, and mark what is no measurement.

    Parameters
    ----------
    images
        Science, template, difference of each triplet, shape (n, 3, 63, 63), in any unit; NaN and infinite
        values are no measurements.

    Returns
    -------
    ndarray of float32
        Shape (n, 4, 63, 63): of each stamp ``asinh((x - median) / (3 sigma))`` with sigma from the median
        absolute deviation, 0 where it is no measurement; last 1 where all three stamps are.

    Raises
    ------
    ValueError
        If the shape is another one.
    """
    if images.ndim != 4 or images.shape[1:] != (3, SIDE, SIDE):
        raise ValueError(f"triplets have the shape (n, 3, {SIDE}, {SIDE}), not {images.shape}")
    found = np.zeros((len(images), CHANNELS, SIDE, SIDE), np.float32)
    for i, triplet in enumerate(images):
        is_measured = np.isfinite(triplet)
        for channel in range(3):
            found[i, channel] = _scaled(triplet[channel], is_measured[channel])
        found[i, 3] = is_measured.all(axis=0)
    return found


def _scaled(image: NDArray[np.floating], is_measured: NDArray[np.bool_]) -> NDArray[np.float64]:
    values = image[is_measured].astype(np.float64)
    scaled = np.zeros(image.shape)
    if values.size:
        centred = values - np.median(values)
        sigma = float(np.median(np.abs(centred))) / _MAD or float(np.abs(centred).mean()) or 1.0
        scaled[is_measured] = np.arcsinh(np.clip(centred / sigma, -_BRIGHTEST, _BRIGHTEST) / _SOFTENING)
    return scaled
