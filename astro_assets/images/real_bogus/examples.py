"""Labelled triplets made of real ones: as many real as bogus of each background.

No person has labelled the packets' own sources, so they are no examples; labels are what was injected.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


@dataclass(frozen=True, slots=True)
class Recipe:
    """What one example is made by, of a given triplet.

    Parameters
    ----------
    kind
        ``real``, or which artefact.
    seed
        Of all that is drawn.
    moved_share
        Chance to be made away from where the packet's own source was.
    """

    kind: str
    seed: int
    moved_share: float


def recipes_of(name: str, settings: ExampleSettings) -> list[Recipe]:
    """Return what is made of the triplet of a name: as many real as bogus.

    Parameters
    ----------
    name
        Of the packet; nothing else but the settings decides.
    """
    kinds, own = tuple(KINDS), _number(f"{settings.seed} {name}")
    return [
        Recipe(kind, _number(f"{settings.seed} {name} {i} {kind}"), settings.moved_share)
        for i in range(settings.each)
        for kind in (REAL, kinds[(own + i) % len(kinds)])
    ]


def example_of(source: Source, recipe: Recipe) -> tuple[NDArray[np.float32], float]:
    """Make one example of a triplet: its images, and the signal-to-noise ratio of a real one, else NaN."""
    rng = np.random.default_rng(recipe.seed)
    background = background_of(source, rng)
    if rng.random() < recipe.moved_share:
        background = moved(background, rng)
    if recipe.kind == REAL:
        return injected_source(background, rng)
    return artefact(background, recipe.kind, rng), float("nan")


def examples_of(made: Iterable[tuple[Source, Recipe]]) -> Examples:
    """Make examples, in order.

    Raises
    ------
    ValueError
        Without any.
    """
    images, kinds, snrs, groups = [], [], [], []
    for source, recipe in made:
        image, snr = example_of(source, recipe)
        images.append(image)
        kinds.append(recipe.kind)
        snrs.append(snr)
        groups.append(source.group)
    if not images:
        raise ValueError("no triplets to make examples of")
    return Examples(
        images=np.stack(images),
        is_real=np.array([kind == REAL for kind in kinds]),
        kinds=tuple(kinds),
        snr=np.array(snrs),
        groups=tuple(groups),
    )


def make_examples(sources: Sequence[Source], settings: ExampleSettings) -> Examples:
    """Make labelled triplets of real ones.

    What is made of a triplet depends on it, its place among those of its object, and the seed: not on the
    other objects.

    Raises
    ------
    ValueError
        Without sources.
    """
    made, seen = [], dict[str, int]()
    for source in sources:
        number = seen[source.group] = seen.get(source.group, -1) + 1
        made += [(source, recipe) for recipe in recipes_of(f"{source.group} {number}", settings)]
    return examples_of(made)


def _number(name: str) -> int:
    """Return a number of 63 bits for a name."""
    return int.from_bytes(blake2b(name.encode(), digest_size=8).digest()) >> 1
