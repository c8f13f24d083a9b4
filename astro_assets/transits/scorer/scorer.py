"""The trained scorer: what it says of events."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astro_assets.learning.trees import Forest
from astro_assets.transits.scorer.classes import N_ECLIPSES
from astro_assets.transits.scorer.examples import Examples
from astro_assets.transits.scorer.graphs import outputs_of, session_of, standardised
from astro_assets.transits.scorer.inputs import Inputs, inputs_of
from astro_assets.transits.scorer.manifest import Manifest, ScorerFileError
from astro_assets.transits.scorer.neighbours import Neighbours
from astro_assets.transits.scorer.stack import Stack
from astro_assets.transits.scorer.view_statistics import design_matrix, view_measures


@dataclass(frozen=True, slots=True)
class Scores:
    """What a scorer says of events, one a row.

    Attributes
    ----------
    probability
        Of the classes, shape (n, 5).
    sets
        Conformal sets, shape (n, 5) bool.
    gate
        Whether the trees think it worth the networks, (n,) bool.
    disagreement
        Standard deviation of the networks' log-odds, (n,); 0 of the edge model.
    unlikeness
        Distance of the views from those of the nearest training events, in units of what 99 of 100 held-out
        events are within, (n,); NaN where nothing was observed.
    abstains
        Whether the event is like nothing that was trained on: nothing was observed, its views are unlike all
        that were trained on, nothing is in its set, or the networks disagree more than on 199 of 200 held-out
        events. (n,) bool.
    is_trained_on
        Whether the scorer was trained on events of the star, (n,) bool. What it says of them is what the
        parts of the fold say that was held out; the edge model is one and has seen them.
    """

    probability: NDArray[np.float64]
    sets: NDArray[np.bool_]
    gate: NDArray[np.bool_]
    disagreement: NDArray[np.float64]
    unlikeness: NDArray[np.float64]
    abstains: NDArray[np.bool_]
    is_trained_on: NDArray[np.bool_]

    @property
    def planet_or_eb(self) -> NDArray[np.float64]:
        """Probability of a planet or a binary, shape (n,)."""
        total: NDArray[np.float64] = self.probability[:, :N_ECLIPSES].sum(axis=1)
        return total


def disagreement(outputs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return how much the networks of each fold disagree on an eclipse.

    Parameters
    ----------
    outputs
        Shape (n, folds, members, 6).

    Returns
    -------
    ndarray
        Standard deviation of the log-odds, shape (n, folds).
    """
    spread: NDArray[np.float64] = outputs[..., -1].astype(np.float64).std(axis=2)
    return spread


def of_unseen(by_fold: NDArray[Any], held_out_in: NDArray[np.int64]) -> NDArray[Any]:
    """Average over folds; of a star that was trained on take the fold that was held out.

    Parameters
    ----------
    by_fold
        Shape (n, folds, ...).
    held_out_in
        Fold of each row, shape (n,); -1 for a star that none was trained on.

    Returns
    -------
    ndarray
        Shape (n, ...); a row does not depend on the others.
    """
    found: NDArray[Any] = by_fold.mean(axis=1)
    known = np.flatnonzero(held_out_in >= 0)
    found[known] = by_fold[known, held_out_in[known]]
    return found


@dataclass(frozen=True)
class Scorer:
    """A trained scorer.

    Parameters
    ----------
    manifest
        What is in it.
    graphs
        ONNX graphs of the networks by name.
    forest
        The trees.
    neighbours
        Training events, to tell what is unlike them.
    edge
        The quantised graph; None where there is none.
    weights
        Of the networks, for whoever wants to go on from them.
    """

    manifest: Manifest
    graphs: dict[str, bytes]
    forest: Forest
    neighbours: Neighbours
    edge: bytes | None
    weights: dict[str, NDArray[Any]]

    @cached_property
    def _sessions(self) -> list[Any]:
        return [session_of(self.graphs[name]) for name in self.manifest.networks]

    def score(self, examples: Examples, *, with_edge: bool = False) -> Scores:
        """Score events; each the same to the bit whatever the others are.

        Of stars that it was trained on only the parts speak that were not fitted on them.

        Raises
        ------
        ValueError
            If the edge model is asked for and there is none.
        """
        inputs = inputs_of(examples, self.manifest.layout)
        matrix, columns = design_matrix(examples)
        if columns != self.manifest.columns:
            raise ScorerFileError("this scorer's trees read other measures: train it again")
        fold = np.array([self.manifest.held_out_in.get(star, -1) for star in examples.stars], dtype=np.int64)
        n, members, folds = len(examples), self.manifest.members, self.manifest.folds
        of_trees = self.forest.of_trees(matrix).astype(np.float64)
        trees = of_unseen(of_trees.reshape(n, folds, self.forest.roots.size // folds).mean(axis=2), fold)
        if with_edge:
            stack, networks, spread = self._edge_outputs(inputs)
            probability = stack.probability(networks, None)
        else:
            stack = self.manifest.stack
            each = np.stack([outputs_of(session, inputs) for session in self._sessions], axis=1)
            by_fold = each.reshape(n, folds, members, each.shape[-1])
            spread = of_unseen(disagreement(by_fold), fold)
            probability = stack.probability(of_unseen(by_fold.mean(axis=2), fold), trees)
        sets = stack.sets(probability)
        unlikeness = self.neighbours.distance(view_measures(examples), fold) / self.manifest.farthest
        most = self.manifest.disagreement
        disagrees = np.zeros(n, np.bool_) if most is None else spread > most
        abstains = ~sets.any(axis=1) | ~(unlikeness <= 1) | disagrees
        gate = trees >= self.manifest.gate
        return Scores(probability, sets, gate, spread, unlikeness, abstains, fold >= 0)

    def _edge_outputs(self, inputs: Inputs) -> tuple[Stack, NDArray[np.float32], NDArray[np.float64]]:
        manifest = self.manifest
        if self.edge is None or manifest.edge_stack is None:
            raise ValueError("this scorer was trained without an edge model")
        scalars = standardised(inputs.scalars, manifest.edge_centre, manifest.edge_scale)
        found = outputs_of(session_of(self.edge), Inputs(inputs.branches, scalars))
        return manifest.edge_stack, found, np.zeros(len(found))
