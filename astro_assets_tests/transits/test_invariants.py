"""What holds of every row of the transit wing's tables: the rows that break it, and only they, are found."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.invariants import (
    broken_cells,
    epochs_outside_the_data,
    impossible_events,
    impossible_features,
    impossible_memberships,
    impossible_transits,
    periods_beyond_the_data,
    too_few_transits,
    wrong_counts,
)

NUMBERS = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-10, 10)


def keys(found: pl.LazyFrame) -> list[str]:
    lines = found.collect()
    assert lines.columns == ["key", "what"]
    assert lines["what"].null_count() == 0
    return lines["key"].to_list()


@given(NUMBERS, st.floats(0.1, 5000))
def test_periods_are_positive_and_no_longer_than_the_data(period: float, baseline: float) -> None:
    rows = pl.LazyFrame({"key": ["a"], "period_days": [period], "baseline_days": [baseline]})
    assert keys(periods_beyond_the_data(rows)) == ([] if 0 < period <= baseline else ["a"])


def test_the_period_and_the_data_are_told() -> None:
    rows = pl.LazyFrame({"key": ["a"], "period_days": [30.0], "baseline_days": [27.5]})
    assert periods_beyond_the_data(rows).collect().rows() == [("a", "period 30.0 d in 27.5 d of data")]


@given(st.integers(0, 10), st.integers(2, 10))
def test_signals_have_the_transits_that_the_search_requires(n: int, least: int) -> None:
    rows = pl.LazyFrame({"key": ["a"], "n_transits": [n]})
    assert keys(too_few_transits(rows, min_transits=least)) == ([] if n >= least else ["a"])


@given(NUMBERS)
def test_epochs_are_inside_the_data(epoch: float) -> None:
    rows = pl.LazyFrame({"key": ["a"], "epoch_btjd": [epoch], "first_btjd": [-3.0], "last_btjd": [4.0]})
    found = keys(epochs_outside_the_data(rows))
    minute = 1 / 1440
    if -3 <= epoch <= 4:
        assert found == []
    elif not -3 - 2 * minute <= epoch <= 4 + 2 * minute:
        assert found == ["a"]


def test_an_epoch_without_data_is_outside() -> None:
    schema = {"key": pl.String, "epoch_btjd": pl.Float64, "first_btjd": pl.Float64, "last_btjd": pl.Float64}
    rows = pl.LazyFrame([("a", 1.0, None, None), ("b", 9.0, 1.0, 2.0)], schema, orient="row")
    assert epochs_outside_the_data(rows).collect().rows() == [
        ("a", "epoch 1.0, but no data are there"),
        ("b", "epoch 9.0, but the data are from 1.0 to 2.0"),
    ]


@pytest.mark.parametrize(
    ("period", "duration", "depth", "sound"),
    [
        (3.0, 2.0, 100.0, True),
        (3.0, 72.0, 100.0, False),
        (3.0, 71.9, 100.0, True),
        (3.0, 0.0, 100.0, False),
        (3.0, -1.0, 100.0, False),
        (3.0, math.nan, 100.0, False),
        (3.0, 2.0, 0.0, False),
        (3.0, 2.0, -5.0, False),
        (3.0, 2.0, math.nan, False),
        (3.0, 2.0, math.inf, False),
        (math.nan, math.inf, 100.0, False),
        (None, 2.0, -5.0, False),
    ],
)
def test_transits_are_possible(period: float | None, duration: float, depth: float, sound: bool) -> None:
    schema = dict.fromkeys(("period_days", "duration_hours", "depth_ppm"), pl.Float64)
    rows = pl.LazyFrame([("a", period, duration, depth)], {"key": pl.String, **schema}, orient="row")
    assert keys(impossible_transits(rows)) == ([] if sound else ["a"])


@given(st.integers(-3, 10), st.integers(-3, 10))
def test_no_more_planets_are_found_than_were_put_in(tried: int, found: int) -> None:
    rows = pl.LazyFrame({"key": ["a"], "n_injected": [tried], "n_recovered": [found]})
    assert keys(wrong_counts(rows)) == ([] if 0 <= found <= tried and tried > 0 else ["a"])


def test_cells_have_a_width_and_possible_counts() -> None:
    cells = {
        "period_days_from": np.array([1.0, 2.0]),
        "period_days_to": np.array([2.0, 4.0]),
        "radius_earth_from": np.array([1.0, 1.0]),
        "radius_earth_to": np.array([2.0, 2.0]),
        "n_injected": np.array([4, 0]),
        "n_recovered": np.array([4, 0]),
    }
    assert broken_cells(cells) == []
    assert broken_cells({**cells, "n_recovered": np.array([4, 1])}) == [
        "a cell has more planets found than put in"
    ]
    assert broken_cells({**cells, "radius_earth_to": np.array([2.0, 1.0])}) == [
        "a cell has no width in radius_earth"
    ]


@given(NUMBERS, NUMBERS)
def test_events_last_as_long_as_what_is_tried_and_reach_the_threshold(hours: float, snr: float) -> None:
    rows = pl.LazyFrame({"key": ["a"], "duration_hours": [hours], "snr": [snr]})
    sound = 1.5 * (1 - 1e-9) <= hours <= 16 * (1 + 1e-9) and 5.5 <= snr < math.inf
    found = impossible_events(rows, shortest_hours=1.5, longest_hours=16.0, threshold=5.5)
    assert keys(found) == ([] if sound else ["a"])


@pytest.mark.parametrize(
    ("changes", "is_sound"),
    [
        ({}, True),
        ({"transit_coverage": math.nan, "near_gap_fraction": math.nan, "mean_depth_err_ppm": math.nan}, True),
        ({"n_transits_measured": 9}, False),
        ({"transit_coverage": 1.2}, False),
        ({"near_gap_fraction": -0.1}, False),
        ({"duty_cycle": 1.5}, False),
        ({"mean_depth_err_ppm": 0.0}, False),
        ({"mean_depth_err_ppm": math.inf}, False),
        ({"brightening_over_dip": 1.1}, False),
        ({"phase_noise": math.nan}, False),
        ({"red_noise": 0.9}, False),
    ],
)
def test_measures_keep_within_what_can_be(changes: dict[str, float], is_sound: bool) -> None:
    row = {
        "n_transits_measured": 7, "n_transits_expected": 8, "transit_coverage": 0.9, "near_gap_fraction": 0.2,
        "duty_cycle": 0.05, "weak_secondary_phase": 0.4, "brightening_over_dip": 0.1,
        "mean_depth_err_ppm": 30.0, "red_noise": 1.0, "phase_noise": 1.1,
    }  # fmt: skip
    rows = pl.LazyFrame([{"key": "a", **row, **changes}])
    assert keys(impossible_features(rows)) == ([] if is_sound else ["a"])


@given(NUMBERS, NUMBERS)
def test_candidates_are_nearest_to_their_own_cluster(distance: float, second: float) -> None:
    rows = pl.LazyFrame({"key": ["a"], "distance": [distance], "distance_to_second": [second]})
    sound = 0 <= distance <= second < math.inf
    assert keys(impossible_memberships(rows)) == ([] if sound else ["a"])
