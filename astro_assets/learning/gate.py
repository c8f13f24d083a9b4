"""A cheap score that spares an expensive model the hopeless, with a bound on what it misses.

A positive group is missed where none of its positive rows reaches the threshold. Threshold and certificate
come from different groups.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Gate:
    """A threshold and what is known of it.

    Attributes
    ----------
    threshold
        Rows of at least this score pass.
    empirical_missed
        Fraction of the positive groups that it missed.
    n_positives
        How many positive groups it was tried on.
    bound
        With this ``confidence``, no larger fraction is missed.
    fraction_passed
        Of all rows.
    """

    threshold: float
    empirical_missed: float
    n_positives: int
    bound: float
    confidence: float
    fraction_passed: float


def clopper_pearson_upper(missed: int, n: int, confidence: float = 0.95) -> float:
    """Return the one-sided upper bound on a rate (Clopper & Pearson 1934, Biometrika 26, 404).

    Parameters
    ----------
    missed, n
        So many of so many independent trials; 1 comes of no trials.
    """
    from scipy.special import betaincinv

    return 1.0 if missed >= n else float(betaincinv(missed + 1, n - missed, confidence))


def gate_threshold(
    score: ArrayLike, truth: ArrayLike, groups: Sequence[str], largest_missed: float = 0.01
) -> float:
    """Return the highest threshold that misses at most this fraction of the positive groups.

    Parameters
    ----------
    score, truth
        Float and boolean, shape (n,).
    groups
        Group of each row, length n.

    Raises
    ------
    ValueError
        Where nothing is positive.
    """
    best = _best_of_positive_groups(score, truth, groups)
    if not best.size:
        raise ValueError("a gate needs positive rows")
    # A hair more, as 100 * 0.29 is less than 29.
    return float(best[min(math.floor(largest_missed * best.size + 1e-9), best.size - 1)])


def certify(
    score: ArrayLike, truth: ArrayLike, groups: Sequence[str], threshold: float, confidence: float = 0.95
) -> Gate:
    """Try a threshold on groups that did not choose it.

    Parameters
    ----------
    score, truth, groups
        As for :func:`gate_threshold`, of other groups.

    Raises
    ------
    ValueError
        Where nothing is positive.
    """
    return _gate(np.asarray(score) >= threshold, truth, groups, threshold, confidence)


def cross_fitted_gate(
    score: ArrayLike,
    truth: ArrayLike,
    groups: Sequence[str],
    folds: ArrayLike,
    largest_missed: float = 0.01,
    confidence: float = 0.95,
) -> Gate:
    """Find a threshold, and certify the way it is found on all groups, none of which judges itself.

    Each fold is tried with the threshold of the other folds. The bound takes these trials as independent with
    one rate, and the threshold of the gate, which is that of all rows, as one more of the same kind.

    Parameters
    ----------
    folds
        Fold of each row, shape (n,); a group is in one fold.

    Raises
    ------
    ValueError
        Where a group is in two folds, or nothing outside some fold is positive.
    """
    scores, known, fold_of = np.asarray(score), np.asarray(truth, dtype=bool), np.asarray(folds)
    if len(set(zip(groups, fold_of.tolist(), strict=True))) > len(set(groups)):
        raise ValueError("a group is in two folds: it would choose the threshold that it is tried with")
    passed = np.zeros(known.shape, dtype=bool)
    for fold in np.unique(fold_of):
        others = fold_of != fold
        chosen_by = list(compress(groups, others))
        threshold = gate_threshold(scores[others], known[others], chosen_by, largest_missed)
        passed[~others] = scores[~others] >= threshold
    return _gate(passed, known, groups, gate_threshold(scores, known, groups, largest_missed), confidence)


def bound_table(
    score: ArrayLike,
    truth: ArrayLike,
    groups: Sequence[str],
    confidence: float = 0.95,
    most_missed: int = 10,
) -> list[dict[str, Any]]:
    """List what could be certified, and at what price, were so many positive groups missed.

    A bound holds for a threshold that was chosen beforehand; the list is for choosing how many misses to
    allow, with :func:`cross_fitted_gate` to follow.

    Returns
    -------
    list of dict
        ``missed``, ``threshold``, ``bound`` and ``fraction_passed``, from no misses to ``most_missed``;
        numbers that ties of scores skip are left out.
    """
    scores = np.asarray(score, dtype=np.float64)
    best = _best_of_positive_groups(score, truth, groups)
    missed = np.searchsorted(best, best)  # positive groups below each of them
    return [
        {
            "missed": int(count),
            "threshold": float(best[count]),
            "bound": clopper_pearson_upper(int(count), best.size, confidence),
            "fraction_passed": float((scores >= best[count]).mean()),
        }
        for count in np.unique(missed)
        if count <= most_missed
    ]


def _gate(
    passed: NDArray[np.bool_], truth: ArrayLike, groups: Sequence[str], threshold: float, confidence: float
) -> Gate:
    best = _best_of_positive_groups(passed, truth, groups)
    if not best.size:
        raise ValueError("a certificate needs positive rows")
    missed = int((best < 1).sum())
    return Gate(
        threshold,
        missed / best.size,
        best.size,
        clopper_pearson_upper(missed, best.size, confidence),
        confidence,
        float(passed.mean()),
    )


def _best_of_positive_groups(
    score: ArrayLike, truth: ArrayLike, groups: Sequence[str]
) -> NDArray[np.float64]:
    """Return the highest score of the positive rows of each group that has any, in increasing order.

    NaN reaches no threshold.
    """
    known = np.asarray(truth, dtype=bool)
    scores, names = np.asarray(score, dtype=np.float64)[known], np.asarray(groups)[known]
    _, group_of = np.unique(names, return_inverse=True)
    best = np.full(group_of.max(initial=-1) + 1, -np.inf)
    np.fmax.at(best, group_of, scores)
    return np.sort(best)
