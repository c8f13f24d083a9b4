"""Clusters by density."""

import numpy as np

from astro_assets.xray.autoencoder.clusters import clusters_of


def test_groups_are_found_and_named_by_size():
    rng = np.random.default_rng(1)
    points = np.concatenate(
        [rng.normal(0, 0.1, (40, 3)), rng.normal(5, 0.1, (70, 3)), rng.uniform(-30, 30, (6, 3))]
    )
    found = clusters_of(points, 15)
    assert set(found[:40]) <= {1, -1}
    assert set(found[40:110]) <= {0, -1}
    assert (found[:110] >= 0).mean() > 0.8
    assert (found[110:] == -1).mean() > 0.6


def test_few_points_have_no_clusters():
    assert clusters_of(np.zeros((9, 2)), 5).tolist() == [-1] * 9
    assert clusters_of(np.zeros((0, 2)), 5).size == 0
