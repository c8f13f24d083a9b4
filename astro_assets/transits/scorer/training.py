"""The training of a scorer, from labelled events to the file that scores, and the figures to judge it by."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.learning.gate import gate_threshold
from astro_assets.learning.trees import joined
from astro_assets.transits.scorer.classes import CLASSES
from astro_assets.transits.scorer.cross_validation import CrossValidation, cross_validate
from astro_assets.transits.scorer.edge import Edge, distil
from astro_assets.transits.scorer.examples import Examples
from astro_assets.transits.scorer.figures import Outputs, measured
from astro_assets.transits.scorer.graphs import outputs_of, session_of
from astro_assets.transits.scorer.inputs import inputs_of
from astro_assets.transits.scorer.manifest import FORMAT, Manifest
from astro_assets.transits.scorer.neighbours import Neighbours, fit_neighbours
from astro_assets.transits.scorer.scorer import Scorer, disagreement
from astro_assets.transits.scorer.settings import PARITY, ScorerSettings
from astro_assets.transits.scorer.stack import Stack, fit_stack
from astro_assets.transits.scorer.view_statistics import design_matrix, view_measures

_LOG = logging.getLogger(__name__)
#: Part of held-out events on which the networks disagree less than where the scorer abstains.
_AGREED: Final = 0.995
#: Part of held-out events that are nearer to their neighbours than where the scorer abstains.
_ALIKE: Final = 0.99


class ParityError(RuntimeError):
    """An exported graph does not compute what the network does."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A scorer, the figures of its cross-validation, and what they were made of."""

    scorer: Scorer
    figures: dict[str, Any]
    outputs: Outputs
    found: CrossValidation


def train(examples: Examples, settings: ScorerSettings, folder: Path) -> Trained:
    """Train a scorer.

    Parameters
    ----------
    examples
        With labels; those without are not used.
    folder
        Of this training alone: one that is killed goes on from what is there.

    Raises
    ------
    TooFewExamplesError
        If there is too little to train on.
    ParityError, EdgeSizeError
        If what was exported is not what it must be.
    """
    found = cross_validate(examples, settings, folder)
    edge = distil(examples, found, settings, folder) if settings.with_edge else None
    graphs, parity = _exported(examples, found, settings)
    networks = found.networks.mean(axis=0)
    outputs = Outputs(networks, found.networks, found.trees, None if edge is None else edge.outputs)
    figures = {**measured(examples, found, outputs, settings), "parity": parity}
    if edge is not None:
        figures["edge"]["bytes"] = len(edge.graph)
    stack = _calibrated(examples, found, networks, found.trees, settings)
    edge_stack = None if edge is None else _calibrated(examples, found, edge.outputs, None, settings)
    judged, neighbours = found.judged, _neighbours(examples, found)
    manifest = Manifest(
        format=FORMAT,
        classes=CLASSES,
        layout=found.layout,
        networks=tuple(graphs),
        members=settings.members,
        columns=design_matrix(examples.take(judged[:1]))[1],
        stack=stack,
        edge_stack=edge_stack,
        edge_centre=() if edge is None else tuple(map(float, edge.weights["centre"])),
        edge_scale=() if edge is None else tuple(map(float, edge.weights["scale"])),
        gate=gate_threshold(
            found.trees[judged],
            examples.is_eclipse[judged],
            [found.groups[row] for row in judged],
            settings.gate_missed,
        ),
        disagreement=_disagreement(found),
        farthest=_farthest(examples, found, neighbours),
        held_out_in=_held_out_in(examples, found),
    )
    scorer = Scorer(
        manifest=manifest,
        graphs=graphs,
        forest=joined(found.forests),
        neighbours=neighbours,
        edge=None if edge is None else edge.graph,
        weights=_weights(found, edge),
    )
    return Trained(scorer, figures, outputs, found)


def _calibrated(
    examples: Examples,
    found: CrossValidation,
    networks: NDArray[np.float32],
    trees: NDArray[np.float64] | None,
    settings: ScorerSettings,
) -> Stack:
    rows = found.judged
    return fit_stack(
        networks[rows],
        None if trees is None else trees[rows],
        examples.labels[rows],
        tree_weight=settings.tree_weight,
        coverage=settings.conformal_coverage,
    )


def _disagreement(found: CrossValidation) -> float | None:
    if len(found.networks) == 1:
        return None
    held_out = np.moveaxis(found.networks[:, found.judged], 0, 1)
    return float(np.quantile(disagreement(held_out[:, None]), _AGREED))


def _neighbours(examples: Examples, found: CrossValidation) -> Neighbours:
    labelled = examples.is_labelled
    return fit_neighbours(view_measures(examples.take(labelled)), found.folds[labelled])


def _farthest(examples: Examples, found: CrossValidation, neighbours: Neighbours) -> float:
    """Measure how far events are from the neighbours that they have among stars of the other folds."""
    judged = examples.take(found.judged)
    distances = neighbours.distance(view_measures(judged), found.folds[found.judged])
    return float(np.nanquantile(distances, _ALIKE))


def _held_out_in(examples: Examples, found: CrossValidation) -> dict[str, int]:
    """Return the fold of each star that any part was fitted on."""
    seen = frozenset[str]().union(*found.fitted_on)
    places = zip(examples.stars, found.groups, found.folds, strict=True)
    return {star: int(fold) for star, group, fold in places if group in seen}


def _exported(
    examples: Examples, found: CrossValidation, settings: ScorerSettings
) -> tuple[dict[str, bytes], float]:
    """Export all networks, and compare each graph with its network on every held-out event.

    Returns
    -------
    graphs
        By name.
    parity
        Largest difference of any output.
    """
    from astro_assets.transits.scorer.export import Exporter
    from astro_assets.transits.scorer.network import network_of

    layout, network = found.layout, settings.network
    exporter, inputs = Exporter(layout, network), inputs_of(examples, layout)
    graphs, parity = {}, 0.0
    for fold, members in enumerate(found.members):
        rows = np.flatnonzero(found.folds == fold)
        held_out = inputs.take(rows)
        for i, member in enumerate(members):
            name = f"fold{fold}-member{i}"
            graphs[name] = exporter.graph(network_of(layout, network, member.weights))
            said = outputs_of(session_of(graphs[name]), held_out)
            if rows.size:
                parity = max(parity, float(np.abs(said - found.networks[i, rows]).max()))
    if parity >= PARITY:
        raise ParityError(
            f"an exported graph differs by {parity:.1e} from its network; {PARITY:.0e} is allowed"
        )
    _LOG.info("%d graphs exported; they differ by at most %.1e from their networks", len(graphs), parity)
    return graphs, parity


def _weights(found: CrossValidation, edge: Edge | None) -> dict[str, NDArray[Any]]:
    named = {
        f"fold{fold}-member{i}/{name}": values
        for fold, members in enumerate(found.members)
        for i, member in enumerate(members)
        for name, values in member.weights.items()
    }
    of_edge = {} if edge is None else {f"edge/{name}": values for name, values in edge.weights.items()}
    return named | of_edge
