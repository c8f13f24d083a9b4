"""Which candidates are which true objects.

One rule for the segmenter and for whatever it is compared with; what is made of it is in `judging`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.kinds import WANTED
from astro_assets.images.segmentation.objects import Candidate
from astro_assets.images.simulation.truth import TrueObject, Truth


@dataclass(frozen=True, slots=True)
class Matches:
    """What candidates of a scene are.

    Parameters
    ----------
    matched
        Of each candidate the number of the wanted object that it is, -1 if of none.
    under
        Of each candidate the kind of what lies under it, "nothing" where the sky is empty.
    """

    matched: NDArray[np.int64]
    under: tuple[str, ...]


def match(candidates: Sequence[Candidate], truth: Truth, within_pixels: float) -> Matches:
    """Match candidates with wanted true objects.

    Where at least half of a candidate's pixels lie on wanted objects, it is that on which most of them lie:
    of two that run into each other it finds one. Else it is the nearest whose position is close to its
    centroid. One that only touches an object is not it.

    Parameters
    ----------
    within_pixels
        How close.
    """
    wanted = np.array([one.kind in WANTED for one in truth.objects], np.bool_)
    place = np.array([(one.row, one.column) for one in truth.objects], np.float64).reshape(-1, 2)
    matched = np.full(len(candidates), -1, np.int64)
    under = []
    for i, candidate in enumerate(candidates):
        numbers = truth.labels[candidate.where][candidate.mask]
        numbers = numbers[numbers > 0] - 1
        own = np.bincount(numbers[wanted[numbers]], minlength=1)
        if 2 * own.sum() >= candidate.mask.sum():
            matched[i] = int(own.argmax())
        elif wanted.any():
            distance = np.hypot(*(place - (candidate.row, candidate.column)).T)
            distance[~wanted] = np.inf
            nearest = int(distance.argmin())
            if distance[nearest] <= within_pixels:
                matched[i] = nearest
        under.append(_name(truth.objects, numbers, int(matched[i])))
    return Matches(matched, tuple(under))


def _name(objects: Sequence[TrueObject], numbers: NDArray[np.int32], matched: int) -> str:
    if matched >= 0:
        return objects[matched].kind
    return objects[int(np.bincount(numbers).argmax())].kind if numbers.size else "nothing"
