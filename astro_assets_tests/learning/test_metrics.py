"""Metrics are scikit-learn's; intervals count groups, not rows."""

from __future__ import annotations

import math
from functools import partial

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from astro_assets.learning.metrics import (
    average_precision,
    bootstrap_by_group,
    by_bins,
    classification_record,
    paired_difference_by_group,
    recall_at_precision,
    roc_auc,
)

ROWS = st.lists(
    st.tuples(st.booleans(), st.sampled_from([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])), min_size=2, max_size=30
)


def drawn(seed: int, n: int = 400) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    truth = rng.random(n) < 0.3
    return truth, rng.normal(size=n) + truth


def accuracy(truth: NDArray[np.bool_], score: NDArray[np.float64]) -> float:
    return float(((score >= 0.5) == truth).mean())


@given(rows=ROWS)
def test_ranking_metrics_are_what_their_definitions_count(rows: list[tuple[bool, float]]) -> None:
    truth, score = (np.array(column) for column in zip(*rows, strict=True))
    measured = average_precision(truth, score), roc_auc(truth, score), recall_at_precision(truth, score, 0.7)
    if truth.all() or not truth.any():
        assert all(math.isnan(value) for value in measured)
        return
    thresholds = np.unique(score)[::-1]
    recalls = np.array([(score[truth] >= at).mean() for at in thresholds])
    precisions = np.array([truth[score >= at].mean() for at in thresholds])
    wins = score[truth][:, None] - score[~truth][None, :]
    assert measured == pytest.approx(
        (
            np.sum(np.diff(recalls, prepend=0) * precisions),
            np.mean(np.where(wins == 0, 0.5, wins > 0)),
            recalls[precisions >= 0.7].max(initial=0),
        )
    )


def test_a_precision_that_is_never_reached_has_no_recall() -> None:
    truth, score = [True, False, False, True], [0.6, 0.9, 0.5, 0.4]
    assert recall_at_precision(truth, score, 0.9) == 0
    assert recall_at_precision(truth, score, 0.5) == 1
    assert recall_at_precision([True, True, False], [0.9, 0.4, 0.5], 0.99) == 0.5


@given(rows=ROWS, threshold=st.sampled_from([0.0, 0.3, 0.4, 2.0]))
def test_the_record_counts_rows_that_reach_the_threshold(
    rows: list[tuple[bool, float]], threshold: float
) -> None:
    record = classification_record(*zip(*rows, strict=True), threshold)
    tp = sum(truth and score >= threshold for truth, score in rows)
    fp = sum(not truth and score >= threshold for truth, score in rows)
    fn = sum(truth and score < threshold for truth, score in rows)
    tn = len(rows) - tp - fp - fn
    below = math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    assert record == pytest.approx(
        {
            "accuracy": (tp + tn) / len(rows),
            "precision": tp / max(tp + fp, 1),
            "recall": tp / max(tp + fn, 1),
            "f1": 2 * tp / max(2 * tp + fp + fn, 1),
            "mcc": (tp * tn - fp * fn) / below if below else 0,
            "true_positives": tp,
            "false_positives": fp,
            "false_negatives": fn,
            "true_negatives": tn,
        }
    )


def test_an_interval_contains_the_true_value_as_often_as_it_says() -> None:
    """Accuracy of this score is Phi(0.5) = 0.6915 in both classes: of 200 intervals at 90 %, 180 have it."""
    held = 0
    for seed in range(200):
        truth, score = drawn(seed)
        names = [str(n) for n in range(truth.size)]
        interval = bootstrap_by_group(accuracy, truth, score, names, n_resamples=200, level=0.9)
        held += interval.low <= 0.69146 <= interval.high
    assert 167 <= held <= 192  # 3 sigma of a binomial


def test_copies_of_a_row_tell_nothing_new() -> None:
    truth, score = drawn(1)
    names = [str(n) for n in range(truth.size)]
    once = bootstrap_by_group(accuracy, truth, score, names, n_resamples=300)
    copied = bootstrap_by_group(accuracy, np.tile(truth, 9), np.tile(score, 9), names * 9, n_resamples=300)
    assert (copied.low, copied.high) == pytest.approx((once.low, once.high))
    rows_as_groups = [str(n) for n in range(9 * truth.size)]
    fooled = bootstrap_by_group(accuracy, np.tile(truth, 9), np.tile(score, 9), rows_as_groups, 300)
    assert fooled.high - fooled.low < 0.5 * (once.high - once.low)


def test_the_interval_follows_level_and_seed() -> None:
    truth, score = drawn(2)
    names = [str(n // 2) for n in range(truth.size)]
    interval = partial(bootstrap_by_group, average_precision, truth, score, names, 50)
    wide, narrow = interval(level=0.95), interval(level=0.5)
    assert wide.low < narrow.low < narrow.value == average_precision(truth, score) < narrow.high < wide.high
    assert interval(seed=0) == wide != interval(seed=1)


def test_resamples_with_one_class_are_drawn_again() -> None:
    """One group has all positives: a third of the draws miss it."""
    interval = bootstrap_by_group(roc_auc, [True, False, False], [0.9, 0.1, 0.2], ["a", "b", "c"], 100)
    assert (interval.low, interval.high) == (1, 1)
    with pytest.raises(ValueError, match="both classes"):
        bootstrap_by_group(roc_auc, [True, True], [0.9, 0.1], ["a", "b"])


def test_what_is_hard_for_both_scores_cancels() -> None:
    truth, score = drawn(3)
    names = [str(n) for n in range(truth.size)]
    worse = score - 0.02 * np.sign(truth - 0.5)
    difference = paired_difference_by_group(average_precision, truth, score, worse, names, 200)
    assert 0 < difference.low < difference.value < difference.high
    alone = bootstrap_by_group(average_precision, truth, score, names, 200)
    assert difference.high - difference.low < 0.2 * (alone.high - alone.low)
    reverse = paired_difference_by_group(average_precision, truth, worse, score, names, 200)
    assert reverse.value == -difference.value


def test_bins_share_no_row_and_say_where_nothing_can_be_measured() -> None:
    truth = np.array([True, False, True, False, True, True])
    values = [7.0, 8.0, 10.0, 20.0, np.nan, 30.0]
    records = by_bins(roc_auc, truth, [0.9, 0.1, 0.2, 0.8, 0.5, 0.5], values, [7.0, 10.0, 20.0, 20.5, 30.0])
    assert [(one["count"], one["positives"], one["metric"]) for one in records] == [
        (2, 1, 1.0),
        (1, 1, None),
        (1, 0, None),
        (1, 1, None),
    ]
    assert (records[0]["low"], records[0]["high"]) == (7.0, 10.0)
