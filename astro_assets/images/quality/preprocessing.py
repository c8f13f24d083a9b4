"""What the network is shown of a frame: the one function that training and serving share.

Nothing is stretched: tiles keep the pixels of the detector, and levels go in beside what is relative to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.robust import MAD_TO_SIGMA

Image = NDArray[np.float32]

#: Tiles a side of the frame, and pixels a side of a tile.
TILES_A_SIDE: Final = 3
TILE: Final = 48
N_TILES: Final = TILES_A_SIDE**2
#: Pixels a side of the shrunk frame.
WHOLE: Final = 48
#: A tile is centred on the brightest of the squares of so many pixels a side.
_SQUARE: Final = 4
#: Channels of tiles and of the shrunk frame, and the scalars, in the order of the tensors.
TILE_CHANNELS: Final = ("above_the_sky", "is_missing")
WHOLE_CHANNELS: Final = ("above_the_sky", "level", "missing_part")
SCALARS: Final = (
    "level_over_noise",
    "level_counts",
    "noise_counts",
    "exposure_s",
    "is_exposure_known",
    "gain",
    "is_gain_known",
    "missing_part",
)
#: Noise is told by about so many pixels.
_SAMPLE: Final = 1 << 17
#: Counts beyond are no measurements.
LARGEST: Final = 1e9


@dataclass(frozen=True, slots=True)
class Inputs:
    """Tensors of a frame, float32.

    Parameters
    ----------
    tiles
        Shape (9, 2, 48, 48): from each ninth of the frame the surroundings of its brightest spot, at full
        resolution; inverse hyperbolic sine of counts above the tile's median in units of the noise.
    whole
        Shape (3, 48, 48): means over blocks, above the frame's median in units of the noise, and as they are.
    scalars
        Shape (8,): levels, with flags of what is known.
    """

    tiles: Image
    whole: Image
    scalars: Image


def inputs_of(frame: Frame) -> Inputs:
    """Prepare a frame of any shape.

    Raises
    ------
    ValueError
        If the image is no plane or has no measured pixel.
    """
    image = frame.image
    if image.ndim != 2 or not image.size:
        raise ValueError(f"a frame is a plane of pixels, this one has the shape {image.shape}")
    is_known = np.isfinite(image) & (np.abs(image) < LARGEST)
    if not is_known.any():
        raise ValueError("none of the frame's pixels is a measurement")
    level, noise = _level_and_noise(image, is_known)
    filled = np.where(is_known, image, np.float32(level)).astype(np.float32)
    return Inputs(
        tiles=_tiles(filled, is_known, noise),
        whole=_whole(filled, is_known, level, noise),
        scalars=_scalars(frame, level, noise, float(np.mean(~is_known))),
    )


def _level_and_noise(image: Image, is_known: NDArray[np.bool_]) -> tuple[float, float]:
    """Median, and standard deviation of a pixel from differences of neighbours, which no gradient raises."""
    step = max(1, int(np.sqrt(image.size / _SAMPLE)))
    rows = image[::step].astype(np.float64)
    known = is_known[::step]
    level = float(np.median(rows[known]))
    if image.shape[1] > 1:
        both = known[:, 1:] & known[:, :-1]
        differences = (rows[:, 1:] - np.where(known[:, :-1], rows[:, :-1], 0))[both]
        if differences.size:
            noise = MAD_TO_SIGMA * float(np.median(np.abs(differences))) / np.sqrt(2)
            # Whole counts that hardly differ: their rounding is the noise.
            return level, max(noise, 12**-0.5 if _is_whole(rows[known]) else 1e-6 * max(1.0, abs(level)))
    return level, 1.0


def _is_whole(values: NDArray[np.float64]) -> bool:
    few = values[:1000]
    return bool(np.all(few == np.round(few)))


def _edges(size: int, n: int) -> NDArray[np.int64]:
    return np.arange(n) * size // n


def _block_sums(values: NDArray[np.float64], rows: int, columns: int) -> NDArray[np.float64]:
    """Sum over blocks; where there are fewer pixels than blocks, pixels are shown more than once."""
    down = np.add.reduceat(values, _edges(values.shape[0], rows), axis=0)
    found: NDArray[np.float64] = np.add.reduceat(down, _edges(values.shape[1], columns), axis=1)
    return found


def _whole(filled: Image, is_known: NDArray[np.bool_], level: float, noise: float) -> Image:
    count = _block_sums(np.ones(filled.shape), WHOLE, WHOLE)
    known = _block_sums(is_known.astype(np.float64), WHOLE, WHOLE)
    total = _block_sums(np.where(is_known, filled, 0).astype(np.float64), WHOLE, WHOLE)
    means = np.where(known > 0, total / np.maximum(known, 1), level)
    found = np.stack(
        [
            np.arcsinh((means - level) / noise),
            np.arcsinh(means / noise) / 4,
            1 - known / count,
        ]
    )
    return found.astype(np.float32)


def _tiles(filled: Image, is_known: NDArray[np.bool_], noise: float) -> Image:
    rows, columns = filled.shape
    found = np.zeros((N_TILES, len(TILE_CHANNELS), TILE, TILE), np.float32)
    found[:, 1] = 1
    row_edges = [*_edges(rows, TILES_A_SIDE), rows]
    column_edges = [*_edges(columns, TILES_A_SIDE), columns]
    for number in range(N_TILES):
        i, j = divmod(number, TILES_A_SIDE)
        part = filled[row_edges[i] : row_edges[i + 1], column_edges[j] : column_edges[j + 1]]
        row, column = _brightest(part)
        top = _start(row_edges[i] + row, rows)
        left = _start(column_edges[j] + column, columns)
        cut = np.s_[top : top + TILE, left : left + TILE]
        tile, known = filled[cut], is_known[cut]
        high, wide = tile.shape
        if known.any():
            above = np.arcsinh((tile - np.median(tile[known])) / np.float32(noise))
            found[number, 0, :high, :wide] = np.where(known, above, 0)
        found[number, 1, :high, :wide] = ~known
    return found


def _brightest(part: Image) -> tuple[int, int]:
    """Find the middle of the brightest square."""
    if min(part.shape) < _SQUARE:
        return part.shape[0] // 2, part.shape[1] // 2
    rows, columns = (size // _SQUARE for size in part.shape)
    cut = part[: rows * _SQUARE, : columns * _SQUARE]
    sums = cut.reshape(rows, _SQUARE, columns, _SQUARE).sum(axis=(1, 3), dtype=np.float64)
    row, column = divmod(int(sums.argmax()), columns)
    return row * _SQUARE + _SQUARE // 2, column * _SQUARE + _SQUARE // 2


def _start(middle: int, size: int) -> int:
    """Return where a tile around the middle begins, moved so that it stays inside the frame."""
    return max(0, min(int(middle) - TILE // 2, size - TILE))


def _scalars(frame: Frame, level: float, noise: float, missing: float) -> Image:
    has_exposure = frame.exposure_s is not None and frame.exposure_s > 0
    has_gain = frame.gain is not None and frame.gain > 0
    values = (
        np.arcsinh(level / noise) / 4,
        np.arcsinh(level) / 8,
        np.log(noise) / 4,
        np.log(frame.exposure_s or 1.0) / 4 if has_exposure else 0.0,
        float(has_exposure),
        np.log(frame.gain or 1.0) if has_gain else 0.0,
        float(has_gain),
        missing,
    )
    return np.array(values, np.float32)
