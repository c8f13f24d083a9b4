"""A fitted grouping of candidates: its scale, its clusters, and which of them a candidate belongs to.

It is stored as JSON; fitting it is elsewhere.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np

from astro_assets.transits.noise import Floats

#: Interquartile range of a normal distribution over its standard deviation.
IQR_TO_SIGMA: Final = 1.349
#: Scaled measures farther from the median count as this far, so that a few wild ones make no cluster.
_FARTHEST: Final = 3.0


@dataclass(frozen=True, slots=True)
class Scale:
    """Robust scaling of measures: the median is 0, the interquartile range that of a unit normal.

    Parameters
    ----------
    median, width
        One value a measure; what is not known takes the median.
    """

    median: tuple[float, ...]
    width: tuple[float, ...]

    def scaled(self, measures: Floats) -> Floats:
        """Scale measures, shape (..., n_measures); the result is finite and within 3 of 0."""
        scaled: Floats = (measures - np.array(self.median)) / np.array(self.width)
        return np.clip(np.nan_to_num(scaled, nan=0.0), -_FARTHEST, _FARTHEST)


def fit_scale(measures: Floats) -> Scale:
    """Fit the scale to measures, shape (n, n_measures), NaN where one is not known."""
    width = np.empty(measures.shape[1])
    median = np.empty(measures.shape[1])
    for i, column in enumerate(measures.T):
        known = column[np.isfinite(column)]
        low, median[i], high = np.quantile(known, [0.25, 0.5, 0.75]) if known.size else (0.0, 0.0, 0.0)
        width[i] = (high - low) / IQR_TO_SIGMA
    width[width == 0] = 1.0  # half of all are equal
    return Scale(tuple(median.tolist()), tuple(width.tolist()))


@dataclass(frozen=True, slots=True)
class Cluster:
    """A group of candidates that look alike.

    Parameters
    ----------
    label
        Its number, which no other shape ever takes.
    name
        Unique among the clusters.
    centre
        Scaled measures, shape (n_measures,).
    n_members
        Candidates that it was fitted to.
    medoid
        The one of these that is nearest to the centre.
    """

    label: int
    name: str
    centre: tuple[float, ...]
    n_members: int
    medoid: str


@dataclass(frozen=True, slots=True)
class Membership:
    """Which cluster a candidate belongs to.

    Parameters
    ----------
    distance, distance_to_second
        To the centre of its cluster and of the next one, in scaled measures.
    """

    cluster: Cluster
    distance: float
    distance_to_second: float


@dataclass(frozen=True, slots=True)
class ClusterModel:
    """Clusters of candidates in scaled measures, at least two.

    Parameters
    ----------
    measures
        Names of the measures, in order.
    next_label
        The first number that no cluster of this or an earlier model has.
    """

    measures: tuple[str, ...]
    scale: Scale
    clusters: tuple[Cluster, ...]
    next_label: int

    @property
    def centres(self) -> Floats:
        """Scaled centres, shape (n_clusters, n_measures)."""
        return np.array([cluster.centre for cluster in self.clusters])

    def membership(self, measures: Floats) -> Membership:
        """Return where a candidate belongs by its measures, shape (n_measures,)."""
        steps = self.centres - self.scale.scaled(measures)
        distances = np.sqrt((steps * steps).sum(axis=1))
        first, second = np.argsort(distances, kind="stable")[:2]
        return Membership(self.clusters[first], float(distances[first]), float(distances[second]))

    def to_json(self) -> bytes:
        """Return the model as JSON, the same model as the same bytes."""
        return json.dumps(asdict(self), sort_keys=True, indent=1).encode()


def from_json(content: bytes) -> ClusterModel:
    """Read a model that :meth:`ClusterModel.to_json` wrote."""
    read = json.loads(content)
    scale = Scale(tuple(read["scale"]["median"]), tuple(read["scale"]["width"]))
    clusters = tuple(Cluster(**{**one, "centre": tuple(one["centre"])}) for one in read["clusters"])
    return ClusterModel(tuple(read["measures"]), scale, clusters, read["next_label"])
