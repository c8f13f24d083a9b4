"""Fitting the clusters of candidates: scale, number, centres, names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from astro_assets.transits.clusters.measures import MEASURE_NAMES
from astro_assets.transits.clusters.model import Cluster, ClusterModel, fit_scale
from astro_assets.transits.clusters.naming import kept, labels_and_names, name_by_rule
from astro_assets.transits.clusters.stability import k_means, most_stable, one_thread, stabilities
from astro_assets.transits.noise import Floats

Flags = NDArray[np.bool_]


class ClusterSettings(BaseModel):
    """Settings of the fit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    fewest_candidates: int = Field(50, ge=20, description="Fewest candidates that are worth grouping.")
    most_clusters: int = Field(8, ge=2, le=20, description="Largest number of clusters that is tried.")
    n_bootstraps: int = Field(20, ge=2, le=1000, description="Pairs of samples that decide their number.")
    stability_tolerance: float = Field(
        0.05, ge=0, le=1, description="What more clusters may be less stable than the most stable number."
    )
    most_for_stability: int = Field(
        2000, ge=50, description="Candidates, drawn at random, by which their number is decided."
    )
    n_starts: int = Field(10, ge=1, le=100, description="Starts of K-means, of which the best counts.")
    n_starts_of_samples: int = Field(3, ge=1, le=100, description="The same for each of the samples.")
    seed: int = Field(0, ge=0, description="Of samples and starts.")


def fit_clusters(
    names: Sequence[str], measures: Floats, settings: ClusterSettings, previous: ClusterModel | None = None
) -> tuple[ClusterModel, dict[str, Any]]:
    """Fit clusters to candidates.

    Parameters
    ----------
    names
        Of the candidates, one each.
    measures
        Shape (n, n_measures), NaN where one is not known.
    settings
        Of the fit.
    previous
        The model whose names are kept for clusters that are still there, where it goes by these measures.

    Returns
    -------
    tuple of (ClusterModel, dict)
        The model, and what is said of the fit: stability by number of clusters, candidates by cluster, how
        far clusters moved.
    """
    scale = fit_scale(measures)
    points = scale.scaled(measures)
    some = np.random.default_rng(settings.seed).permutation(len(points))[: settings.most_for_stability]
    with one_thread():
        found = stabilities(
            points[some],
            settings.most_clusters,
            settings.n_bootstraps,
            settings.n_starts_of_samples,
            settings.seed,
        )
        k = most_stable(found, settings.stability_tolerance)
        fitted = k_means(points, k, settings.n_starts, settings.seed)
    centres, members = fitted.cluster_centers_, fitted.labels_
    groups = [members == i for i in range(k)]
    known = np.where(np.isnan(measures), scale.median, measures)
    typical = [dict(zip(MEASURE_NAMES, np.median(known[of], axis=0).tolist(), strict=True)) for of in groups]
    of_before = {}
    if previous is not None and previous.measures == MEASURE_NAMES:
        of_before = _kept(measures, groups, previous)
    first_label = 0 if previous is None else previous.next_label
    called = labels_and_names(
        [name_by_rule(of_cluster) for of_cluster in typical],
        [of_cluster["log_depth_ppm"] for of_cluster in typical],
        {new: (cluster.label, cluster.name) for new, (cluster, _) in of_before.items()},
        first_label,
    )
    clusters = sorted(
        (
            Cluster(
                label,
                name,
                tuple(centre.tolist()),
                int(of_cluster.sum()),
                names[_medoid(points, of_cluster, centre)],
            )
            for (label, name), of_cluster, centre in zip(called, groups, centres, strict=True)
        ),
        key=lambda cluster: cluster.label,
    )
    metrics = {
        "n_candidates": len(names),
        "n_clusters": k,
        "stability": found[k],
        "stability_by_number": {str(number): value for number, value in found.items()},
        "candidates_by_cluster": {cluster.name: cluster.n_members for cluster in clusters},
        "kept_from_previous": len(of_before),
        "largest_shift": max((part for _, part in of_before.values()), default=None),
    }
    next_label = max(first_label, 1 + clusters[-1].label)
    return ClusterModel(MEASURE_NAMES, scale, tuple(clusters), next_label), metrics


def _kept(
    measures: Floats, groups: Sequence[Flags], previous: ClusterModel
) -> dict[int, tuple[Cluster, float]]:
    """Return the previous cluster of each group that was there, and by how much it moved."""
    # Members and not new centres: what is far off on one scale may be beyond the farthest on the other.
    points = previous.scale.scaled(measures)
    centres = np.array([points[of_cluster].mean(axis=0) for of_cluster in groups])
    return {new: (previous.clusters[old], part) for new, (old, part) in kept(centres, previous).items()}


def _medoid(points: Floats, is_member: Flags, centre: Floats) -> int:
    """Return the position of the member nearest to the centre."""
    inside = np.flatnonzero(is_member)
    return int(inside[np.argmin(((points[inside] - centre) ** 2).sum(axis=1))])
