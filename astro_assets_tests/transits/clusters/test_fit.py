"""Clusters fitted to candidates: found, named, and named again after a refit."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

from astro_assets.transits.clusters.fit import ClusterSettings, fit_clusters
from astro_assets.transits.clusters.measures import joined, measured
from astro_assets.transits.clusters.model import ClusterModel
from astro_assets_tests.transits.clusters.made import SHAPES, TRANSIT, made_rows

QUICK = ClusterSettings(n_bootstraps=4, n_starts=3)


def fitted(previous: ClusterModel | None = None, **made: Any) -> tuple[ClusterModel, dict[str, Any]]:
    candidates = joined(made_rows(**made))
    measures = np.array([measured(rows) for rows in candidates.values()])
    return fit_clusters(list(candidates), measures, QUICK, previous)


def test_groups_are_found_and_named_by_their_shape() -> None:
    model, metrics = fitted()
    assert metrics["n_clusters"] == len(SHAPES)
    assert metrics["stability"] > 0.95
    assert metrics["candidates_by_cluster"] == dict.fromkeys(SHAPES, 40)
    for label, cluster in enumerate(model.clusters):
        assert cluster.label == label
        assert cluster.medoid.startswith(cluster.name)


def test_the_order_of_candidates_does_not_matter_to_names() -> None:
    model, _ = fitted()
    mirrored, _ = fitted(**dict(reversed(SHAPES.items())))
    names = [[(cluster.label, cluster.name) for cluster in one.clusters] for one in (model, mirrored)]
    assert names[0] == names[1]


def test_a_refit_keeps_numbers_and_names_and_a_new_group_takes_a_new_number() -> None:
    deep_first = {"eclipse_like": SHAPES["eclipse_like"], "sinusoidal": SHAPES["sinusoidal"]}
    model, _ = fitted(**deep_first)
    assert [(cluster.label, cluster.name) for cluster in model.clusters] == [
        (0, "eclipse_like"), (1, "sinusoidal"),
    ]  # fmt: skip
    again, metrics = fitted(model, seed=5, **SHAPES)
    assert metrics["kept_from_previous"] == 2
    assert metrics["largest_shift"] < 0.5
    assert [(cluster.label, cluster.name) for cluster in again.clusters] == [
        (0, "eclipse_like"), (1, "sinusoidal"), (2, "transit_like"),
    ]  # fmt: skip
    without, _ = fitted(again, **deep_first)
    back, _ = fitted(without, **SHAPES)
    assert without.next_label == 3
    assert {cluster.name: cluster.label for cluster in back.clusters}["transit_like"] == 3


def test_two_groups_of_one_kind_have_names_of_their_own() -> None:
    short = TRANSIT | {
        "period_days": 0.7, "duty_cycle": 0.15, "depth_ppm": 300.0, "snr": 15.0, "largest_over_multiple": 0.1,
        "global_skewness": -1.0, "local_cid_ce_normalize_true": 6.0,
    }  # fmt: skip
    model, _ = fitted(long=TRANSIT, short=short, other=SHAPES["sinusoidal"])
    assert {cluster.name for cluster in model.clusters} == {"transit_like", "transit_like_2", "sinusoidal"}
    named = {cluster.name: cluster.medoid for cluster in model.clusters}
    assert named["transit_like"].startswith("short"), "the shallowest first"


@pytest.mark.parametrize("settings", [{"seed": 1}, {"n_starts": 1}, {"most_for_stability": 50}])
def test_settings_count(settings: dict[str, int]) -> None:
    candidates = joined(made_rows(blob=TRANSIT, n=120))
    measures = np.array([measured(rows) for rows in candidates.values()])
    results = [
        fit_clusters(list(candidates), measures, one) for one in (QUICK, QUICK.model_copy(update=settings))
    ]
    assert repr(results[0]) != repr(results[1])


_FIT = """
from astro_assets_tests.transits.clusters.test_fit import fitted
print(fitted(n=400)[0].to_json().hex())
"""


def test_the_number_of_threads_does_not_change_a_bit() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", _FIT],
            env={**os.environ, "OMP_NUM_THREADS": threads},
            capture_output=True, text=True, check=True,
        ).stdout
        for threads in ("1", "2")
    }  # fmt: skip
    assert len(outputs) == 1
