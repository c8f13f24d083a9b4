"""Labelled triplets made of real ones: as many real as bogus of each background.

No person has labelled the packets' own sources, so they are no examples; labels are what was injected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.images.real_bogus.artefacts import KINDS, artefact
from astro_assets.images.real_bogus.backgrounds import Source, background_of, moved
from astro_assets.images.real_bogus.injection import injected_source

REAL: Final = "real"


class ExampleSettings(BaseModel):
    """What is made of each real triplet."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    each: int = Field(8, ge=1, le=100, description="Real and bogus examples of each triplet, of either.")
    moved_share: float = Field(
        0.5, ge=0, le=1, description="Share of examples away from where the packet's own source was."
    )
    seed: int = Field(0, ge=0, description="Of everything that is drawn.")


@dataclass(frozen=True, slots=True)
class Examples:
    """Labelled triplets.

    Parameters
    ----------
    images
        Science, template, difference, float32, shape (n, 3, 63, 63).
    is_real
        What was injected, shape (n,).
    kinds
        ``real``, or which artefact.
    snr
        Of real ones; NaN for others; shape (n,).
    groups
        Object whose triplet each was made of.
    """

    images: NDArray[np.float32]
    is_real: NDArray[np.bool_]
    kinds: tuple[str, ...]
    snr: NDArray[np.float64]
    groups: tuple[str, ...]


def make_examples(sources: Sequence[Source], settings: ExampleSettings) -> Examples:
    """Make labelled triplets of real ones.

    What is made of a triplet depends on it, its place among those of its object, and the seed: not on the
    other objects.

    Raises
    ------
    ValueError
        Without sources.
    """
    if not sources:
        raise ValueError("no triplets to make examples of")
    images, kinds, snrs, groups = [], [], [], []
    names, seen = tuple(KINDS), dict[str, int]()
    for source in sources:
        number = seen[source.group] = seen.get(source.group, -1) + 1
        rng = np.random.default_rng((settings.seed, _number(source.group), number))
        begin = int(rng.integers(len(names)))
        for i in range(settings.each):
            for kind in (REAL, names[(begin + i) % len(names)]):
                background = background_of(source, rng)
                if rng.random() < settings.moved_share:
                    background = moved(background, rng)
                snr = float("nan")
                if kind == REAL:
                    image, snr = injected_source(background, rng)
                else:
                    image = artefact(background, kind, rng)
                images.append(image)
                kinds.append(kind)
                snrs.append(snr)
                groups.append(source.group)
    return Examples(
        images=np.stack(images),
        is_real=np.array([kind == REAL for kind in kinds]),
        kinds=tuple(kinds),
        snr=np.array(snrs),
        groups=tuple(groups),
    )


def _number(group: str) -> int:
    return int.from_bytes(blake2b(group.encode(), digest_size=8).digest())
