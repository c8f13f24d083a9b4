"""A gate misses no more than it certifies, and its certificate comes from others than chose it."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray
from scipy.stats import binom

from astro_assets.learning.gate import (
    bound_table,
    certify,
    clopper_pearson_upper,
    cross_fitted_gate,
    gate_threshold,
)
from astro_assets.learning.splits import grouped_folds

ROWS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 0.9]), st.booleans(), st.sampled_from("abcdefgh")
    ),
    min_size=1,
    max_size=40,
)
Columns = tuple[NDArray[np.float64], NDArray[np.bool_], list[str]]


def columns(rows: list[tuple[float, bool, str]]) -> Columns:
    score, truth, groups = zip(*rows, strict=True)
    return np.array(score), np.array(truth), list(groups)


def drawn(n_groups: int, seed: int) -> Columns:
    """Two rows a group, a fifth of the groups positive."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(rng.random(n_groups) < 0.2, 2)
    return rng.normal(size=truth.size) + 2.5 * truth, truth, [str(n // 2) for n in range(truth.size)]


def missed_groups(columns: Columns, threshold: float) -> int:
    score, truth, groups = columns
    positive = {group for group, is_true in zip(groups, truth, strict=True) if is_true}
    passed = {g for g, is_true, s in zip(groups, truth, score, strict=True) if is_true and s >= threshold}
    return len(positive - passed)


@pytest.mark.parametrize(("missed", "n"), [(0, 316), (2, 316), (5, 40), (39, 40)])
def test_at_the_bound_so_few_misses_would_be_as_rare_as_the_confidence_allows(missed: int, n: int) -> None:
    bound = clopper_pearson_upper(missed, n, 0.95)
    assert binom.cdf(missed, n, bound) == pytest.approx(0.05)


def test_what_316_positive_stars_certify() -> None:
    assert clopper_pearson_upper(0, 316) < 0.01 < clopper_pearson_upper(1, 316)
    assert clopper_pearson_upper(2, 316) < 0.02 < clopper_pearson_upper(3, 316)
    assert clopper_pearson_upper(3, 3) == clopper_pearson_upper(0, 0) == 1


@given(rows=ROWS, largest_missed=st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0]))
def test_the_threshold_is_the_highest_that_is_allowed(
    rows: list[tuple[float, bool, str]], largest_missed: float
) -> None:
    score, truth, groups = columns(rows)
    if not truth.any():
        with pytest.raises(ValueError, match="positive"):
            gate_threshold(score, truth, groups, largest_missed)
        return
    n_positive = len({group for group, is_true in zip(groups, truth, strict=True) if is_true})
    threshold = gate_threshold(score, truth, groups, largest_missed)
    assert missed_groups((score, truth, groups), threshold) <= largest_missed * n_positive
    for higher in set(score[score > threshold]):
        missed = missed_groups((score, truth, groups), higher)
        assert missed > largest_missed * n_positive or missed == n_positive


def test_one_row_of_a_group_is_enough_and_only_its_positive_rows_count() -> None:
    groups = ["a", "a", "b", "b"]
    gate = certify([0.9, 0.1, 0.4, 0.95], [True, True, True, False], groups, 0.5)
    assert (gate.n_positives, gate.empirical_missed, gate.fraction_passed) == (2, 0.5, 0.5)
    assert gate.bound == clopper_pearson_upper(1, 2, 0.95)
    assert (gate.threshold, gate.confidence) == (0.5, 0.95)
    with pytest.raises(ValueError, match="positive"):
        certify([0.9], [False], ["a"], 0.5)


def test_what_was_not_scored_does_not_pass() -> None:
    assert gate_threshold([np.nan, 0.4, 0.6], [True, True, True], ["a", "a", "b"], 0.0) == 0.4
    assert certify([np.nan], [True], ["a"], 0.1).empirical_missed == 1


def test_the_bound_holds_as_often_as_it_says() -> None:
    """The rate that a threshold truly misses exceeds the bound in at most 5 % of 300 surveys."""
    broken = 0
    for seed in range(300):
        chosen = gate_threshold(*drawn(300, 2 * seed), 0.05)
        gate = certify(*drawn(300, 2 * seed + 1), chosen)
        truly_missed = missed_groups(TRUTH, chosen) / N_TRUE_GROUPS
        broken += truly_missed > gate.bound
    assert broken <= 15 + 3 * np.sqrt(300 * 0.05 * 0.95)


TRUTH = drawn(20_000, 10_000)
N_TRUE_GROUPS = int(TRUTH[1][::2].sum())


def test_no_fold_judges_itself() -> None:
    score, truth, groups = drawn(400, 3)
    folds = grouped_folds(groups, [str(one) for one in truth], 5, 0)
    gate = cross_fitted_gate(score, truth, groups, folds, 0.05, 0.9)
    parts = []
    for fold in range(5):
        mine = folds == fold
        own, other = ([group for group, here in zip(groups, at, strict=True) if here] for at in (mine, ~mine))
        threshold = gate_threshold(score[~mine], truth[~mine], other, 0.05)
        parts.append(certify(score[mine], truth[mine], own, threshold))
    missed = sum(round(part.empirical_missed * part.n_positives) for part in parts)
    assert gate.n_positives == sum(part.n_positives for part in parts)
    assert gate.empirical_missed == pytest.approx(missed / gate.n_positives)
    assert gate.bound == clopper_pearson_upper(missed, gate.n_positives, 0.9)
    assert gate.threshold == gate_threshold(score, truth, groups, 0.05)
    passed = [part.fraction_passed * (folds == fold).sum() for fold, part in enumerate(parts)]
    assert gate.fraction_passed == pytest.approx(sum(passed) / len(score))


def test_a_group_in_two_folds_is_refused() -> None:
    with pytest.raises(ValueError, match="two folds"):
        cross_fitted_gate([0.1, 0.2, 0.3], [True, True, True], ["a", "a", "b"], [0, 1, 1])


@given(rows=ROWS)
def test_the_table_lists_bounds_against_what_passes(rows: list[tuple[float, bool, str]]) -> None:
    score, truth, groups = columns(rows)
    table = bound_table(score, truth, groups, 0.9, most_missed=4)
    n_positive = len({group for group, is_true in zip(groups, truth, strict=True) if is_true})
    assert [line["missed"] for line in table] == sorted({line["missed"] for line in table})
    assert (not table) == (not n_positive)
    for line in table:
        assert line["missed"] <= 4
        assert missed_groups((score, truth, groups), line["threshold"]) == line["missed"]
        assert line["bound"] == clopper_pearson_upper(line["missed"], n_positive, 0.9)
        assert line["fraction_passed"] == (score >= line["threshold"]).mean()
    passed = [line["fraction_passed"] for line in table]
    assert passed == sorted(passed, reverse=True)
