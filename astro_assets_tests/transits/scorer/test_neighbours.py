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


def kept(measures: np.ndarray) -> Neighbours:
    """Keep events to compare with, of three folds in turn."""
    return fit_neighbours(measures, np.arange(len(measures)) % 3)


def distance(neighbours: Neighbours, measures: np.ndarray, fold: int = -1) -> np.ndarray:
    """Ask of events that are all of one fold; of none, if not said."""
    return neighbours.distance(measures, np.full(len(measures), fold))


@pytest.fixture(scope="module")
def neighbours() -> Neighbours:
    return kept(TRAINED * SCALES)


def test_what_is_between_known_kinds_is_farther_than_they_are(neighbours: Neighbours) -> None:
    known = distance(neighbours, RANDOM.normal(ONE, 1, (200, 12)) * SCALES)
    # Each measure is one that is often seen, all together never are.
    between = RANDOM.normal(np.where(np.arange(12) < 6, ONE, OTHER), 1, (200, 12))
    assert (distance(neighbours, between * SCALES) > np.quantile(known, 0.9)).mean() > 0.9


def test_one_event_of_a_kind_is_no_kind() -> None:
    strange = np.full((1, 12), 20.0) * SCALES
    others = np.concatenate([TRAINED * SCALES, strange])
    assert distance(kept(others), strange) > 0.5
    thrice = kept(np.concatenate([others, strange, strange]))
    assert distance(thrice, strange) == pytest.approx(0)


def test_a_star_is_no_neighbour_of_its_own() -> None:
    """Three events of a strange star, all held out in one fold, do not make it a known one."""
    strange = np.full((3, 12), 20.0) * SCALES
    folds = np.r_[np.arange(len(TRAINED)) % 3, [1, 1, 1]]
    neighbours = fit_neighbours(np.concatenate([TRAINED * SCALES, strange]), folds)
    assert (distance(neighbours, strange, fold=0) == 0).all()
    assert (distance(neighbours, strange, fold=1) > 0.5).all()


def test_values_that_many_events_share_are_in_the_middle_of_them() -> None:
    """Of ties no event is on another side than the rest, however its number is rounded."""
    ties = np.repeat(np.arange(1, 7) / 81, 50)[:, None] * np.ones(12)
    assert (distance(kept(ties), ties.astype(np.float32).astype(np.float64)) == 0).all()
    constant = kept(np.full((60, 12), 0.1))
    assert (constant.points == 0).all()
    assert (distance(constant, np.full((1, 12), 0.1 + 1e-10)) == 0).all()


def test_what_is_missing_is_left_out(neighbours: Neighbours) -> None:
    events = RANDOM.normal(ONE, 1, (50, 12)) * SCALES
    whole = distance(neighbours, events)
    events[:, 1] = np.nan
    assert np.median(distance(neighbours, events)) < 1.5 * np.median(whole)
    assert np.isnan(distance(neighbours, np.full((2, 12), np.nan))).all()
    lacking = TRAINED.copy()
    lacking[:, 2] = np.nan  # a measure that no training event has says nothing
    events = np.zeros((2, 12))
    events[:, 2] = 1e9, np.nan
    found = distance(kept(lacking), events)
    assert found[0] == found[1]


@given(st.integers(0, 49), st.integers(1, 50))
@settings(max_examples=20, deadline=None)
def test_an_event_does_not_depend_on_its_company(neighbours: Neighbours, row: int, n: int) -> None:
    events = TRAINED[:50] * SCALES
    together = distance(neighbours, events[: max(n, row + 1)])
    assert together[row].tobytes() == distance(neighbours, events[row : row + 1])[0].tobytes()


def test_they_are_read_as_they_were_written_or_refused(neighbours: Neighbours) -> None:
    again = neighbours_of(load(save(neighbours.arrays())))
    assert distance(again, TRAINED, fold=2).tobytes() == distance(neighbours, TRAINED, fold=2).tobytes()
    for damage in ({"points": neighbours.points[:, :2]}, {"folds": neighbours.folds[1:]}):
        with pytest.raises(ValueError, match="neighbours of shape"):
            neighbours_of({**neighbours.arrays(), **damage})


def test_the_thousands_of_a_large_training_are_thinned_evenly() -> None:
    many = kept(np.arange(20_000, dtype=np.float64)[:, None])
    assert len(many.points) == 5000
    assert np.diff(many.points[:, 0]).min() >= 0
