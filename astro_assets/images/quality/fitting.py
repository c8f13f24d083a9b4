"""An assessor from nothing but settings and a seed: network, forests, density, calibration, judgement, file.

The order of these steps lives here; each of them is a module of its own.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.quality.assessor import FrameAssessor, seen, session_of
from astro_assets.images.quality.assessor_file import FORMAT, Contents, Manifest, bytes_of
from astro_assets.images.quality.density import fit_density
from astro_assets.images.quality.forest import COLUMNS, calibrate, design_matrix, grow
from astro_assets.images.quality.grades import GRADES
from astro_assets.images.quality.judging import judged_night, report
from astro_assets.images.quality.night_sets import Role, measured_night, network_examples
from astro_assets.images.quality.reasons import good_ranges
from astro_assets.images.quality.settings import PARITY, QualitySettings

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float64]
_log = logging.getLogger(__name__)


class ParityError(RuntimeError):
    """An exported graph and its network differ."""


@dataclass(slots=True)
class _Rows:
    """Frames of several nights: measures beside their night and alone, what the network says, grades."""

    night: list[Floats] = field(default_factory=list)
    alone: list[Floats] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    features: list[Floats] = field(default_factory=list)
    grades: list[int] = field(default_factory=list)

    def grade_array(self) -> NDArray[np.int64]:
        return np.array(self.grades, np.int64)

    def good(self, which: list[Floats]) -> Floats:
        """Return measures and features of good frames, shape (n, columns)."""
        rows: Floats = np.hstack([np.array(which), np.array(self.features)])
        good: Floats = rows[self.grade_array() == 0]
        return good


def fit(settings: QualitySettings, seed: int) -> tuple[bytes, dict[str, Any]]:
    """Train an assessor on simulated nights, calibrate it on others, judge it on still others.

    Returns
    -------
    file
        What :func:`astro_assets.images.quality.assessor.open_assessor` opens; the same bytes for the same
        settings, seed and instruction set.
    metrics
        On test nights: see :func:`astro_assets.images.quality.judging.report`.

    Raises
    ------
    ParityError
        If the exported graph does not do what the network does.
    ValueError
        If the nights hold too few good or bad frames.
    """
    graph, losses, n_parameters = _network(settings, seed)
    session = session_of(graph)
    _log.info("measuring %d nights for the forests", settings.forest_nights)
    rows = _rows(settings, seed, "forest", settings.forest_nights, session)
    matrix = design_matrix([*rows.night, *rows.alone], [*rows.scores, *rows.scores])
    grades = rows.grade_array()
    forest = grow(matrix, np.concatenate([grades, grades]), settings.forest, seed)
    _log.info("calibrating on %d nights", settings.calibration_nights)
    other = _rows(settings, seed, "calibration", settings.calibration_nights, session)
    manifest = Manifest(
        format=FORMAT,
        grades=GRADES,
        columns=COLUMNS,
        settings=settings,
        seed=seed,
        n_parameters=n_parameters,
        night=calibrate(forest.raw(design_matrix(other.night, other.scores)), other.grade_array()),
        alone=calibrate(forest.raw(design_matrix(other.alone, other.scores)), other.grade_array()),
        ranges=good_ranges(np.array(rows.night)[grades == 0]),
        losses=losses,
        metrics={},
    )
    density = fit_density(
        rows.good(rows.night), other.good(other.night), other.good(other.alone), settings.density_shrinkage
    )
    contents = Contents(manifest, graph, forest, density)
    assessor = FrameAssessor(contents)
    nights = [
        judged_night(assessor, measured_night(settings, seed, "test", number))
        for number in range(settings.test_nights)
    ]
    metrics = report(nights)
    told = Contents(manifest.model_copy(update={"metrics": metrics}), graph, forest, density)
    return bytes_of(told), metrics


def _network(settings: QualitySettings, seed: int) -> tuple[bytes, list[float], int]:
    from astro_assets.images.quality.network import n_parameters, network_of
    from astro_assets.images.quality.training import fit_network, graph_of, outputs_of

    inputs, grades = network_examples(settings, seed, settings.network_nights)
    _log.info("fitting the network on %d frames", len(inputs))
    weights, losses = fit_network(inputs, grades, settings.network, seed)
    network = network_of(settings.network.width, weights)
    graph = graph_of(network)
    session = session_of(graph)
    for one in inputs[:3]:
        found, expected = seen(session, one)[0], outputs_of(network, one)
        worst = float(np.abs(found - expected).max())
        if worst > PARITY:
            raise ParityError(f"the exported graph is out by {worst:.2g} in a logit; {PARITY} is allowed")
    return graph, losses, n_parameters(settings.network.width)


def _rows(
    settings: QualitySettings, seed: int, role: Role, n_nights: int, session: InferenceSession
) -> _Rows:
    rows = _Rows()
    for number in range(n_nights):
        night = measured_night(settings, seed, role, number)
        for grade, measures, inputs in zip(night.grades, night.measures, night.inputs, strict=True):
            logits, features = seen(session, inputs)
            rows.night.append(measures.vector())
            rows.alone.append(measures.alone().vector())
            rows.scores.append(float(logits.mean()))
            rows.features.append(features)
            rows.grades.append(int(grade))
    return rows
