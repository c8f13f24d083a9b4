"""The fitted model: scale, membership, JSON."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.clusters.model import Cluster, ClusterModel, Scale, fit_scale, from_json

MODEL = ClusterModel(
    ("a", "b"),
    Scale((1.0, 10.0), (0.5, 2.0)),
    (
        Cluster(0, "transit_like", (-1.0, 0.0), 7, "TIC 1.01"),
        Cluster(2, "flat", (1.0, 0.0), 3, "TIC 2.01"),
        Cluster(1, "eclipse_like", (0.0, 2.0), 5, "TIC 3.01"),
    ),
    3,
)
_MEASURES = st.lists(st.floats(-50, 50) | st.just(float("nan")), min_size=2, max_size=2)


def test_json_brings_the_model_back_to_the_bit() -> None:
    assert from_json(MODEL.to_json()) == MODEL
    assert from_json(MODEL.to_json()).to_json() == MODEL.to_json()


@given(_MEASURES)
def test_a_candidate_belongs_to_the_nearest_centre(measures: list[float]) -> None:
    found = MODEL.membership(np.array(measures))
    point = MODEL.scale.scaled(np.array(measures))
    distances = {cluster.label: np.linalg.norm(point - cluster.centre) for cluster in MODEL.clusters}
    assert found.distance == pytest.approx(min(distances.values()))
    assert distances[found.cluster.label] == pytest.approx(found.distance)
    assert found.distance_to_second == pytest.approx(sorted(distances.values())[1])


def test_the_scale_is_robust_and_gaps_are_the_median() -> None:
    rng = np.random.default_rng(0)
    measures = rng.normal([3.0, -1.0, 7.0], [2.0, 0.1, 0.0], (2000, 3))
    measures[:100] = 1e9
    measures[100:200, 0] = np.nan
    scale = fit_scale(measures)
    assert scale.median == pytest.approx((3, -1, 7), abs=0.2)
    assert scale.width[:2] == pytest.approx((2, 0.1), rel=0.15)
    assert scale.width[2] == 1, "half of all are equal"
    scaled = scale.scaled(measures)
    assert np.abs(scaled).max() == 3
    assert not scaled[100:200, 0].any()


def test_a_measure_that_nobody_knows_has_a_scale() -> None:
    assert np.isfinite(fit_scale(np.full((5, 1), np.nan)).scaled(np.array([np.nan])))
