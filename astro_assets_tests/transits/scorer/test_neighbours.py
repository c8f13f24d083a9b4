"""What is far from all that was trained on is told apart, whatever is missing and whoever else is asked."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from astro_assets.transits.scorer.neighbours import Neighbours, fit_neighbours, neighbours_of

RANDOM = np.random.default_rng(5)
#: Two kinds of events by a dozen measures, whose scales are far apart.
ONE, OTHER = np.zeros(12), np.array([9.0, -9.0] * 6)
TRAINED = np.concatenate([RANDOM.normal(ONE, 1, (300, 12)), RANDOM.normal(OTHER, 1, (300, 12))])
SCALES = np.geomspace(1e-6, 1e6, 12)


@pytest.fixture(scope="module")
def neighbours() -> Neighbours:
    return fit_neighbours(TRAINED * SCALES)


def test_what_is_between_known_kinds_is_farther_than_they_are(neighbours: Neighbours) -> None:
    known = neighbours.distance(RANDOM.normal(ONE, 1, (200, 12)) * SCALES)
    # Each measure is one that is often seen, all together never are.
    mixed = neighbours.distance(RANDOM.normal(np.where(np.arange(12) < 6, ONE, OTHER), 1, (200, 12)) * SCALES)
    assert (mixed > np.quantile(known, 0.9)).mean() > 0.9


def test_one_event_of_a_kind_is_no_kind() -> None:
    strange = np.full((1, 12), 20.0)
    others = np.concatenate([TRAINED, strange]) * SCALES
    assert fit_neighbours(others).distance(strange * SCALES) > 0.5
    assert fit_neighbours(np.concatenate([others, strange * SCALES, strange * SCALES])).distance(
        strange * SCALES
    ) == pytest.approx(0)


def test_what_is_missing_is_left_out(neighbours: Neighbours) -> None:
    events = RANDOM.normal(ONE, 1, (50, 12)) * SCALES
    whole = neighbours.distance(events)
    events[:, 1] = np.nan
    assert np.median(neighbours.distance(events)) < 1.5 * np.median(whole)
    assert np.isnan(neighbours.distance(np.full((2, 12), np.nan))).all()
    lacking = TRAINED.copy()
    lacking[:, 2] = np.nan  # a measure that no training event has says nothing
    events = np.zeros((2, 12))
    events[:, 2] = 1e9, np.nan
    found = fit_neighbours(lacking).distance(events)
    assert found[0] == found[1]


@given(st.integers(0, 49), st.integers(1, 50))
@settings(max_examples=20, deadline=None)
def test_an_event_does_not_depend_on_its_company(neighbours: Neighbours, row: int, n: int) -> None:
    events = TRAINED[:50] * SCALES
    together = neighbours.distance(events[: max(n, row + 1)])
    assert together[row].tobytes() == neighbours.distance(events[row : row + 1])[0].tobytes()


def test_they_are_read_as_they_were_written_or_refused(neighbours: Neighbours) -> None:
    again = neighbours_of(load(save(neighbours.arrays())))
    assert again.distance(TRAINED).tobytes() == neighbours.distance(TRAINED).tobytes()
    with pytest.raises(ValueError, match="neighbours of shape"):
        neighbours_of({"knots": neighbours.knots, "points": neighbours.points[:, :2]})


def test_the_thousands_of_a_large_training_are_thinned_evenly() -> None:
    many = fit_neighbours(np.arange(20_000, dtype=np.float64)[:, None])
    assert len(many.points) == 5000
    assert np.diff(many.points[:, 0]).min() >= 0
