"""Scenes of real pairs of frames with sources put in: what no simulation knows is in them.

How pairs are read is handed in; which pairs teach, calibrate and judge is decided here.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Final, Literal

from astro_assets.images.frame import Frame
from astro_assets.images.simulation.injection import InjectionSettings, inject
from astro_assets.images.simulation.scene import Scene

InjectedRole = Literal["score", "calibration", "test"]

_ROLES: Final[tuple[InjectedRole, ...]] = ("score", "calibration", "test")
#: Side of the middle of a frame that is looked at, pixels: one of many megapixels is not to outweigh others.
_LARGEST_SIDE: Final = 1024
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pair:
    """A real science frame and its reference.

    Parameters
    ----------
    name
        Decides what it is for, and what is put in.
    read
        Returns both, aligned; raises ValueError where they cannot be.
    settings
        What is put in.
    """

    name: str
    read: Callable[[], tuple[Frame, Frame]]
    settings: InjectionSettings

    @property
    def role(self) -> InjectedRole:
        """What it is for: by chance, and always the same."""
        return _ROLES[_number(self.name) % len(_ROLES)]


def injected_scenes(pairs: Sequence[Pair], role: InjectedRole) -> Iterator[Scene]:
    """Yield the scenes of the pairs of a role; pairs that cannot be compared are passed over, and said.

    What differs between real frames beside what is put in counts as nothing: so little of it is wanted.
    """
    for pair in sorted(pairs, key=lambda one: one.name):
        if pair.role != role:
            continue
        try:
            science, reference = (_middle(frame) for frame in pair.read())
            yield inject(science, reference, pair.settings, _number(pair.name))
        except ValueError as error:
            _log.warning("nothing is put into %s: %s", pair.name[:16], error)


def _number(name: str) -> int:
    return int.from_bytes(blake2b(name.encode(), digest_size=6).digest())


def _middle(frame: Frame) -> Frame:
    rows, columns = (
        slice(max((size - _LARGEST_SIDE) // 2, 0), max((size - _LARGEST_SIDE) // 2, 0) + _LARGEST_SIDE)
        for size in frame.image.shape
    )
    return replace(frame, image=frame.image[rows, columns])
