"""What was added to a frame, moved by a part of a pixel as the frame is, so that truth is where it shows.

Frames are moved as real ones are, by `astro_assets.images.alignment`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.alignment import splined
from astro_assets.images.simulation.artefacts import Patch
from astro_assets.images.simulation.truth import Change

#: How far a cubic spline spreads a pixel alone: beyond, less than a thousandth of it is left.
_REACH: Final = 6


def moved_change(change: Change, shift: tuple[float, float], unusable: NDArray[np.bool_]) -> Change:
    """Move what was added to a frame as the frame is moved, of whose pixels some are unusable."""
    counts = np.where(unusable[change.where], np.float32(0), change.counts)
    around = Patch(change.where[0].start - _REACH, change.where[1].start - _REACH, np.pad(counts, _REACH))
    patch = around.within((unusable.shape[0], unusable.shape[1]))
    if patch is None:  # the change lies in the frame
        raise ValueError("a change outside its frame")
    return replace(
        change,
        row=change.row + shift[0],
        column=change.column + shift[1],
        where=patch.where,
        counts=splined(patch.electrons, shift),
    )
