"""The trained scorer: one file with everything that scoring needs, and nothing that runs when it is read.

A zip archive of ``manifest.json``, ONNX graphs and safetensors.
"""

from __future__ import annotations

import io
import json
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from astro_assets.transits.scorer.classes import CLASSES, N_ECLIPSES
from astro_assets.transits.scorer.examples import Examples
from astro_assets.transits.scorer.forest import Forest, forest_of
from astro_assets.transits.scorer.graphs import outputs_of, session_of, standardised
from astro_assets.transits.scorer.inputs import Inputs, Layout, inputs_of
from astro_assets.transits.scorer.stack import Stack
from astro_assets.transits.scorer.view_statistics import design_matrix

FORMAT: Final = "astro_assets transit scorer 2"
_MANIFEST, _FOREST, _WEIGHTS, _EDGE = (
    "manifest.json",
    "forest.safetensors",
    "weights.safetensors",
    "edge.onnx",
)
#: What reading such a file may raise; of pydantic and JSON a ValueError.
_UNREADABLE: Final = (zipfile.BadZipFile, KeyError, ValueError, RuntimeError, zlib.error)
#: More than any scorer of ours has: a small file may unpack to fill the memory.
_MOST_BYTES: Final = 2 * 10**9
#: Of every entry, so that equal scorers are equal files.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class ScorerFileError(ValueError):
    """A file is no scorer, or one that this version cannot read."""


class Manifest(BaseModel):
    """What a scorer's file says of itself.

    Attributes
    ----------
    layout
        What its networks read.
    networks
        Names of the graphs, fold by fold.
    members
        How many each fold has.
    columns
        Of the design matrix that the trees read.
    stack, edge_stack
        From outputs to probabilities; of the edge model None where there is none.
    edge_centre, edge_scale
        By which the edge model's scalars are standardised.
    gate
        Least probability by the trees with which an event is worth the networks.
    disagreement
        Standard deviation of the networks' log-odds beyond which the scorer abstains; None: never.
    held_out_in
        Of each star that it was trained on the fold whose parts have not seen it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: str
    classes: tuple[str, ...]
    layout: Layout
    networks: tuple[str, ...]
    members: int
    columns: tuple[str, ...]
    stack: Stack
    edge_stack: Stack | None
    edge_centre: tuple[float, ...]
    edge_scale: tuple[float, ...]
    gate: float
    disagreement: float | None
    held_out_in: dict[str, int]


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
    abstains
        Whether the event is like nothing that was trained on: nothing is in its set, nothing was observed, or
        the networks disagree more than on 199 of 200 held-out events. (n,) bool.
    is_trained_on
        Whether the scorer was trained on events of the star, (n,) bool. What it says of them is what the
        parts of the fold say that was held out; the edge model is one and has seen them.
    """

    probability: NDArray[np.float64]
    sets: NDArray[np.bool_]
    gate: NDArray[np.bool_]
    disagreement: NDArray[np.float64]
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
    edge
        The quantised graph; None where there is none.
    weights
        Of the networks, for whoever wants to go on from them.
    """

    manifest: Manifest
    graphs: dict[str, bytes]
    forest: Forest
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
        n, members = len(examples), self.manifest.members
        of_trees = self.forest.of_trees(matrix).astype(np.float64)
        trees = of_unseen(of_trees.reshape(n, len(self._sessions) // members, -1).mean(axis=2), fold)
        if with_edge:
            stack, networks, spread = self._edge_outputs(inputs)
            probability = stack.probability(networks, None)
        else:
            stack = self.manifest.stack
            each = np.stack([outputs_of(session, inputs) for session in self._sessions], axis=1)
            by_fold = each.reshape(n, -1, members, each.shape[-1])
            spread = of_unseen(disagreement(by_fold), fold)
            probability = stack.probability(of_unseen(by_fold.mean(axis=2), fold), trees)
        sets = stack.sets(probability)
        nothing = np.all([np.isnan(view).all(axis=1) for view in examples.views.values()], axis=0)
        most = self.manifest.disagreement
        disagrees = np.zeros(len(sets), np.bool_) if most is None else spread > most
        abstains = ~sets.any(axis=1) | nothing | disagrees
        return Scores(probability, sets, trees >= self.manifest.gate, spread, abstains, fold >= 0)

    def _edge_outputs(self, inputs: Inputs) -> tuple[Stack, NDArray[np.float32], NDArray[np.float64]]:
        manifest = self.manifest
        if self.edge is None or manifest.edge_stack is None:
            raise ValueError("this scorer was trained without an edge model")
        scalars = standardised(inputs.scalars, manifest.edge_centre, manifest.edge_scale)
        found = outputs_of(session_of(self.edge), Inputs(inputs.branches, scalars))
        return manifest.edge_stack, found, np.zeros(len(found))

    def to_bytes(self) -> bytes:
        """Return the scorer's file; equal scorers give equal bytes."""
        from safetensors.numpy import save

        entries = {
            _MANIFEST: self.manifest.model_dump_json(indent=1).encode(),
            _FOREST: save(self.forest.arrays()),
            _WEIGHTS: save(self.weights),
            **{_graph(name): graph for name, graph in self.graphs.items()},
        }
        if self.edge is not None:
            entries[_EDGE] = self.edge
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            for name in sorted(entries):
                archive.writestr(zipfile.ZipInfo(name, _EPOCH), entries[name], zipfile.ZIP_DEFLATED)
        return file.getvalue()


def scorer_of(data: bytes) -> Scorer:
    """Read a scorer's file.

    Raises
    ------
    ScorerFileError
        If it is none.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            n_bytes = sum(entry.file_size for entry in archive.infolist())
            entries = (
                {name: archive.read(name) for name in archive.namelist()} if n_bytes < _MOST_BYTES else {}
            )
        manifest = _manifest_of(entries[_MANIFEST])
        scorer = Scorer(
            manifest=manifest,
            graphs={name: entries[_graph(name)] for name in manifest.networks},
            forest=forest_of(load(entries[_FOREST])),
            edge=entries[_EDGE] if manifest.edge_stack is not None else None,
            weights=load(entries[_WEIGHTS]),
        )
    except (*_UNREADABLE, SafetensorError) as error:
        raise ScorerFileError(f"this is no transit scorer that can be read: {error}") from error
    return scorer


def _manifest_of(data: bytes) -> Manifest:
    told = json.loads(data)
    form = told["format"], tuple(told["classes"])
    if form != (FORMAT, CLASSES):
        raise ScorerFileError(f"it is of another form, {form[0]!r} for {', '.join(form[1])}: train it again")
    return Manifest.model_validate(told)


def _graph(name: str) -> str:
    return f"networks/{name}.onnx"
