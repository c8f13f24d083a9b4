"""Images small enough to look at: shrunk, and stretched so that faint and bright are both seen.

What is measured is never done on these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Pixels of the longer side.
LONGEST_SIDE: Final = 160
#: Softening of the asinh, in widths of the zscale interval: noise is nearly linear, stars are compressed.
_SOFTENING: Final = 0.1
#: Share of the brightest pixels that may be white.
_WHITE: Final = 99.9
_TINY: Final = 1e-30


def thumbnail(image: NDArray[np.float32], longest_side: int = LONGEST_SIDE) -> NDArray[np.uint8]:
    """Shrink and stretch an image.

    Blocks of pixels are averaged; the black point is the lower end of IRAF's zscale (as in astropy), the
    stretch an asinh (Lupton et al. 2004).

    Parameters
    ----------
    image
        Shape (n_rows, n_columns), NaN where there is no value.
    longest_side
        Pixels of the longer side of the result; a smaller image keeps its size.

    Returns
    -------
    ndarray of uint8, shape (n_small_rows, n_small_columns)
        1 to 255 from black to white, row 0 first; 0 where there is no value.
    """
    small = shrunk(image, longest_side)
    there = np.isfinite(small)
    if not there.any():
        return np.zeros(small.shape, dtype=np.uint8)
    low, high = _limits(small[there])
    softening = max(_SOFTENING * (high - low), _TINY)
    top = float(np.arcsinh(max(float(np.percentile(small[there], _WHITE)) - low, high - low) / softening))
    share = np.arcsinh(np.clip(np.where(there, small, low) - low, 0, None) / softening) / max(top, _TINY)
    return np.where(there, 1 + np.round(254 * np.clip(share, 0, 1)), 0).astype(np.uint8)


def shrunk(image: NDArray[np.float32], longest_side: int) -> NDArray[np.float64]:
    """Average blocks of pixels, so that the longer side has at most so many; NaN where a block has none."""
    block = -(-max(image.shape) // longest_side)
    rows, columns = (-(-length // block) for length in image.shape)
    small = np.full((rows, columns), np.nan)
    strip = np.full((block, columns * block), np.nan)
    for row in range(rows):  # strip by strip: all at once would take many times the image
        part = image[row * block : (row + 1) * block]
        strip[:] = np.nan
        strip[: part.shape[0], : part.shape[1]] = part
        blocks = strip.reshape(block, columns, block)
        there = np.isfinite(blocks)
        count, total = there.sum(axis=(0, 2)), np.where(there, blocks, 0).sum(axis=(0, 2))
        small[row] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return small


def _limits(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the zscale interval; all of the values where it is empty."""
    from astropy.visualization import ZScaleInterval

    low, high = (float(limit) for limit in ZScaleInterval().get_limits(values))
    if high > low:
        return low, high
    return float(values.min()), float(values.max())
