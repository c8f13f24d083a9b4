"""Scores that mean what they say: fitted on held-out rows, measured, carried to other base rates.

What is fitted is a few numbers, so that it is stored as arrays or JSON and nothing is pickled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

#: Temperatures are sought from the inverse of this to this: beyond, the model is broken rather than unsure.
LARGEST_TEMPERATURE: Final = 50.0


@dataclass(frozen=True, slots=True)
class Platt:
    """A logistic map from scores to probabilities: ``1 / (1 + exp(-(slope * score + intercept)))``."""

    slope: float
    intercept: float

    def apply(self, score: ArrayLike) -> Floats:
        """Return the probability of each score, of the same shape."""
        return _logistic(self.slope * np.asarray(score, dtype=np.float64) + self.intercept)


def set_negative_log_likelihood(log_probabilities: ArrayLike, label_sets: ArrayLike) -> float:
    """Mean over rows of minus the logarithm of the summed probability of the classes a row may belong to.

    The likelihood of partial labels (Jin & Ghahramani 2002, NIPS 15): with one class a row it is the cross
    entropy.

    Parameters
    ----------
    log_probabilities
        Shape (n, k), each row normalised.
    label_sets
        Boolean, shape (n, k): the classes that a row may belong to. A row without any counts nothing.

    Raises
    ------
    ValueError
        Where no row has a label.
    """
    sets = np.asarray(label_sets, dtype=bool)
    labelled = sets.any(axis=1)
    if not labelled.any():
        raise ValueError("no row has a label")
    possible = np.where(sets, np.asarray(log_probabilities, dtype=np.float64), -np.inf)[labelled]
    return float(-np.logaddexp.reduce(possible, axis=1).mean())


def fit_temperature(logits: ArrayLike, label_sets: ArrayLike) -> float:
    """Find what logits are best divided by (Guo et al. 2017, ICML, sect. 4.2), for labels that are sets.

    Parameters
    ----------
    logits, label_sets
        Float and boolean, shape (n, k), of rows that the model was not fitted on.

    Returns
    -------
    float
        Above 1 for a model that is too sure of itself; within :data:`LARGEST_TEMPERATURE` of 1.
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    values = np.asarray(logits, dtype=np.float64)
    bound = float(np.log(LARGEST_TEMPERATURE))

    def loss(log_temperature: float) -> float:
        scaled = log_softmax(values * np.exp(-log_temperature), axis=1)
        return set_negative_log_likelihood(scaled, label_sets)

    return float(np.exp(minimize_scalar(loss, bounds=(-bound, bound), method="bounded").x))


def fit_platt(score: ArrayLike, truth: ArrayLike) -> Platt:
    """Fit a logistic map (Platt 1999, Advances in Large Margin Classifiers, 61), on few rows too.

    The targets are Platt's, a little inside 0 and 1, so that the slope is finite where scores separate the
    classes.

    Parameters
    ----------
    score, truth
        Float and boolean, shape (n,), of rows that the model was not fitted on.
    """
    from scipy.optimize import minimize

    values, known = np.asarray(score, dtype=np.float64), np.asarray(truth, dtype=bool)
    n_true, n_false = int(known.sum()), int((~known).sum())
    target = np.where(known, (n_true + 1) / (n_true + 2), 1 / (n_false + 2))
    # In units of the scores' scatter, whatever their scale.
    centre, scale = float(values.mean()), float(values.std()) or 1.0
    standard = (values - centre) / scale

    def loss(parameters: Floats) -> tuple[float, Floats]:
        argument = parameters[0] * standard + parameters[1]
        residual = _logistic(argument) - target
        value = np.logaddexp(0, argument) - target * argument
        return float(value.mean()), np.array([(residual * standard).mean(), residual.mean()])

    slope, intercept = (float(value) for value in minimize(loss, np.zeros(2), jac=True, method="BFGS").x)
    return Platt(slope / scale, intercept - slope * centre / scale)


def expected_calibration_error(probability: ArrayLike, truth: ArrayLike, n_bins: int = 15) -> float:
    """Mean over rows of how far the fraction of true rows in a bin is from their mean probability.

    After Naeini, Cooper & Hauskrecht (2015, AAAI) and Guo et al. (2017, ICML), but with bins of equal mass
    instead of equal width: most rows are junk, and of 15 equally wide bins they would fill one. Equal
    probabilities share a bin.

    Parameters
    ----------
    probability, truth
        Float and boolean, shape (n,).
    """
    bins = reliability(probability, truth, n_bins)
    errors = [one["count"] * abs(one["mean_probability"] - one["fraction"]) for one in bins]
    return float(sum(errors) / sum(one["count"] for one in bins))


def reliability(
    probability: ArrayLike, truth: ArrayLike, n_bins: int = 15, level: float = 0.95
) -> list[dict[str, float]]:
    """Compare the probabilities of bins of equal mass with what was true.

    Parameters
    ----------
    probability, truth
        Float and boolean, shape (n,), at least one row.

    Returns
    -------
    list of dict
        For each bin that has rows, in increasing order: ``mean_probability``, ``fraction`` of true rows,
        ``count``, and ``low`` and ``high``, the interval of Wilson (1927, JASA 22, 209) of the fraction.
    """
    predicted, known = np.asarray(probability, dtype=np.float64), np.asarray(truth, dtype=bool)
    inner = np.quantile(predicted, np.arange(1, n_bins) / n_bins)
    bin_of = np.searchsorted(inner, predicted, side="right")
    records = []
    for at in np.unique(bin_of):
        part = known[bin_of == at]
        low, high = _wilson(int(part.sum()), part.size, level)
        records.append(
            {
                "mean_probability": float(predicted[bin_of == at].mean()),
                "fraction": float(part.mean()),
                "count": part.size,
                "low": low,
                "high": high,
            }
        )
    return records


def shift_prior(probability: ArrayLike, old: float, new: float) -> Floats:
    """Carry probabilities to another base rate (Elkan 2001, IJCAI).

    As in Saerens, Latinne & Decaestecker (2002), Neural Computation 14, 21. Right where only the fractions
    of the classes change, not what rows of a class look like.

    Parameters
    ----------
    probability
        Calibrated at the old base rate, any shape.
    old, new
        Fractions of true rows, between 0 and 1 exclusive.

    Raises
    ------
    ValueError
        For a base rate of which no odds exist.
    """
    for prior in (old, new):
        if not 0 < prior < 1:
            raise ValueError(f"a base rate lies between 0 and 1, this is {prior}")
    values = np.asarray(probability, dtype=np.float64)
    true, false = values * new / old, (1 - values) * (1 - new) / (1 - old)
    return true / (true + false)


def prior_shift_table(
    truth: ArrayLike,
    probability: ArrayLike,
    priors: Sequence[float] = (0.01, 0.05, 0.2),
    threshold: float = 0.5,
) -> list[dict[str, Any]]:
    """Work out the precision and recall to expect where true rows are rarer, or more frequent, than here.

    Parameters
    ----------
    truth, probability
        Boolean and float, shape (n,), calibrated at the base rate of these rows; both classes.
    threshold
        On the probability at the new base rate.

    Returns
    -------
    list of dict
        ``prior``, ``threshold``, ``precision`` (None where nothing reaches the threshold) and ``recall``.
    """
    known = np.asarray(truth, dtype=bool)
    records: list[dict[str, Any]] = []
    for prior in priors:
        passed = shift_prior(probability, float(known.mean()), prior) >= threshold
        recall, false_rate = float(passed[known].mean()), float(passed[~known].mean())
        true, false = prior * recall, (1 - prior) * false_rate
        precision = true / (true + false) if passed.any() else None
        records.append({"prior": prior, "threshold": threshold, "precision": precision, "recall": recall})
    return records


def _logistic(values: Floats) -> Floats:
    return np.exp(-np.logaddexp(0, -values))


def _wilson(n_true: int, n: int, level: float) -> tuple[float, float]:
    z = NormalDist().inv_cdf((1 + level) / 2)
    centre = (n_true + z**2 / 2) / (n + z**2)
    half = z / (n + z**2) * np.sqrt(n_true * (n - n_true) / n + z**2 / 4)
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))
