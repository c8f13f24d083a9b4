"""How many clusters there are: as many as come out again from other samples of the same candidates."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from astro_assets.transits.noise import Floats


@contextmanager
def one_thread() -> Iterator[None]:
    """Let K-means compute on one thread: its centres move in the last bits with their number."""
    import sklearn.cluster  # noqa: F401  only libraries that are loaded are limited
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        yield


def k_means(points: Floats, k: int, n_starts: int, seed: int) -> Any:
    """Fit scikit-learn's K-means to points, shape (n, n_measures)."""
    from sklearn.cluster import KMeans

    return KMeans(k, n_init=n_starts, random_state=seed).fit(points)


def stabilities(points: Floats, most: int, n_bootstraps: int, n_starts: int, seed: int) -> dict[int, float]:
    """Return how alike clusters of two bootstrap samples are, for each number of clusters from 2.

    Both fits are applied to all points; the adjusted Rand index (Hubert & Arabie 1985) of the two groupings
    is 1 where they are equal and 0 on average where they are unrelated (Fang & Wang 2012).

    Parameters
    ----------
    points
        Shape (n, n_measures).
    most
        Largest number of clusters.
    n_bootstraps
        Pairs of samples, the same for each number; their mean is returned.
    n_starts
        Starts of each fit.
    seed
        Of samples and starts.
    """
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(seed)
    samples = rng.integers(0, len(points), (n_bootstraps, 2, len(points)))
    found = {}
    for k in range(2, most + 1):
        scores = [
            adjusted_rand_score(
                *(k_means(points[sample], k, n_starts, seed + i).predict(points) for sample in pair)
            )
            for i, pair in enumerate(samples)
        ]
        found[k] = float(np.mean(scores))
    return found


def most_stable(found: Mapping[int, float], tolerance: float) -> int:
    """Return the largest number of clusters whose stability is within a tolerance of the best."""
    best = max(found.values())
    return max(k for k, stability in found.items() if stability >= best - tolerance)
