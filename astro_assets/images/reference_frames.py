"""Which frame of a field the others are compared with.

Stars alone are looked at; pixels are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.photometry.frame_sources import FrameSources
from astro_assets.images.photometry.registration import register
from astro_assets.images.photometry.settings import RegistrationSettings

#: Frames that are tried as the reference, the best first.
_MOST_TRIED: Final = 3
#: Share of the others of its night that have to lie upon a reference.
_LEAST_ALIGNED: Final = 0.5
#: Fewest frames of a night that it is tried on.
_TRIED_ON: Final = 10


class ReferenceSettings(BaseModel):
    """How a reference is chosen, and how frames are laid upon it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    nights: int = Field(
        1,
        ge=1,
        le=1000,
        description="The reference is the best frame of so many nights, the first of a field.",
    )
    registration: RegistrationSettings = RegistrationSettings()


@dataclass(frozen=True, slots=True)
class Epoch:
    """A frame of a field.

    Parameters
    ----------
    name, night
        Of the frame, and of the night it belongs to.
    time
        Middle of the exposure, MJD.
    sources
        Its stars.
    """

    name: str
    night: str
    time: float
    sources: FrameSources


def reference_of(epochs: Sequence[Epoch], settings: ReferenceSettings) -> str:
    """Choose the reference of a field.

    It is the deepest frame of the first nights on which most of its night can be laid: a frame of another
    field with the same name is none.

    Parameters
    ----------
    epochs
        At least one.
    settings
        Nights, and how frames are aligned.

    Returns
    -------
    str
        Its name.

    Raises
    ------
    ValueError
        Without a frame.
    """
    if not epochs:
        raise ValueError("no frame to choose a reference from")
    ordered = sorted(epochs, key=lambda one: (one.time, one.name))
    nights = list(dict.fromkeys(one.night for one in ordered))[: settings.nights]
    among = sorted(
        (one for one in ordered if one.night in nights),
        key=lambda one: (-one.sources.measures.depth, one.name),
    )
    return _chosen(among, settings).name


def _chosen(among: Sequence[Epoch], settings: ReferenceSettings) -> Epoch:
    """Return the first of the deepest that others lie upon, else that upon which most do."""
    best, most = among[0], -1.0
    for candidate in among[:_MOST_TRIED] if len(among) > 1 else ():
        others = [one for one in among if one is not candidate]
        tried = np.unique(np.linspace(0, len(others) - 1, _TRIED_ON).astype(int))
        aligned = [register(others[i].sources, candidate.sources, settings.registration) for i in tried]
        share = sum(one.is_aligned for one in aligned) / len(aligned)
        if share > most:
            best, most = candidate, share
        if share >= _LEAST_ALIGNED:
            break
    return best
