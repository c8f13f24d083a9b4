"""An assessor from nothing but recipes of nights: network, forests, density, calibration, judgement, file.

The order of these steps lives here; each of them is a module of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.quality.assessor import FrameAssessor, seen, session_of
from astro_assets.images.quality.assessor_file import FORMAT, Contents, Manifest, bytes_of
from astro_assets.images.quality.density import fit_density
from astro_assets.images.quality.forest import COLUMNS, calibrate, design_matrix, grow
from astro_assets.images.quality.grades import GRADES
from astro_assets.images.quality.judging import judged_night, report
from astro_assets.images.quality.night_sets import ROLES, NightRecipe, measured_night, network_examples
from astro_assets.images.quality.reasons import good_ranges
from astro_assets.images.quality.settings import PARITY, QualitySettings

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

Floats = NDArray[np.float64]
#: Frames on which the exported graph is compared with its network.
N_COMPARED: Final = 20
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


def fit(recipes: Sequence[NightRecipe], settings: QualitySettings) -> tuple[bytes, dict[str, Any]]:
    """Train an assessor on simulated nights, calibrate it on others, judge it on still others.

    Parameters
    ----------
    recipes
        Of the nights of all roles, as `night_sets.recipes_of` gives them.

    Returns
    -------
    file
        What :func:`astro_assets.images.quality.assessor.open_assessor` opens; the same bytes for the same
        nights, settings and instruction set.
    metrics
        On test nights: see :func:`astro_assets.images.quality.judging.report`; and ``parity``, by how much
        the exported graph and the network differ.

    Raises
    ------
    ParityError
        If the exported graph does not do what the network does.
    ValueError
        If the nights hold too few good or bad frames.
    """
    nights = {role: [one for one in recipes if one.role == role] for role in ROLES}
    graph, losses, parity = _network(nights["network"], settings)
    session = session_of(graph)
    _log.info("measuring %d nights for the forests", len(nights["forest"]))
    rows = _rows(nights["forest"], settings, session)
    matrix = design_matrix([*rows.night, *rows.alone], [*rows.scores, *rows.scores])
    grades = rows.grade_array()
    forest = grow(matrix, np.concatenate([grades, grades]), settings.forest, settings.seed)
    _log.info("calibrating on %d nights", len(nights["calibration"]))
    other = _rows(nights["calibration"], settings, session)
    manifest = Manifest(
        format=FORMAT,
        grades=GRADES,
        columns=COLUMNS,
        settings=settings,
        n_parameters=n_parameters_of(settings),
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
    _log.info("judging on %d nights", len(nights["test"]))
    judged = [judged_night(assessor, measured_night(one, settings.measuring)) for one in nights["test"]]
    metrics = report(judged) | {
        "parity": parity,
        "losses": losses,
        "training_frames": {role: sum(one.settings.frames for one in of) for role, of in nights.items()},
    }
    told = Contents(manifest.model_copy(update={"metrics": metrics}), graph, forest, density)
    return bytes_of(told), metrics


def n_parameters_of(settings: QualitySettings) -> int:
    """Count the numbers of a network that are fitted."""
    from astro_assets.images.quality.network import n_parameters

    return n_parameters(settings.network.width)


def _network(recipes: Sequence[NightRecipe], settings: QualitySettings) -> tuple[bytes, list[float], float]:
    from astro_assets.images.quality.network import network_of
    from astro_assets.images.quality.training import fit_network, graph_of, outputs_of

    inputs, grades = network_examples(recipes)
    _log.info("fitting the network on %d frames", len(inputs))
    weights, losses = fit_network(inputs, grades, settings.network, settings.seed)
    network = network_of(settings.network.width, weights)
    graph = graph_of(network)
    session = session_of(graph)
    parity = 0.0
    for one in inputs[:N_COMPARED]:
        found, expected = seen(session, one)[0], outputs_of(network, one)
        parity = max(parity, float(np.abs(found - expected).max()))
    if parity > PARITY:
        raise ParityError(f"the exported graph is out by {parity:.2g} in a logit; {PARITY} is allowed")
    return graph, losses, parity


def _rows(recipes: Sequence[NightRecipe], settings: QualitySettings, session: InferenceSession) -> _Rows:
    rows = _Rows()
    for number, recipe in enumerate(recipes, 1):
        night = measured_night(recipe, settings.measuring)
        _log.info("nights measured %d of %d", number, len(recipes))
        for grade, measures, inputs in zip(night.grades, night.measures, night.inputs, strict=True):
            logits, features = seen(session, inputs)
            rows.night.append(measures.vector())
            rows.alone.append(measures.alone().vector())
            rows.scores.append(float(logits.mean()))
            rows.features.append(features)
            rows.grades.append(int(grade))
    return rows
