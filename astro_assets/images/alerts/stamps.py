"""The stamps of a packet as one triplet of equal size: science, template, difference.

Bytes are decoded in `stamp_bytes`; where a stamp that was cut off at the detector's edge belongs is decided
here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from astro_assets.images.alerts.errors import StampError
from astro_assets.images.alerts.fields import SURVEY_OF_NAME, Survey
from astro_assets.images.alerts.packets import PackedStamps, Packet
from astro_assets.images.alerts.stamp_bytes import MOST_PIXELS, stamp_image, stamp_shape

#: Side of a triplet: that of ZTF's stamps.
STAMP_PIXELS: Final = 63
STAMP_NAMES: Final = ("science", "template", "difference")


@dataclass(frozen=True, slots=True)
class Triplet:
    """Three stamps of one alert.

    Parameters
    ----------
    images
        Science, template and difference, float32, shape (3, 63, 63); the alert is in the middle, the first
        row is the lowest. NaN where there is no measurement, outside of the detector too. The difference is
        positive at the alert, whether it brightened or faded: surveys turn it over.
    is_truncated
        Whether the detector's edge cuts the stamps off.
    missing
        Names of the stamps that the packet does not have; theirs is all NaN.
    """

    images: NDArray[np.float32]
    is_truncated: bool
    missing: tuple[str, ...]


def triplet_of(packet: Packet) -> Triplet:
    """Decode the stamps of a packet.

    Stamps that are smaller than the survey's are filled up with NaN on the side that lies outside of the
    detector: by the place on the detector where the packet tells it, else so that what is brightest in the
    difference is in the middle. Larger ones are cut, those of another size than 63 x 63 filled up evenly.

    Raises
    ------
    StampError
        If the packet was read without stamps or has none, if one cannot be decoded, if they differ in size.
        The message names the packet.
    """
    if packet.stamps is None:
        raise StampError(f"{packet.place} was read without its stamps")
    packed = _packed(packet.stamps)
    images: list[NDArray[np.float32] | None] = []
    for name, stamp in zip(STAMP_NAMES, packed, strict=True):
        try:
            images.append(None if stamp is None else _decoded(stamp))
        except StampError as error:
            raise StampError(f"the {name} stamp of {packet.place}: {error}") from error
    shapes = {image.shape for image in images if image is not None}
    if len(shapes) != 1:
        wrong = "has no stamps" if not shapes else f"has stamps of the sizes {sorted(shapes)}"
        raise StampError(f"{packet.place} {wrong}")
    shape = shapes.pop()
    survey = SURVEY_OF_NAME.get(packet.survey)
    whole = max(shape) if survey is None else survey.stamp_pixels
    before = _outside(shape, whole, packet, survey, images[2])
    return Triplet(
        images=np.stack([_placed(image, whole, before) for image in images]),
        is_truncated=min(shape) < whole,
        missing=tuple(name for name, image in zip(STAMP_NAMES, images, strict=True) if image is None),
    )


@dataclass(frozen=True, slots=True)
class StampsTold:
    """What the stamps of a packet say of themselves, before their pixels are unpacked.

    Parameters
    ----------
    missing
        Names of the stamps that the packet does not have.
    is_truncated
        Whether the detector's edge cuts them off, so that a triplet of them is filled up.
    reason
        Why they make no triplet; empty if nothing speaks against it yet.
    """

    missing: tuple[str, ...]
    is_truncated: bool
    reason: str


def stamps_told(packet: Packet) -> StampsTold:
    """Tell which stamps a packet has and whether they are whole, at a seventh of what decoding takes."""
    packed = (None,) * 3 if packet.stamps is None else _packed(packet.stamps)
    missing = tuple(name for name, stamp in zip(STAMP_NAMES, packed, strict=True) if stamp is None)
    shapes = set()
    for name, stamp in zip(STAMP_NAMES, packed, strict=True):
        try:
            if stamp is not None:
                shapes.add(stamp_shape(stamp) if isinstance(stamp, bytes) else _decoded(stamp).shape)
        except StampError as error:
            return StampsTold(missing, is_truncated=False, reason=f"the {name} stamp: {error}")
    if len(shapes) != 1:
        wrong = "it has no stamps" if not shapes else f"its stamps have the sizes {sorted(shapes)}"
        return StampsTold(missing, is_truncated=False, reason=wrong)
    shape = shapes.pop()
    survey = SURVEY_OF_NAME.get(packet.survey)
    whole = max(shape) if survey is None else survey.stamp_pixels
    return StampsTold(missing, is_truncated=min(shape) < whole, reason="")


def _packed(stamps: PackedStamps) -> tuple[Any, Any, Any]:
    return stamps.science, stamps.template, stamps.difference


def triplet_of_arrays(images: ArrayLike) -> Triplet:
    """Return a triplet of arrays, such as those that networks were trained on (channels last too).

    Parameters
    ----------
    images
        Shape (3, rows, columns) or (rows, columns, 3), at most 512 pixels a side.

    Raises
    ------
    StampError
        If it has another shape.
    """
    array = np.asarray(images, dtype=np.float32)
    if array.ndim == 3 and array.shape[2] == 3 and array.shape[0] != 3:
        array = np.moveaxis(array, 2, 0)
    if (
        array.ndim != 3
        or array.shape[0] != 3
        or not all(1 <= side <= MOST_PIXELS for side in array.shape[1:])
    ):
        raise StampError(f"an array of shape {array.shape} is no triplet of stamps")
    whole = max(array.shape[1:])
    before = tuple((whole - side) // 2 for side in array.shape[1:])
    placed = [_placed(image, whole, before) for image in array]
    return Triplet(np.stack(placed), is_truncated=min(array.shape[1:]) < whole, missing=())


def _decoded(stamp: Any) -> NDArray[np.float32]:
    if isinstance(stamp, bytes):
        return stamp_image(stamp)
    image = np.asarray(stamp, dtype=np.float32)
    if image.ndim != 2 or not all(1 <= side <= MOST_PIXELS for side in image.shape):
        raise StampError(f"an array of shape {image.shape} is no stamp")
    return image


def _outside(
    shape: tuple[int, ...],
    whole: int,
    packet: Packet,
    survey: Survey | None,
    difference: NDArray[np.float32] | None,
) -> tuple[int, ...]:
    """Work out how many rows and columns before the first are missing."""
    sizes = (None, None) if survey is None else (survey.rows, survey.columns)
    places = packet.values["y_pixels"], packet.values["x_pixels"]
    before = []
    for axis in range(2):
        n_missing = max(0, whole - shape[axis])
        told = _told_outside(places[axis], sizes[axis], whole // 2)
        if n_missing and told is not None and sum(told) == n_missing:
            before.append(told[0])
        elif n_missing and difference is not None:
            before.append(_by_brightness(difference, axis, n_missing, whole // 2))
        else:
            before.append(n_missing // 2)
    return tuple(before)


def _told_outside(place: float, size: int | None, half: int) -> tuple[int, int] | None:
    """Return how many pixels about a place lie before the detector and behind it."""
    if size is None or not isfinite(place) or not 0 < place < size + 1:
        return None
    pixel = round(place)  # from 1
    return max(0, half + 1 - pixel), max(0, pixel + half - size)


def _by_brightness(difference: NDArray[np.float32], axis: int, n_missing: int, half: int) -> int:
    """Put the brighter of the two pixels in the middle that may belong there."""
    profile = np.nan_to_num(difference, nan=0.0).max(axis=1 - axis)

    def brightness(before: int) -> float:
        at = half - before
        return float(profile[max(0, at - 1) : at + 2].sum()) if 0 <= at < profile.size else -np.inf

    return max((0, n_missing), key=brightness)


def _placed(image: NDArray[np.float32] | None, whole: int, before: Sequence[int]) -> NDArray[np.float32]:
    """Put a stamp where it belongs in a whole one, and this in the middle of one of 63 x 63."""
    placed = np.full((STAMP_PIXELS, STAMP_PIXELS), np.nan, np.float32)
    if image is None:
        return placed
    inside, taken = [], []
    for axis in range(2):
        start = (STAMP_PIXELS - whole) // 2 + before[axis]
        low, high = max(0, start), min(STAMP_PIXELS, start + image.shape[axis])
        inside.append(slice(low, max(low, high)))
        taken.append(slice(low - start, max(low, high) - start))
    placed[inside[0], inside[1]] = image[taken[0], taken[1]]
    return placed
