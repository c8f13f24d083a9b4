"""The truth of a scene: objects with their signal-to-noise ratios, and masks of pixels by kind.

What counts as a pixel of an object, and which residual is a bad subtraction, is decided here alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.differencing import Difference
from astro_assets.images.kinds import KINDS
from astro_assets.images.psf_matching import matched, smoothed

Image = NDArray[np.float32]

#: Significance of a residual without noise from which it is a bad subtraction, and of its outline.
_BAD, _BAD_OUTLINE = 3.0, 1.5
#: Outline of an object in noise of a pixel, and in shares of its peak: the lower one, and never below the
# last.
_OUTLINE_SIGMA, _OUTLINE_PEAK, _OUTLINE_LEAST = 1.0, 0.4, 0.02


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was added to a science frame, counts without noise."""

    kind: str
    row: float
    column: float
    flux: float
    where: tuple[slice, slice]
    counts: Image


@dataclass(frozen=True, slots=True)
class TrueObject:
    """Something that changed.

    Parameters
    ----------
    kind
        One of :data:`astro_assets.images.kinds.KINDS`.
    row, column
        Position, pixels.
    flux
        Counts of the science frame; negative of what faded.
    snr
        Signal-to-noise ratio of its highest peak in the difference after the matched filter, never negative;
        the noise is what the difference has there, errors of the subtraction of stars included.
    """

    kind: str
    row: float
    column: float
    flux: float
    snr: float


@dataclass(frozen=True, slots=True)
class Truth:
    """What is true of a scene.

    Parameters
    ----------
    objects
        All that changed, and all bad subtractions.
    masks
        uint16, shape of the frame: bit k is set where something of the kind ``KINDS[k]`` is.
    labels
        int32, shape of the frame: 1 + number of the object on top, 0 where there is none.
    """

    objects: tuple[TrueObject, ...]
    masks: NDArray[np.uint16]
    labels: NDArray[np.int32]

    def mask(self, kind: str) -> NDArray[np.bool_]:
        """Return where something of a kind is."""
        found: NDArray[np.bool_] = (self.masks >> KINDS.index(kind)) & 1 == 1
        return found


def truth_of(
    difference: Difference, changes: Sequence[Change], expected: tuple[Image, Image] | None = None
) -> Truth:
    """Work out the truth of a difference from what was added to the science frame.

    Parameters
    ----------
    changes
        In the order in which they lie on each other; the last is on top.
    expected
        Science and reference counts without noise, sky and changes; None where they are not known, and bad
        subtractions with them.
    """
    shape = difference.science.shape
    masks, labels = np.zeros(shape, np.uint16), np.zeros(shape, np.int32)
    objects: list[TrueObject] = []
    if expected is not None:
        _add_bad_subtractions(difference, expected, objects, masks, labels)
    noise = np.sqrt(1 / np.maximum(difference.weight, np.float32(1e-20)))
    for change in changes:
        significance, around = difference.significance_of(change.counts, change.where)
        snr = float(np.abs(significance * difference.trust[around]).max(initial=0.0))
        sized = np.abs(change.counts)
        peak = sized.max(initial=np.float32(0))
        outline = np.minimum(_OUTLINE_SIGMA * noise[change.where], _OUTLINE_PEAK * peak)
        is_in = (sized > np.maximum(outline, _OUTLINE_LEAST * peak)) & (difference.weight[change.where] > 0)
        objects.append(TrueObject(change.kind, change.row, change.column, change.flux, snr))
        masks[change.where][is_in] |= np.uint16(1 << KINDS.index(change.kind))
        labels[change.where][is_in] = len(objects)
    return Truth(tuple(objects), masks, labels)


def _add_bad_subtractions(
    difference: Difference,
    expected: tuple[Image, Image],
    objects: list[TrueObject],
    masks: NDArray[np.uint16],
    labels: NDArray[np.int32],
) -> None:
    from scipy.ndimage import find_objects, label

    science, reference = expected
    blurred = smoothed(reference, difference.reference_blur_pixels, "nearest")
    stars = matched(blurred, difference.matching, difference.fwhm_pixels)
    left = smoothed(science, difference.science_blur_pixels, "nearest") - stars
    everywhere = (slice(0, science.shape[0]), slice(0, science.shape[1]))
    significance = np.abs(difference.filtered(left, everywhere))
    regions, _ = label(significance > _BAD_OUTLINE)
    for number, where in enumerate(find_objects(regions), start=1):
        inside = regions[where] == number
        peak = np.where(inside, significance[where], 0)
        snr = float(peak.max())
        if snr < _BAD:
            continue
        row, column = np.unravel_index(int(peak.argmax()), peak.shape)
        flux = float(left[where][inside].sum())
        objects.append(
            TrueObject(
                "bad_subtraction", float(row + where[0].start), float(column + where[1].start), flux, snr
            )
        )
        masks[where][inside] |= np.uint16(1 << KINDS.index("bad_subtraction"))
        labels[where][inside] = len(objects)
