"""Sources that are alike in the latent, by density: there need not be a cluster for everyone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def clusters_of(points: NDArray[np.floating], at_least: int) -> NDArray[np.int64]:
    """Return the cluster of each point, largest cluster first; -1 for points in none.

    HDBSCAN (Campello, Moulavi & Sander 2013, PAKDD).

    Parameters
    ----------
    points
        (n, k).
    at_least
        Points that make a cluster.
    """
    from sklearn.cluster import HDBSCAN

    if len(points) < max(2 * at_least, 3):
        return np.full(len(points), -1, np.int64)
    found = HDBSCAN(min_cluster_size=at_least, copy=True).fit_predict(np.asarray(points, np.float64))
    labels = [label for label in np.unique(found) if label >= 0]
    by_size = sorted(labels, key=lambda label: (-int((found == label).sum()), int(label)))
    renamed = np.full(len(points), -1, np.int64)
    for number, label in enumerate(by_size):
        renamed[found == label] = number
    return renamed
