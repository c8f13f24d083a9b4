"""How well scores tell two classes apart, with intervals that count groups rather than rows.

Truth is boolean, scores grow with the belief that it is True. What is drawn or printed is decided elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Metric = Callable[[NDArray[np.bool_], NDArray[np.float64]], float]


@dataclass(frozen=True, slots=True)
class Interval:
    """A value with the ends of its confidence interval."""

    value: float
    low: float
    high: float


def average_precision(truth: ArrayLike, score: ArrayLike) -> float:
    """Precision averaged over the steps of recall; NaN where one class is missing."""
    from sklearn.metrics import precision_recall_curve

    if not _has_both(truth):
        return math.nan
    # scikit-learn's average_precision_score takes four times as long, and a bootstrap asks a thousand times.
    precisions, recalls, _ = precision_recall_curve(truth, score)
    return float(-np.sum(np.diff(recalls) * precisions[:-1]))


def roc_auc(truth: ArrayLike, score: ArrayLike) -> float:
    """Probability that a true row scores above a false one; NaN where one class is missing."""
    from sklearn.metrics import roc_curve

    if not _has_both(truth):
        return math.nan
    false_rates, true_rates, _ = roc_curve(truth, score)
    return float(np.trapezoid(true_rates, false_rates))


def recall_at_precision(truth: ArrayLike, score: ArrayLike, precision: float) -> float:
    """Return the largest recall of thresholds that are at least so precise.

    0 where none is; NaN where one class is missing.
    """
    from sklearn.metrics import precision_recall_curve

    if not _has_both(truth):
        return math.nan
    precisions, recalls, _ = precision_recall_curve(truth, score)
    return float(recalls[precisions >= precision].max())  # the curve ends with precision 1 at recall 0


def classification_record(truth: ArrayLike, score: ArrayLike, threshold: float) -> dict[str, float]:
    """Count what comes of calling rows true whose score reaches a threshold.

    Returns
    -------
    dict
        ``accuracy``, ``precision``, ``recall``, ``f1`` and ``mcc`` (Matthews correlation coefficient), each 0
        where its denominator is, and the counts ``true_positives``, ``false_positives``,
        ``false_negatives`` and ``true_negatives``.
    """
    # Counted here: scikit-learn warns where all rows are of one class and called so.
    known, called = np.asarray(truth, dtype=bool), np.asarray(score) >= threshold
    tp, fp = float((known & called).sum()), float((~known & called).sum())
    fn, tn = float((known & ~called).sum()), float((~known & ~called).sum())
    return {
        "accuracy": _ratio(tp + tn, known.size),
        "precision": _ratio(tp, tp + fp),
        "recall": _ratio(tp, tp + fn),
        "f1": _ratio(2 * tp, 2 * tp + fp + fn),
        "mcc": _ratio(tp * tn - fp * fn, math.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))),
        "true_positives": tp,
        "false_positives": fp,
        "false_negatives": fn,
        "true_negatives": tn,
    }


def bootstrap_by_group(
    metric: Metric,
    truth: ArrayLike,
    score: ArrayLike,
    groups: Sequence[str],
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Measure with a percentile interval of the bootstrap over groups.

    Rows of a group are not independent, so whole groups are drawn (Efron & Tibshirani 1993, An Introduction
    to the Bootstrap, ch. 8 and 13). A resample with one class only is drawn again.

    Parameters
    ----------
    metric
        Of truth and score, both shape (m,).
    truth, score
        Boolean and float, shape (n,).
    groups
        Group of each row, length n.
    level
        Confidence of the interval, between 0 and 1.

    Raises
    ------
    ValueError
        Where one class is missing altogether.
    """
    known, scores = np.asarray(truth, dtype=bool), np.asarray(score, dtype=np.float64)
    values = [metric(known[rows], scores[rows]) for rows in _resamples(known, groups, n_resamples, seed)]
    return _percentiles(metric(known, scores), values, level)


def paired_difference_by_group(
    metric: Metric,
    truth: ArrayLike,
    score: ArrayLike,
    other_score: ArrayLike,
    groups: Sequence[str],
    n_resamples: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> Interval:
    """Return by how much a metric of one score exceeds that of another on the same rows.

    Both are measured on the same resamples, drawn as in :func:`bootstrap_by_group`, so that what is hard for
    both cancels.
    """
    known = np.asarray(truth, dtype=bool)
    one, other = (np.asarray(values, dtype=np.float64) for values in (score, other_score))

    def difference(rows: NDArray[np.int64]) -> float:
        return metric(known[rows], one[rows]) - metric(known[rows], other[rows])

    values = [difference(rows) for rows in _resamples(known, groups, n_resamples, seed)]
    return _percentiles(difference(np.arange(known.size)), values, level)


def by_bins(
    metric: Metric, truth: ArrayLike, score: ArrayLike, values: ArrayLike, edges: Sequence[float]
) -> list[dict[str, Any]]:
    """Measure within bins of some property of the rows.

    Parameters
    ----------
    values
        The property, shape (n,); NaN is in no bin.
    edges
        Increasing. A bin contains its lower edge, and the last one its upper edge too.

    Returns
    -------
    list of dict
        ``low``, ``high``, ``count``, ``positives`` and ``metric``, which is None where one class is missing.
    """
    known, scores = np.asarray(truth, dtype=bool), np.asarray(score, dtype=np.float64)
    property_ = np.asarray(values, dtype=np.float64)
    records = []
    for low, high in pairwise(edges):
        inside = (low <= property_) & ((property_ < high) | ((property_ == high) & (high == edges[-1])))
        part = known[inside]
        records.append(
            {
                "low": low,
                "high": high,
                "count": part.size,
                "positives": int(part.sum()),
                "metric": metric(part, scores[inside]) if _has_both(part) else None,
            }
        )
    return records


def _resamples(
    truth: NDArray[np.bool_], groups: Sequence[str], n_resamples: int, seed: int
) -> Iterator[NDArray[np.int64]]:
    """Yield rows of drawn groups, a row as often as its group is drawn."""
    if not _has_both(truth):
        raise ValueError("a bootstrap needs rows of both classes")
    names, group_of = np.unique(np.asarray(groups), return_inverse=True)
    rng = np.random.default_rng(seed)
    n_found = 0
    while n_found < n_resamples:
        drawn = np.bincount(rng.integers(names.size, size=names.size), minlength=names.size)
        rows = np.repeat(np.arange(truth.size), drawn[group_of])
        if _has_both(truth[rows]):
            n_found += 1
            yield rows


def _percentiles(value: float, values: Sequence[float], level: float) -> Interval:
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(value), float(low), float(high))


def _has_both(truth: ArrayLike) -> bool:
    known = np.asarray(truth, dtype=bool)
    return bool(known.any() and not known.all())


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
