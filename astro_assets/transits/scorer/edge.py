"""The edge model: a small network taught by the ensemble, in 8-bit integers.

Distillation after Hinton, Vinyals & Dean (2015, arXiv:1503.02531). In every fold a student is fitted,
quantised and applied as quantised, so that its figures are those of what is shipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.scorer.cross_validation import CrossValidation
from astro_assets.transits.scorer.examples import Examples
from astro_assets.transits.scorer.graphs import outputs_of, session_of, standardised
from astro_assets.transits.scorer.inputs import Inputs, inputs_of
from astro_assets.transits.scorer.members import Member, MemberTask, fit_members
from astro_assets.transits.scorer.settings import NetworkSettings, ScorerSettings
from astro_assets.transits.scorer.stars import rows_by_star

#: As large as fits into 25,600 bytes.
_SIZE: Final = {"width": 8, "growth": 1.4, "kernel": 5, "hidden": 40, "scalar_units": 16, "dropout": 0.2}
_N_REPRESENTATIVE: Final = 400


@dataclass(frozen=True, slots=True)
class Edge:
    """The edge model.

    Attributes
    ----------
    graph
        ONNX, integers of 8 bits.
    weights
        Of the network before it was quantised.
    outputs
        What the quantised student of each fold says of the events of that fold, shape (n, 6).
    """

    graph: bytes
    weights: dict[str, NDArray[np.float32]]
    outputs: NDArray[np.float32]


def edge_settings(settings: ScorerSettings) -> NetworkSettings:
    """Return the settings of the student: its own size, all else as the teachers'."""
    return settings.network.model_copy(update=_SIZE)


def distil(examples: Examples, found: CrossValidation, settings: ScorerSettings, folder: Path) -> Edge:
    """Teach a student in each fold by that fold's networks, and the one to ship by all networks."""
    from astro_assets.transits.scorer.export import Exporter
    from astro_assets.transits.scorer.fitting import predict
    from astro_assets.transits.scorer.network import network_of

    layout, network = found.layout, edge_settings(settings)
    inputs = inputs_of(examples, layout)
    labelled = np.flatnonzero(examples.is_labelled)
    said = [
        np.mean([predict(one.weights, inputs, layout, settings.network) for one in members], axis=0)
        for members in found.members
    ]
    rows = [labelled[found.folds[labelled] != fold] for fold in range(settings.folds)]
    tasks = [_task(f"edge{fold}", examples, rows[fold], said[fold]) for fold in range(settings.folds)]
    tasks.append(_task("edge", examples, labelled, np.mean(said, axis=0)))
    *students, shipped = fit_members(
        tasks, inputs, examples.labels, examples.is_eclipse, layout, network, folder
    )
    exporter = Exporter(layout, network, takes_standardised=True)

    def quantised(member: Member, train: NDArray[np.int64]) -> bytes:
        some = train[:: max(1, train.size // _N_REPRESENTATIVE)]
        return exporter.quantised(network_of(layout, network, member.weights), inputs.take(some))

    outputs = np.zeros((len(examples), 6), np.float32)
    for fold, student in enumerate(students):
        held_out = np.flatnonzero(found.folds == fold)
        outputs[held_out] = edge_outputs(
            quantised(student, rows[fold]), student.weights, inputs.take(held_out)
        )
    return Edge(quantised(shipped, labelled), shipped.weights, outputs)


def edge_outputs(
    graph: bytes, weights: dict[str, NDArray[np.float32]], inputs: Inputs
) -> NDArray[np.float32]:
    """Apply a quantised network, shape (n, 6)."""
    scalars = standardised(inputs.scalars, weights["centre"], weights["scale"])
    return outputs_of(session_of(graph), Inputs(inputs.branches, scalars))


def _task(name: str, examples: Examples, rows: NDArray[np.int64], soft: NDArray[np.float32]) -> MemberTask:
    by_star = rows_by_star(examples.stars, rows)
    nobody = np.array([], dtype=np.int64)
    return MemberTask(name, list(by_star.values()), nobody, seed=0, soft=soft.astype(np.float32))
