"""Every label set is met as often as promised, and hardly more."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from astro_assets.learning.conformal import class_thresholds, coverage_by_label_set, prediction_sets

Probabilities = NDArray[np.float64]
Sets = NDArray[np.bool_]


def drawn(n: int, seed: int = 0) -> tuple[Probabilities, NDArray[np.int64]]:
    """Probabilities of four classes and what comes of them."""
    rng = np.random.default_rng(seed)
    probability = rng.dirichlet([0.5, 0.5, 0.4, 0.6], n)
    classes = (probability.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1)
    return probability, classes


def one_class(classes: NDArray[np.int64]) -> Sets:
    return np.eye(4, dtype=bool)[classes]


def mean_coverage(
    probability: Probabilities, sets: Sets, coverage: float = 0.9
) -> dict[tuple[int, ...], float]:
    """Average over 100 splits into halves."""
    rng = np.random.default_rng(1)
    found: dict[tuple[int, ...], list[float]] = {}
    for _ in range(100):
        fitted = rng.permutation(len(sets)) < len(sets) // 2
        thresholds = class_thresholds(probability[fitted], sets[fitted], coverage)
        predicted = prediction_sets(probability[~fitted], thresholds)
        for kind, (met, _count) in coverage_by_label_set(predicted, sets[~fitted]).items():
            found.setdefault(kind, []).append(met)
    return {kind: float(np.mean(values)) for kind, values in found.items()}


@pytest.mark.parametrize("coverage", [0.9, 0.8])
def test_each_class_is_met_as_often_as_promised(coverage: float) -> None:
    probability, classes = drawn(3000)
    met = mean_coverage(probability, one_class(classes), coverage)
    assert set(met) == {(0,), (1,), (2,), (3,)}
    assert all(coverage - 0.01 <= one <= coverage + 0.01 for one in met.values())


def test_a_model_that_is_wrong_is_met_as_often() -> None:
    probability, classes = drawn(3000)
    wrong = probability[:, [1, 0, 3, 2]] ** 2
    assert all(0.89 <= one <= 0.91 for one in mean_coverage(wrong, one_class(classes)).values())


def test_label_sets_are_met_by_any_of_their_classes() -> None:
    """The third class is only ever labelled {1, 2}, the fourth only {2, 3}, as junk is."""
    probability, classes = drawn(3000)
    sets = one_class(classes)
    sets[classes == 2, 1] = sets[classes == 3, 2] = True
    met = mean_coverage(probability, sets)
    assert set(met) == {(0,), (1,), (1, 2), (2, 3)}
    assert all(one >= 0.89 for one in met.values())
    assert all(met[kind] <= 0.91 for kind in [(0,), (1,), (1, 2), (2, 3)])


@given(n=st.integers(1, 60), seed=st.integers(0, 1000), coverage=st.sampled_from([0.5, 0.8, 0.9, 0.95]))
def test_rows_calibrated_on_are_met_to_the_last_one_allowed(n: int, seed: int, coverage: float) -> None:
    probability, classes = drawn(n, seed)
    sets = one_class(classes)
    thresholds = class_thresholds(probability, sets, coverage)
    found = coverage_by_label_set(prediction_sets(probability, thresholds), sets)
    for (one,), (met, count) in found.items():
        allowed = int((count + 1) * (1 - coverage) + 1e-9)
        assert round((1 - met) * count) == max(allowed - 1, 0)
        assert (thresholds[one] == 0) == (allowed == 0)


def test_thresholds_follow_from_the_rank() -> None:
    """Nineteen rows at 90 %: the second smallest."""
    probability = np.linspace(0.05, 0.95, 19)[:, None]
    assert class_thresholds(probability, np.ones((19, 1), dtype=bool))[0] == pytest.approx(0.1)
    assert class_thresholds(probability[:9], np.ones((9, 1), dtype=bool))[0] == pytest.approx(0.05)


def test_a_class_without_rows_is_in_no_set_and_a_set_may_be_empty() -> None:
    probability, classes = drawn(500)
    sets = one_class(classes)
    sets[classes == 3] = False
    thresholds = class_thresholds(probability, sets)
    assert np.isinf(thresholds[3])
    predicted = prediction_sets([[0.0, 0.0, 0.0, 1.0], [1.0, 0.0, 0.0, 0.0]], thresholds)
    assert predicted.tolist() == [[False] * 4, [True, False, False, False]]


def test_coverage_is_counted_by_label_set() -> None:
    sets = np.array([[1, 0], [0, 1], [0, 1], [0, 0]], dtype=bool)
    labels = np.array([[1, 0], [1, 0], [1, 1], [0, 0]], dtype=bool)
    assert coverage_by_label_set(sets, labels) == {(0,): (0.5, 2), (0, 1): (1.0, 1)}
