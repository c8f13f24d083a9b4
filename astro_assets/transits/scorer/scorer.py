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

FORMAT: Final = "astro_assets transit scorer 1"
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
    """

    probability: NDArray[np.float64]
    sets: NDArray[np.bool_]
    gate: NDArray[np.bool_]
    disagreement: NDArray[np.float64]
    abstains: NDArray[np.bool_]

    @property
    def planet_or_eb(self) -> NDArray[np.float64]:
        """Probability of a planet or a binary, shape (n,)."""
        total: NDArray[np.float64] = self.probability[:, :N_ECLIPSES].sum(axis=1)
        return total


def disagreement(outputs: NDArray[np.float32], members: int) -> NDArray[np.float64]:
    """Return how much the networks of a fold disagree on an eclipse, mean of the folds.

    Parameters
    ----------
    outputs
        Shape (folds times members, n, 6), fold by fold.

    Returns
    -------
    ndarray
        Standard deviation of the log-odds, shape (n,); that of an event does not depend on the others.
    """
    odds = np.ascontiguousarray(outputs[..., -1].T).astype(np.float64)
    spread: NDArray[np.float64] = odds.reshape(len(odds), -1, members).std(axis=2).mean(axis=1)
    return spread


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

        Raises
        ------
        ValueError
            If the edge model is asked for and there is none.
        """
        inputs = inputs_of(examples, self.manifest.layout)
        matrix, columns = design_matrix(examples)
        if columns != self.manifest.columns:
            raise ScorerFileError("this scorer's trees read other measures: train it again")
        trees = self.forest.probability(matrix)
        if with_edge:
            stack, networks, spread = self._edge_outputs(inputs)
            probability = stack.probability(networks, None)
        else:
            stack = self.manifest.stack
            each = np.stack([outputs_of(session, inputs) for session in self._sessions])
            spread = disagreement(each, self.manifest.members)
            probability = stack.probability(each.mean(axis=0), trees)
        sets = stack.sets(probability)
        nothing = np.all([np.isnan(view).all(axis=1) for view in examples.views.values()], axis=0)
        most = self.manifest.disagreement
        disagrees = np.zeros(len(sets), np.bool_) if most is None else spread > most
        abstains = ~sets.any(axis=1) | nothing | disagrees
        return Scores(probability, sets, trees >= self.manifest.gate, spread, abstains)

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
        manifest = Manifest.model_validate(json.loads(entries[_MANIFEST]))
        scorer = Scorer(
            manifest=manifest,
            graphs={name: entries[_graph(name)] for name in manifest.networks},
            forest=forest_of(load(entries[_FOREST])),
            edge=entries[_EDGE] if manifest.edge_stack is not None else None,
            weights=load(entries[_WEIGHTS]),
        )
    except (*_UNREADABLE, SafetensorError) as error:
        raise ScorerFileError(f"this is no transit scorer: {error}") from error
    if manifest.format != FORMAT or manifest.classes != CLASSES:
        raise ScorerFileError(f"a scorer of another form: {manifest.format!r}")
    return scorer


def _graph(name: str) -> str:
    return f"networks/{name}.onnx"
