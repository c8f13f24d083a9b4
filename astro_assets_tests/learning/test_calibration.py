"""Calibrated probabilities mean what they say, on labels that are sets and at other base rates too."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from scipy.special import log_softmax
from sklearn.metrics import log_loss

from astro_assets.learning.calibration import (
    LARGEST_TEMPERATURE,
    Platt,
    expected_calibration_error,
    fit_platt,
    fit_temperature,
    prior_shift_table,
    reliability,
    set_negative_log_likelihood,
    shift_prior,
)

PROBABILITY = st.floats(0.001, 0.999)
Drawn = tuple[NDArray[np.float64], NDArray[np.bool_]]


def drawn(n: int, seed: int = 0) -> Drawn:
    """Probabilities, most of them small, and what comes of them."""
    rng = np.random.default_rng(seed)
    probability = rng.beta(0.5, 2, n)
    return probability, rng.random(n) < probability


def sampled_classes(logits: NDArray[np.float64], seed: int) -> NDArray[np.bool_]:
    gumbel = np.random.default_rng(seed).gumbel(size=logits.shape)
    return np.eye(logits.shape[1], dtype=bool)[(logits + gumbel).argmax(axis=1)]


@given(
    logits=arrays(float, (6, 3), elements=st.floats(-10, 10)),
    classes=arrays(int, 6, elements=st.integers(0, 2)),
)
def test_with_one_class_a_row_the_loss_is_the_cross_entropy(
    logits: NDArray[np.float64], classes: NDArray[np.int64]
) -> None:
    logarithms = log_softmax(logits, axis=1)
    loss = set_negative_log_likelihood(logarithms, np.eye(3, dtype=bool)[classes])
    assert loss == pytest.approx(log_loss(classes, np.exp(logarithms), labels=[0, 1, 2]))


def test_the_loss_sums_over_the_set_and_skips_rows_without_one() -> None:
    logarithms = np.log([[0.5, 0.3, 0.2], [0.1, 0.1, 0.8], [0.2, 0.2, 0.6]])
    sets = np.array([[1, 1, 0], [1, 1, 1], [0, 0, 0]], dtype=bool)
    assert set_negative_log_likelihood(logarithms, sets) == pytest.approx(-np.log(0.8) / 2)
    with pytest.raises(ValueError, match="no row has a label"):
        set_negative_log_likelihood(logarithms, np.zeros((3, 3), dtype=bool))


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_temperature_of_logits_is_found_from_sets(temperature: float) -> None:
    right = np.random.default_rng(1).normal(scale=2, size=(20_000, 4))
    sets = sampled_classes(right, 2)
    sets[:, 3] |= sets[:, 2]  # what is of the third class may be of the fourth
    found = fit_temperature(temperature * right, sets)
    assert found == pytest.approx(temperature, rel=0.03)
    best = set_negative_log_likelihood(log_softmax(temperature * right / found, axis=1), sets)
    for off in (0.97, 1.03):
        scaled = log_softmax(temperature * right / (found * off), axis=1)
        assert set_negative_log_likelihood(scaled, sets) > best


def test_a_model_that_is_always_right_is_not_sharpened_without_limit() -> None:
    logits = np.eye(3)
    assert 1 / LARGEST_TEMPERATURE <= fit_temperature(logits, logits > 0) < 1


@pytest.mark.parametrize("scale", [1.0, 1e-4, 1e4])
def test_platt_scaling_finds_the_logistic_curve_whatever_the_scale(scale: float) -> None:
    rng = np.random.default_rng(3)
    score = rng.normal(1, 2, 20_000)
    truth = rng.random(20_000) < 1 / (1 + np.exp(-(0.8 * score - 1.5)))
    fitted = fit_platt(scale * score, truth)
    assert (fitted.slope * scale, fitted.intercept) == pytest.approx((0.8, -1.5), abs=0.06)


@given(
    score=st.lists(st.floats(-100, 100), min_size=1, max_size=8),
    split=st.floats(-100, 100),
)
def test_platt_scaling_is_finite_on_few_rows_that_separate(score: list[float], split: float) -> None:
    fitted = fit_platt(score, np.array(score) > split)
    probability = fitted.apply(score)
    assert np.all((probability >= 0) & (probability <= 1))
    assert np.isfinite([fitted.slope, fitted.intercept]).all()


def test_extreme_scores_do_not_overflow() -> None:
    assert Platt(1.0, 0.0).apply([-1e4, 0.0, 1e4]).tolist() == [0.0, 0.5, 1.0]


def test_true_probabilities_have_no_calibration_error_and_shifted_ones_have_theirs() -> None:
    probability, truth = drawn(100_000)
    assert expected_calibration_error(probability, truth) < 0.005
    assert expected_calibration_error(0.8 * probability + 0.2, truth) == pytest.approx(
        0.2 * (1 - probability).mean(), abs=0.005
    )


@given(
    probability=st.lists(st.sampled_from([0.0, 0.1, 0.5, 1.0]), min_size=1, max_size=60),
    seed=st.integers(0, 9),
)
def test_bins_have_every_row_once_and_ties_together(probability: list[float], seed: int) -> None:
    rng = np.random.default_rng(seed)
    truth = rng.random(len(probability)) < 0.5
    bins = reliability(probability, truth, n_bins=7)
    assert sum(one["count"] for one in bins) == len(probability)
    assert sum(one["count"] * one["fraction"] for one in bins) == pytest.approx(truth.sum())
    assert all(0 <= one["low"] <= one["fraction"] <= one["high"] <= 1 for one in bins)
    order = rng.permutation(len(probability))
    again = reliability(np.array(probability)[order], truth[order], n_bins=7)
    assert np.array([list(one.values()) for one in again]) == pytest.approx(
        np.array([list(one.values()) for one in bins])
    )


def test_bins_have_equal_mass() -> None:
    bins = reliability(*drawn(1500), n_bins=15)
    assert [one["count"] for one in bins] == [100] * 15
    means = [one["mean_probability"] for one in bins]
    assert means == sorted(means)


def test_intervals_of_fractions_are_those_of_wilson() -> None:
    """Two of ten: 0.0567 to 0.5098 (e.g. statsmodels' proportion_confint)."""
    (one,) = reliability(np.full(10, 0.3), np.arange(10) < 2)
    assert (one["low"], one["high"]) == pytest.approx((0.05668, 0.50984), abs=1e-5)
    (narrow,) = reliability(np.full(10, 0.3), np.arange(10) < 2, level=0.5)
    assert one["low"] < narrow["low"] < narrow["high"] < one["high"]


@given(probability=PROBABILITY, old=PROBABILITY, new=PROBABILITY)
def test_a_shifted_prior_multiplies_the_odds(probability: float, old: float, new: float) -> None:
    shifted = float(shift_prior(probability, old, new))
    odds = probability / (1 - probability) * (new / (1 - new)) / (old / (1 - old))
    assert shifted == pytest.approx(odds / (1 + odds))
    assert float(shift_prior(shifted, new, old)) == pytest.approx(probability, rel=1e-6)


@pytest.mark.parametrize("prior", [0.0, 1.0, 1.5, float("nan")])
def test_a_base_rate_without_odds_is_refused(prior: float) -> None:
    with pytest.raises(ValueError, match="base rate"):
        shift_prior(0.5, 0.2, prior)


def test_the_table_foretells_what_happens_at_another_base_rate() -> None:
    rng = np.random.default_rng(5)
    truth = rng.random(200_000) < 0.3
    score = rng.normal(size=truth.size) + 2 * truth
    probability = 1 / (1 + np.exp(-(2 * score - 2 + np.log(0.3 / 0.7))))
    (expected,) = prior_shift_table(truth, probability, priors=(0.05,))
    # The same sky with fewer true rows.
    kept = ~truth | (rng.random(truth.size) < 0.05 / 0.95 * (~truth).sum() / truth.sum())
    rarer, called = truth[kept], shift_prior(probability[kept], 0.3, 0.05) >= 0.5
    assert expected["precision"] == pytest.approx(rarer[called].mean(), abs=0.01)
    assert expected["recall"] == pytest.approx(called[rarer].mean(), abs=0.01)


def test_without_a_row_over_the_threshold_there_is_no_precision() -> None:
    table = prior_shift_table([True, False], [0.6, 0.4], priors=(0.01, 0.5), threshold=0.55)
    assert [(one["prior"], one["precision"], one["recall"]) for one in table] == [
        (0.01, None, 0),
        (0.5, 1, 1),
    ]
