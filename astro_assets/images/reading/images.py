"""Opening a file of images: which HDU holds the pixels, and the pixels themselves.

FITS plain, in gzip, or compressed in tiles. What the header tells of them is in the other modules.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from astro_assets.images.refusals import FrameRefusedError, damage_is_refused

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: A mosaic of 10,000 by 10,000 pixels is read; 4 bytes each as they are computed with.
MOST_PIXELS: Final = 120_000_000
#: Stamps are as small.
FEWEST_PIXELS_A_SIDE: Final = 5
#: Extensions that go with an image and are none.
_NO_IMAGES: Final = frozenset(
    {"MASK", "DQ", "WEIGHT", "WHT", "VARIANCE", "VAR", "ERR", "ERROR", "SIGMA", "UNCERT", "PSF", "BPM"}
    | {"FLAGS", "APERTURE", "BACKGROUND", "BKG", "CTX", "EXPMAP", "D2IMARR", "WCSCORR"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Image:
    """One image of a file.

    Parameters
    ----------
    hdu
        Its number in the file.
    headers
        Its own header and, if that is another one, the primary header.
    pixels
        float32, shape (n_rows, n_columns), NaN where a pixel is no measurement.
    """

    hdu: int
    headers: tuple[Any, ...]
    pixels: NDArray[np.float32]


@contextmanager
def tolerated() -> Iterator[None]:
    """Read what a file says although its header offends in ways that astropy can mend; the rest is a refusal.

    Raises
    ------
    FrameRefusedError
        If the file contradicts itself.
    """
    from astropy.utils.exceptions import AstropyWarning

    with warnings.catch_warnings(), damage_is_refused():
        warnings.simplefilter("ignore", AstropyWarning)
        yield


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open a FITS file, compressed or not, whatever its name."""
    from astropy.io import fits

    # Not as unsigned integers: those have no value that stands for none, as BLANK does. Opened here, because
    # astropy leaves a file open that it cannot read.
    with path.open("rb") as file, fits.open(file, memmap=False, uint=False) as hdus:
        yield hdus


def read_image(path: Path, wanted: str = "") -> Image:
    """Read the image of a file.

    Parameters
    ----------
    wanted
        Name or number of its HDU; by default the first that is an image and goes with no other.

    Raises
    ------
    FrameRefusedError
        If there is no such image, or it cannot be used.
    """
    with opened(path) as hdus:
        number = image_hdu(hdus, wanted)
        shape = checked_shape(hdus[number], number)
        pixels = as_pixels(hdus[number].data, hdus[number].header).reshape(shape)
        if not np.isfinite(pixels).any():
            raise FrameRefusedError("no_finite_pixel", f"no pixel of HDU {number} holds a number")
        headers = (hdus[number].header,) if number == 0 else (hdus[number].header, hdus[0].header)
        return Image(number, headers, pixels)


def image_hdu(hdus: Any, wanted: str = "") -> int:
    """Return the number of the HDU that holds the image.

    Raises
    ------
    FrameRefusedError
        If there is none, or not the wanted one; the message says which there are.
    """
    there = [(number, hdu.name, axes(hdu)) for number, hdu in enumerate(hdus) if axes(hdu)]
    if wanted:
        found = [number for number, name, _ in there if wanted.upper() in (name, str(number))]
    else:
        found = [number for number, name, of in there if name not in _NO_IMAGES and len(of) > 1]
    if found:
        return found[0]
    told = ", ".join(f"{number} {name or 'unnamed'}" for number, name, _ in there) or "none"
    raise FrameRefusedError("no_image", f"no image {wanted!r}; HDUs with pixels: {told}"[:300])


def axes(hdu: Any) -> tuple[int, ...]:
    """Return the lengths of an image's axes, the rows before the columns; none of what is no image."""
    from astropy.io import fits

    if not isinstance(hdu, fits.PrimaryHDU | fits.ImageHDU | fits.CompImageHDU):
        return ()
    return tuple(int(length) for length in hdu.shape)


def checked_shape(hdu: Any, number: int) -> tuple[int, int]:
    """Return the rows and columns of an image, before any pixel is read.

    Raises
    ------
    FrameRefusedError
        If it is too large or small, or several images.
    """
    shape = axes(hdu)
    if math.prod(shape) > MOST_PIXELS:
        raise FrameRefusedError(
            "too_large", f"HDU {number} has {shape} pixels; at most {MOST_PIXELS} are read"
        )
    if len(shape) < 2 or any(length != 1 for length in shape[:-2]):
        raise FrameRefusedError("not_one_image", f"HDU {number} is no image of two axes: {shape}")
    if min(shape[-2:]) < FEWEST_PIXELS_A_SIDE:
        raise FrameRefusedError("too_small", f"HDU {number} has {shape[-1]} columns and {shape[-2]} rows")
    return shape[-2], shape[-1]


def as_pixels(data: Any, header: Any) -> NDArray[np.float32]:
    """Return pixels as float32, NaN where the header says that there is no value, or it is infinite."""
    pixels = np.asarray(data)
    if pixels.dtype.kind not in "iuf":
        raise FrameRefusedError("no_image", f"pixels of the type {pixels.dtype} are no counts")
    numbers = pixels.astype(np.float32)  # a copy: the file is closed
    blank = header.get("BLANK")
    if isinstance(blank, int) and pixels.dtype.kind in "iu":
        numbers[pixels == blank] = np.nan
    numbers[~np.isfinite(numbers)] = np.nan
    return numbers
