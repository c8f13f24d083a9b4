"""Pictures of clusters."""

from __future__ import annotations

import numpy as np
import polars as pl

from astro_assets.transits.cluster_plots import Medoid, clusters_plot, medoids_plot
from astro_assets_tests.transits.view_features.folds import made_views


def medoids(n: int) -> list[Medoid]:
    made = []
    for number in range(n):
        views = made_views(number)
        views["phase"] = np.concatenate([np.linspace(-0.5, 0.5, count) for count in (201, 61, 61, 61, 61)])
        made.append(Medoid(f"transit_like_{number}", f"TIC 10010082{number}.01", views))
    return made


def test_the_middle_of_one_to_eight_clusters_is_drawn_in_few_bytes() -> None:
    sizes = [len(medoids_plot(medoids(n))) for n in (1, 3, 8)]
    assert max(sizes) < 50_000
    assert medoids_plot(medoids(2)) != medoids_plot(medoids(3))


def test_clusters_of_many_candidates_are_drawn_in_few_bytes() -> None:
    rng = np.random.default_rng(0)
    names = ["transit_like", "eclipse_like", "flat"]
    rows = pl.DataFrame(
        {
            "name": rng.choice(names, 20_000),
            "log_depth_ppm": rng.normal(4, 1, 20_000),
            "log_snr": np.where(rng.random(20_000) < 0.1, np.nan, rng.normal(2, 1, 20_000)),
        }
    )
    picture = clusters_plot(rows, names, "log_depth_ppm", "log_snr")
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 50_000
    assert picture != clusters_plot(rows, names[::-1], "log_depth_ppm", "log_snr")
