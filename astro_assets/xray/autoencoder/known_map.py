"""A map of known sources: a plane on which those that are alike in the latent lie beside each other.

Distances between groups say nothing on it; who is beside whom does.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats32 = NDArray[np.float32]

#: Sources on a map.
MOST_MAPPED: Final = 2000
#: Of a source's neighbours on the scale of which groups are kept together.
_PERPLEXITY: Final = 30.0
#: Known sources between which another is put.
_NEAREST: Final = 5
_FEWEST: Final = 4


def map_of(latent: NDArray[np.floating], seed: int) -> Floats32:
    """Return the places of sources on a map, (n, 2), by t-SNE (van der Maaten & Hinton 2008, JMLR 9, 2579).

    The same to the bit for the same latents and seed; of fewer than four sources all places are 0.

    Parameters
    ----------
    latent
        (n, latent).
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    if len(latent) < _FEWEST:
        return np.zeros((len(latent), 2), np.float32)
    perplexity = min(_PERPLEXITY, (len(latent) - 1) / 3)
    with threadpool_limits(1):  # sums depend on their number
        mapped = TSNE(perplexity=perplexity, init="random", random_state=seed, n_jobs=1).fit_transform(
            np.asarray(latent, np.float64)
        )
    return np.asarray(mapped, np.float32)


def placed(others: NDArray[np.float64], known: NDArray[np.float64], places: Floats32) -> Floats32:
    """Return where other sources belong on a map: between the known ones nearest to them, (m, 2).

    Parameters
    ----------
    others, known
        Points that distances are taken between, of the others, (m, k), and of the known sources, (n, k).
    places
        Where the known sources are, (n, 2).
    """
    found = np.zeros((len(others), 2), np.float32)
    for row, one in enumerate(others):
        distance = np.sqrt(np.square(known - one).sum(axis=1))
        nearest = np.argsort(distance, kind="stable")[:_NEAREST]
        weights = 1 / np.maximum(distance[nearest], 1e-6)
        found[row] = (weights[:, None] * places[nearest]).sum(axis=0) / weights.sum()
    return found
