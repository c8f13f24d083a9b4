"""Sets of classes that contain the right one as often as promised, class by class.

Split conformal prediction on rows that the model was not fitted on; labels may be sets themselves.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def class_thresholds(
    probability: ArrayLike, label_sets: ArrayLike, coverage: float = 0.9
) -> NDArray[np.float64]:
    """Find the least probability at which each class is in a prediction set.

    The label-conditional predictor of Vovk, Gammerman & Shafer (2005, Algorithmic Learning in a Random World,
    sect. 4.5) with the probability of the class as score, which makes the smallest sets (Sadinle, Lei &
    Wasserman 2019, JASA 114, 223). Ambiguous labels as in Stutz et al. (2023, TMLR), but met rather than
    drawn: a set is right where it has any class of the label set.

    Classes take turns in the order of columns, and a row counts for the last class of its label set. The
    threshold of that class is the conformal quantile of its rows' probabilities, where a row that an earlier
    class of its label set already meets counts as infinitely probable. Earlier thresholds come from other
    rows, so that the rows of a class, calibration or new, stay exchangeable: each is met with at least the
    promised probability, and with hardly more unless earlier classes meet more than that already.

    Parameters
    ----------
    probability
        Shape (n, k).
    label_sets
        Boolean, shape (n, k): the classes that a row may belong to. A row without any counts nothing.
    coverage
        Between 0 and 1.

    Returns
    -------
    numpy.ndarray
        Shape (k,). 0 where a class has too few rows to leave any of them out, as it is then in every set;
        infinite where it has none, as it is then in no set: nothing is known of it.
    """
    scores, sets = np.asarray(probability, dtype=np.float64), np.asarray(label_sets, dtype=bool)
    n_classes = sets.shape[1]
    last = np.where(sets.any(axis=1), n_classes - 1 - sets[:, ::-1].argmax(axis=1), -1)
    thresholds = np.full(n_classes, np.inf)
    for at in range(n_classes):
        rows = last == at
        if not rows.any():
            continue
        is_met = (sets[rows, :at] & prediction_sets(scores[rows, :at], thresholds[:at])).any(axis=1)
        thresholds[at] = _conformal_quantile(np.where(is_met, np.inf, scores[rows, at]), coverage)
    return thresholds


def prediction_sets(probability: ArrayLike, thresholds: ArrayLike) -> NDArray[np.bool_]:
    """Return the classes whose probability reaches its threshold, boolean, shape (n, k).

    An empty set means that a row is unlike all that the thresholds were found on.
    """
    reached: NDArray[np.bool_] = np.asarray(probability) >= np.asarray(thresholds)
    return reached


def coverage_by_label_set(sets: ArrayLike, label_sets: ArrayLike) -> dict[tuple[int, ...], tuple[float, int]]:
    """Return how often prediction sets meet each label set, and how many rows have it.

    Parameters
    ----------
    sets, label_sets
        Boolean, shape (n, k). A row without a label counts nothing.

    Returns
    -------
    dict
        By the columns of the label set, in increasing order.
    """
    predicted, known = np.asarray(sets, dtype=bool), np.asarray(label_sets, dtype=bool)
    kinds, kind_of = np.unique(known, axis=0, return_inverse=True)
    found = {}
    for at, kind in enumerate(kinds):
        if kind.any():
            met = (predicted[kind_of == at] & kind).any(axis=1)
            found[tuple(int(column) for column in np.flatnonzero(kind))] = (float(met.mean()), met.size)
    return dict(sorted(found.items()))


def conformal_p_values(calibration: ArrayLike, scores: ArrayLike) -> NDArray[np.float64]:
    """Return how often rows like those of the calibration would score as high.

    Uniform, or a little above, for rows that are exchangeable with the calibration's (Vovk, Gammerman &
    Shafer 2005, prop. 2.8; Bates et al. 2023, Annals of Statistics 51, 149); small for rows that are not.

    Parameters
    ----------
    calibration
        Scores of rows that nothing was fitted on, the higher the less usual, shape (n,).
    scores
        Of new rows, any shape.

    Returns
    -------
    numpy.ndarray
        ``(1 + number of calibration scores at least as high) / (n + 1)``, shape of ``scores``.
    """
    ordered = np.sort(np.asarray(calibration, dtype=np.float64))
    below = np.searchsorted(ordered, np.asarray(scores, dtype=np.float64), side="left")
    return np.asarray((1.0 + ordered.size - below) / (ordered.size + 1.0), np.float64)


def _conformal_quantile(scores: NDArray[np.float64], coverage: float) -> float:
    """Return what a new score reaches with at least this probability, from exchangeable ones."""
    # A hair more, as 10 * (1 - 0.9) is less than 1.
    rank = math.floor((scores.size + 1) * (1 - coverage) + 1e-9)
    return float(np.sort(scores)[rank - 1]) if rank >= 1 else 0.0
