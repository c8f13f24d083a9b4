"""What changed between two frames of a field: the pair laid upon each other, subtracted, segmented, cut out.

One call lives here, for assets and the command; each of its steps is a module of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.alignment import laid_upon
from astro_assets.images.differencing import Difference
from astro_assets.images.frame import Frame
from astro_assets.images.photometry.registration import Alignment
from astro_assets.images.segmentation.objects import FoundObject
from astro_assets.images.segmentation.segmenter import Segmenter
from astro_assets.images.thumbnails import thumbnail

#: Side of the stamps of an object [pixel].
STAMP_SIDE: Final = 31
#: Most wanted objects that a frame may have: with more of them, frames were not subtracted well.
MOST_OBJECTS: Final = 500


class NotComparedError(ValueError):
    """Two frames cannot be compared; the message says why."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What changed in a frame, on the pixels of its reference.

    Parameters
    ----------
    objects
        Wanted ones, the most certain first, then what only looks like it.
    stamps
        Of each wanted object science, reference and difference in units of their noise, NaN where nothing was
        measured: float32, shape (n_wanted, 3, `STAMP_SIDE`, `STAMP_SIDE`).
    masks
        uint16, shape of the frame: bit k is set where something of the kind ``KINDS[k]`` is.
    small
        The difference, shrunk and stretched, uint8.
    fwhm_pixels
        Of the difference's point spread function.
    missing_fraction
        Share of the pixels that cannot be compared.
    """

    objects: tuple[FoundObject, ...]
    stamps: NDArray[np.float32]
    masks: NDArray[np.uint16]
    small: NDArray[np.uint8]
    fwhm_pixels: float
    missing_fraction: float

    @property
    def n_wanted(self) -> int:
        """How many of the objects are wanted."""
        return sum(one.is_wanted for one in self.objects)


def changes(science: Frame, reference: Frame, alignment: Alignment, segmenter: Segmenter) -> Changes:
    """Find what changed.

    Parameters
    ----------
    science, reference
        Of one field.
    alignment
        How the first lies upon the second.
    segmenter
        A trained one.

    Raises
    ------
    NotComparedError
        If the frames cannot be laid upon each other or subtracted, or nearly everything has changed.
    """
    rows, columns = reference.image.shape
    try:
        found = segmenter.segment(laid_upon(science, alignment, (rows, columns)), reference)
    except ValueError as error:
        raise NotComparedError(str(error)) from error
    wanted = [one for one in found.objects if one.is_wanted]
    if len(wanted) > MOST_OBJECTS:
        raise NotComparedError(
            f"{len(wanted)} changes, and more than {MOST_OBJECTS} are not believed: the frames do not fit"
        )
    difference = found.difference
    shown = np.where(difference.is_missing, np.float32(np.nan), difference.difference)
    stamps = [stamps_of(difference, one.row, one.column) for one in wanted]
    return Changes(
        objects=found.objects,
        stamps=np.array(stamps, np.float32).reshape(-1, 3, STAMP_SIDE, STAMP_SIDE),
        masks=found.masks,
        small=thumbnail(shown),
        fwhm_pixels=difference.fwhm_pixels,
        missing_fraction=float(difference.is_missing.mean()),
    )


def stamps_of(difference: Difference, row: float, column: float) -> NDArray[np.float32]:
    """Cut science, reference and difference around a place, (3, `STAMP_SIDE`, `STAMP_SIDE`)."""
    found = np.full((3, STAMP_SIDE, STAMP_SIDE), np.nan, np.float32)
    top, left = (round(at) - STAMP_SIDE // 2 for at in (row, column))
    n_rows, n_columns = difference.science.shape
    rows = slice(max(top, 0), max(min(top + STAMP_SIDE, n_rows), 0))
    columns = slice(max(left, 0), max(min(left + STAMP_SIDE, n_columns), 0))
    inside = found[:, rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    for place, image in zip(
        inside, (difference.science, difference.reference, difference.difference), strict=True
    ):
        place[...] = np.where(difference.is_missing[rows, columns], np.nan, image[rows, columns])
    return found
