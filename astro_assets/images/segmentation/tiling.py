"""A network applied to frames of any size, tile by tile, as if it had seen each of them whole.

How tiles are cut and put together lives here; what is applied is handed in.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Final

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float32]

#: Sides that the network takes are multiples of this.
STEP: Final = 8


def apply_tiled(
    apply: Callable[[Image], Image], inputs: Image, reach_pixels: int, tile_pixels: int = 512
) -> Image:
    """Apply a network to a frame of any size.

    Tiles overlap by what the network can reach, and begin where its cells begin, so that a pixel's result
    does not depend on the tile that it was computed in; at the frame's edge the tile ends as the frame does.

    Parameters
    ----------
    apply
        From (1, channels, rows, columns), sides multiples of 8, to (1, outputs, rows, columns).
    inputs
        (channels, n_rows, n_columns), the last channel 1 where there is no measurement.
    reach_pixels
        How far from a pixel another one can change its result.
    tile_pixels
        Side of what is kept of a tile.

    Returns
    -------
    ndarray of float32
        (outputs, n_rows, n_columns).

    Raises
    ------
    ValueError
        If the frame is empty or a tile not positive.
    """
    n_channels, n_rows, n_columns = inputs.shape
    if not (n_rows and n_columns):
        raise ValueError("a frame without pixels")
    if tile_pixels < STEP or tile_pixels % STEP:
        raise ValueError(f"tiles of {tile_pixels} pixels: a positive multiple of {STEP} is needed")
    height, width = -(-n_rows // STEP) * STEP, -(-n_columns // STEP) * STEP
    margin = -(-reach_pixels // STEP) * STEP
    whole = np.zeros((n_channels, height, width), np.float32)
    whole[-1] = 1
    whole[:, :n_rows, :n_columns] = inputs
    found: Image | None = None
    for top, left in product(range(0, height, tile_pixels), range(0, width, tile_pixels)):
        bottom, right = min(top + tile_pixels, height), min(left + tile_pixels, width)
        first_row, first_column = max(top - margin, 0), max(left - margin, 0)
        part = whole[:, first_row : min(bottom + margin, height), first_column : min(right + margin, width)]
        result = apply(np.ascontiguousarray(part[None]))[0]
        if found is None:
            found = np.empty((result.shape[0], height, width), np.float32)
        found[:, top:bottom, left:right] = result[
            :, top - first_row : bottom - first_row, left - first_column : right - first_column
        ]
    if found is None:
        raise ValueError("a frame without pixels")
    return np.ascontiguousarray(found[:, :n_rows, :n_columns])
