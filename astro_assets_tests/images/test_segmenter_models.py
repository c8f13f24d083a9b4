"""A segmenter is promoted by what it finds, in vain and not, on no fewer scenes than the one before."""

from __future__ import annotations

from typing import Any

import pytest

from astro_assets.images.segmenter_models import ANOMALY_SEGMENTER, replaces


def figures(
    found: float = 0.9, false: float = 0.1, scenes: int = 100, accepted: float = 0.1
) -> dict[str, Any]:
    def interval(value: float) -> dict[str, float]:
        return {"value": value, "from": value / 2, "to": min(2 * value, 1.0)}

    return {
        "segmenter": {"completeness_from_10": interval(found), "false_per_megapixel": interval(false)},
        "thresholding": {"completeness_from_10": interval(0.1)},
        "thresholding_points": {"completeness_from_10": interval(0.3)},
        "test_scenes": scenes,
        "accepted_false_per_megapixel": accepted,
    }


@pytest.mark.parametrize(
    ("changed", "does"),
    [
        ({}, True),
        ({"found": 0.95}, True),
        ({"found": 0.85}, False),
        ({"found": 0.99, "scenes": 99}, False),
        ({"found": 0.99, "accepted": 10.0}, False),
        ({"found": 0.99, "false": 3.0}, False),
        ({"accepted": 0.05, "scenes": 200}, True),
    ],
)
def test_it_finds_as_much_on_as_many_scenes(changed: dict[str, Any], does: bool) -> None:
    assert (replaces(figures(**changed), figures()) is not None) == does


def test_what_speaks_against_a_version() -> None:
    assert not any(ANOMALY_SEGMENTER.problems(figures()).values())
    assert ANOMALY_SEGMENTER.problems(figures(false=5.0))["false_objects_few"]
    assert ANOMALY_SEGMENTER.problems(figures(found=0.1))["finds_more_than_thresholding"]
