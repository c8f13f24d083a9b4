"""Neighbours in the latent are of the same version, nearest first, and never oneself."""

from __future__ import annotations

from astro_assets.xray.nearest import nearest


def test_neighbours_are_of_one_version_and_others() -> None:
    latents = [[0.0, 0.0], [3.0, 0.0], None, [1.0, 0.0], [0.0, 0.1]]
    versions = ["a", "a", "a", "a", "b"]
    assert nearest(latents, versions, 5, 2) == [
        [(3, 1.0), (1, 3.0)],
        [(3, 2.0), (0, 3.0)],
        [],
        [(0, 1.0), (1, 2.0)],
        [],
    ]
    assert nearest(latents, versions, 1, 1) == [[(3, 1.0)]]
    assert nearest([], [], 0, 3) == []
