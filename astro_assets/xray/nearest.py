"""Which light curves are nearest to each other in the latent of an autoencoder."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def nearest(
    latents: Sequence[Sequence[float] | None], versions: Sequence[str | None], n_first: int, n: int
) -> list[list[tuple[int, float]]]:
    """Return the places of the curves nearest to each of the first ones, and how far they are, nearest first.

    Parameters
    ----------
    latents
        Of each curve; None where there is none.
    versions
        Of the autoencoder that made it, None where none did: latents of two are not compared.
    n_first
        How many curves are asked for.
    n
        How many neighbours of each.
    """
    found: list[list[tuple[int, float]]] = []
    known: dict[str | None, tuple[list[int], np.ndarray[tuple[int, int], np.dtype[np.float64]]]] = {}
    for version in set(versions):
        places = [
            at
            for at, (one, of) in enumerate(zip(latents, versions, strict=True))
            if of == version and one is not None
        ]
        known[version] = places, np.array([latents[at] for at in places], np.float64)
    for at in range(n_first):
        one, (places, points) = latents[at], known[versions[at]]
        if one is None:
            found.append([])
            continue
        distance = np.sqrt(np.square(points - np.asarray(one, np.float64)).sum(axis=1))
        order = np.argsort(distance, kind="stable")
        others = [(places[other], float(distance[other])) for other in order[: n + 1] if places[other] != at]
        found.append(others[:n])
    return found
