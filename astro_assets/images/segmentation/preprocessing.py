"""What the network is shown of two frames: the one function that training and serving share.

Channels and their units are decided here; the difference itself is `astro_assets.images.differencing`.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.differencing import Difference

#: In the order of the tensor. The first four are the inverse hyperbolic sine of a value in units of its
# noise:
#: linear within the noise, logarithmic in bright stars (Lupton, Gunn & Szalay 1999, AJ 118, 1406).
CHANNELS: Final = ("science", "reference", "difference", "significance", "is_missing")


def inputs_of(difference: Difference) -> NDArray[np.float32]:
    """Return the network's input, float32 of shape (5, n_rows, n_columns).

    What is missing is 0 in all channels but the last, where it is 1.
    """
    found = np.empty((len(CHANNELS), *difference.science.shape), np.float32)
    for channel, name in enumerate(CHANNELS[:-1]):
        np.arcsinh(getattr(difference, name), out=found[channel])
    found[:-1, difference.is_missing] = 0
    found[-1] = difference.is_missing
    return found
