"""Rules about stored time series: each breach is told, sound curves are not."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from astro_assets.orchestration.time_series import broken_lengths, broken_times, broken_values

FINITE = st.floats(-1e6, 1e6)


@given(npst.arrays(np.float64, st.integers(0, 30), elements=st.floats(width=64)))
def test_times_are_sound_exactly_if_finite_and_strictly_increasing(time: np.ndarray) -> None:
    increasing = all(a < b for a, b in pairwise(time))
    sound = time.size > 0 and all(np.isfinite(time)) and increasing
    assert (broken_times({"time": time}) == []) == sound


@given(npst.arrays(np.float64, st.integers(2, 30), elements=FINITE, unique=True), st.data())
def test_two_swapped_times_are_found(time: np.ndarray, data: st.DataObject) -> None:
    time = np.sort(time)
    assert broken_times({"time": time}) == []
    i = data.draw(st.integers(0, time.size - 2))
    time[[i, i + 1]] = time[[i + 1, i]]
    (what,) = broken_times({"time": time})
    assert "does not increase at" in what


@pytest.mark.parametrize(
    ("time", "what"),
    [
        (np.array([], np.float64), "there is no sample"),
        (np.array([1.0, np.nan, np.inf]), "2 of 3 times are not finite"),
        (
            np.array([1.0, 2.0, 2.0]),
            "time does not increase at 1 of 3 samples, first from 2.000000 to 2.0000",
        ),
        (np.array([1.0, 2.0], np.float32), "time is float32, not float64"),
    ],
)
def test_what_is_wrong_with_times_is_told(time: np.ndarray, what: str) -> None:
    (told,) = broken_times({"time": time})
    assert told.startswith(what)


def test_a_curve_without_times_is_told() -> None:
    assert broken_times({"flux": np.ones(2)}) == ["there is no array time, only flux"]


@given(st.integers(1, 5), st.integers(1, 5))
def test_arrays_are_as_long_as_their_times(n: int, m: int) -> None:
    wrong = broken_lengths({"time": np.zeros(n), "flux": np.zeros(m)}, names=("flux",))
    assert wrong == ([] if n == m else [f"flux is of shape ({m},), time of ({n},)"])


def test_missing_and_two_dimensional_arrays_are_told() -> None:
    arrays = {"time": np.zeros(3), "flux": np.zeros((3, 1))}
    assert broken_lengths(arrays, names=("flux", "trend")) == [
        "flux is of shape (3, 1), time of (3,)",
        "there is no array trend",
    ]


@given(npst.arrays(np.float32, st.integers(0, 20), elements=st.floats(width=32)))
def test_values_are_sound_exactly_if_finite_and_positive(values: np.ndarray) -> None:
    finite = bool(np.isfinite(values).all())
    assert (broken_values({"flux": values}, finite=("flux",)) == []) == finite
    positive = finite and bool((values > 0).all())
    assert (broken_values({"flux": values}, finite=(), positive=("flux",)) == []) == positive


def test_values_that_are_wrong_are_counted() -> None:
    arrays = {"flux": np.array([1, np.nan, np.inf]), "flux_err": np.array([0.0, 1.0, -1.0])}
    assert broken_values(arrays, finite=("flux", "trend"), positive=("flux_err",)) == [
        "2 of 3 values of flux are not finite",
        "there is no array trend",
        "2 of 3 values of flux_err are not positive",
    ]
