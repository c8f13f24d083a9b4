"""The AUC of a column is scikit-learn's, and permutations keep groups whole."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from sklearn.metrics import roc_auc_score

from astro_assets.learning.association import categories, cross_validated_auc, permuted_by_group


@given(seed=st.integers(0, 10_000), n_categories=st.integers(1, 12))
def test_the_auc_is_that_of_rates_in_other_folds(seed: int, n_categories: int) -> None:
    rng = np.random.default_rng(seed)
    category, folds = rng.integers(n_categories, size=60), np.arange(60) % 3
    truth = rng.random(60) < 0.2 + 0.5 * (category % 2)
    if any(truth[folds == fold].all() or not truth[folds == fold].any() for fold in range(3)):
        return
    expected = []
    for fold in range(3):
        here = folds == fold
        rate = [
            (truth[~here & (category == one)].sum() + truth.mean()) / ((~here & (category == one)).sum() + 1)
            for one in range(n_categories)
        ]
        expected.append(roc_auc_score(truth[here], np.array(rate)[category[here]]))
    (found,) = cross_validated_auc(truth[None].astype(float), category, folds)
    assert found == pytest.approx(np.mean(expected))


def test_folds_with_one_class_tell_nothing() -> None:
    truth = np.array([[1.0, 0.0, 1.0, 0.0, 0.0, 0.0]])
    category, folds = np.array([0, 1, 0, 1, 0, 1]), np.array([0, 0, 1, 1, 2, 2])
    assert cross_validated_auc(truth, category, folds).tolist() == [1.0]


@given(sizes=st.lists(st.integers(1, 4), min_size=1, max_size=12), seed=st.integers(0, 100))
def test_permutations_exchange_the_truth_of_whole_groups(sizes: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    order = rng.permutation(sum(sizes))
    groups = np.repeat([f"g{at}" for at in range(len(sizes))], sizes)[order]
    truth = rng.random(order.size) < 0.5

    def blocks(values: np.ndarray) -> list[tuple[bool, ...]]:
        return sorted(tuple(values[groups == group].tolist()) for group in np.unique(groups))

    for permuted in permuted_by_group(truth, groups.tolist(), 3, seed):
        assert blocks(permuted) == blocks(truth)


def test_permutations_are_many_and_repeatable() -> None:
    truth, groups = np.arange(40) % 2 == 0, [str(at) for at in range(40)]
    first, again, other = (list(permuted_by_group(truth, groups, 20, seed)) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert len({one.tobytes() for one in (*first, *other)}) > 35


def test_values_are_categories_and_many_numbers_are_tenths() -> None:
    assert categories(["b", "a", "b"]).tolist() == [1, 0, 1]
    assert categories([1.5, 1.5, 0.5, np.nan, np.nan]).tolist() == [1, 1, 0, 2, 2]
    numbers = np.append(np.arange(1000.0), [np.nan] * 7)
    assert np.bincount(categories(numbers.tolist())).tolist() == [7, *[100] * 10]
