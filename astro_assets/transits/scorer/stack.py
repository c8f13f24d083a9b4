"""From the outputs of networks and trees to calibrated probabilities of the classes.

The log-odds of both are averaged with fixed weights, and Platt's line makes them a probability of an eclipse;
the networks alone say which kind of eclipse, and which kind of anything else.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from astro_assets.learning.calibration import Platt, fit_platt, fit_temperature
from astro_assets.learning.conformal import class_thresholds, prediction_sets
from astro_assets.transits.scorer.classes import CLASSES, N_ECLIPSES, is_eclipse

Floats = NDArray[np.float64]
#: Probabilities of trees are kept so far from 0 and 1.
_TREE_MARGIN = 0.005


class Stack(BaseModel):
    """What turns outputs into probabilities, fitted on stars that no part was fitted on.

    Attributes
    ----------
    tree_weight
        Share of the trees in the log-odds; 0 without trees.
    slope, intercept
        Platt's (1999) line.
    temperature
        Of the classes (Guo et al. 2017, ICML).
    thresholds
        Least probability with which each class is in the conformal set; None: never.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tree_weight: float
    slope: float
    intercept: float
    temperature: float
    thresholds: tuple[float | None, ...]

    def probability(self, networks: NDArray[np.float32], trees: Floats | None) -> Floats:
        """Return the probabilities of the classes.

        Parameters
        ----------
        networks
            Shape (n, 6): log-probabilities of the classes and log-odds of an eclipse.
        trees
            Probability of an eclipse, shape (n,); None without trees.

        Returns
        -------
        ndarray
            Shape (n, 5); rows sum to 1.
        """
        odds = log_odds(networks, trees, self.tree_weight)
        eclipse = Platt(self.slope, self.intercept).apply(odds)
        scaled = networks[:, : len(CLASSES)].astype(np.float64) / self.temperature
        kinds = _shares(scaled[:, :N_ECLIPSES]), _shares(scaled[:, N_ECLIPSES:])
        return np.hstack([eclipse[:, None] * kinds[0], (1 - eclipse)[:, None] * kinds[1]])

    def sets(self, probability: Floats) -> NDArray[np.bool_]:
        """Return the conformal set of each row, shape (n, 5) bool."""
        return prediction_sets(probability, [np.inf if one is None else one for one in self.thresholds])


def log_odds(networks: NDArray[np.float32], trees: Floats | None, tree_weight: float) -> Floats:
    """Average the log-odds of an eclipse that networks and trees give, shape (n,)."""
    of_networks = networks[:, -1].astype(np.float64)
    if trees is None:
        return of_networks
    of_trees = np.log((trees + _TREE_MARGIN) / (1 - trees + _TREE_MARGIN))
    return tree_weight * of_trees + (1 - tree_weight) * of_networks


def fit_stack(
    networks: NDArray[np.float32],
    trees: Floats | None,
    labels: NDArray[np.bool_],
    *,
    tree_weight: float,
    coverage: float,
) -> Stack:
    """Calibrate on labelled events, one a star, of stars that neither networks nor trees were fitted on."""
    line = fit_platt(log_odds(networks, trees, tree_weight), is_eclipse(labels))
    temperature = fit_temperature(networks[:, : len(CLASSES)], labels)
    stack = Stack(
        tree_weight=0.0 if trees is None else tree_weight,
        slope=line.slope,
        intercept=line.intercept,
        temperature=temperature,
        thresholds=(),
    )
    at_least = class_thresholds(stack.probability(networks, trees), labels, coverage)
    finite = tuple(float(value) if np.isfinite(value) else None for value in at_least)
    return stack.model_copy(update={"thresholds": finite})


def _shares(log_probability: Floats) -> Floats:
    shares = np.exp(log_probability - log_probability.max(axis=1, keepdims=True))
    normalised: Floats = shares / shares.sum(axis=1, keepdims=True)
    return normalised
