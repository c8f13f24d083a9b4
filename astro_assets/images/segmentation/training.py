"""A segmenter from nothing but settings: network, calibration, judgement, file.

The order of these steps lives here; each of them is a module of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.kinds import KINDS
from astro_assets.images.segmentation.calibration import calibrated, fitted_score, measured_scenes, scored
from astro_assets.images.segmentation.injected import Pair, injected_scenes
from astro_assets.images.segmentation.judging import JudgedScene, report, threshold_for
from astro_assets.images.segmentation.measures import MEASURES
from astro_assets.images.segmentation.pixels import PixelJudge
from astro_assets.images.segmentation.preprocessing import CHANNELS, inputs_of
from astro_assets.images.segmentation.scene_measuring import Measurer
from astro_assets.images.segmentation.scene_sets import scene_of, scenes_of
from astro_assets.images.segmentation.score import ObjectScore
from astro_assets.images.segmentation.segmenter import logits_of, session_of
from astro_assets.images.segmentation.segmenter_file import FORMAT, Manifest, bytes_of
from astro_assets.images.segmentation.settings import PARITY, SegmentationSettings
from astro_assets.images.segmentation.thresholding import judged_thresholding
from astro_assets.images.segmentation.tiling import apply_tiled
from astro_assets.images.simulation.scene import Scene

Arrays = dict[str, NDArray[Any]]
_log = logging.getLogger(__name__)
#: Test scenes whose pixels are kept to judge masks by.
_PIXEL_SCENES = 60


@dataclass(frozen=True, slots=True)
class Fitted:
    """A finished training.

    Parameters
    ----------
    file
        What :func:`open_segmenter` opens.
    metrics
        On test scenes: ``segmenter``, ``thresholding`` and ``thresholding_points`` by object, ``pixels``;
        ``injected``, by object in real frames, None without any.
    history
        The learning curve.
    """

    file: bytes
    metrics: dict[str, Any]
    history: list[dict[str, float]]


def fit(settings: SegmentationSettings, folder: Path | None = None, pairs: Sequence[Pair] = ()) -> Fitted:
    """Train a segmenter on simulated scenes, calibrate and judge it on others.

    The same to the bit for the same settings, pairs and instruction set.

    Parameters
    ----------
    folder
        Where the state of the training is kept after each epoch; what is there is taken up.
    pairs
        Real frames into which sources are put: the score of objects learns from some, its threshold from
        others, and the rest judge.

    Raises
    ------
    ParityError
        If the exported graph does not do what the network does.
    ResumeError
        If the folder holds the state of another training.
    ValueError
        If the scenes to score hold no candidates of both sorts.
    """
    from astro_assets.images.segmentation.fitting import fit_network

    weights, history = fit_network(settings, folder)
    return finished(settings, weights, history, pairs)


class ParityError(RuntimeError):
    """An exported graph and its network differ."""


def finished(
    settings: SegmentationSettings,
    weights: Arrays,
    history: list[dict[str, float]],
    pairs: Sequence[Pair] = (),
) -> Fitted:
    """Make a segmenter of fitted weights: export, calibrate, judge."""
    from astro_assets.images.segmentation.export import graph_of
    from astro_assets.images.segmentation.network import network_of, reach_pixels

    graph = graph_of(network_of(settings.network, weights))
    _refuse_other(settings, weights, graph)
    session, reach = session_of(graph), reach_pixels(settings.network)
    measurer = Measurer(settings, graph, reach)
    _log.info("scoring candidates of %d scenes", settings.score_scenes)
    measured = measurer.of_role("score", settings.score_scenes)
    measured += measurer.of_scenes(injected_scenes(pairs, "score"))
    score = fitted_score(measured, settings.score, settings.seed)
    _log.info("calibrating on %d scenes", settings.calibration_scenes)
    measured = measurer.of_role("calibration", settings.calibration_scenes)
    measured += measurer.of_scenes(injected_scenes(pairs, "calibration"))
    score = calibrated(score, measured, settings.extraction)
    _log.info("judging on %d scenes", settings.test_scenes)
    metrics = judge(settings, session, reach, score)
    real = measurer.of_scenes(injected_scenes(pairs, "test"))
    metrics["injected"] = report(scored(real, score), score.threshold) if real else None
    manifest = Manifest(
        format=FORMAT,
        kinds=KINDS,
        channels=CHANNELS,
        measures=MEASURES,
        settings=settings,
        reach_pixels=reach,
        n_parameters=settings.network.n_parameters,
        baseline=score.baseline,
        threshold=score.threshold,
        history=history,
        metrics=metrics,
    )
    return Fitted(bytes_of(manifest, score, graph), metrics, history)


def judge(settings: SegmentationSettings, session: Any, reach: int, score: ObjectScore) -> dict[str, Any]:
    """Judge a segmenter on the test scenes of its settings, and thresholding at the same false rate.

    Parameters
    ----------
    session, reach
        Of the graph: see :func:`astro_assets.images.segmentation.segmenter.logits_of`.
    """
    pixels = PixelJudge(settings.loss)
    plain: list[JudgedScene] = []
    of_points: list[JudgedScene] = []
    seen = 0

    def logits(scene: Scene) -> NDArray[np.float32]:
        nonlocal seen
        found = logits_of(session, scene.difference, reach)
        plain.append(judged_thresholding(scene.difference, scene.truth))
        of_points.append(judged_thresholding(scene.difference, scene.truth, points_only=True))
        if seen < _PIXEL_SCENES:
            pixels.add(scene, found)
        seen += 1
        return found

    test = scenes_of(settings, "test", settings.test_scenes)
    ours = scored(measured_scenes(test, logits, settings.extraction), score)
    by_object = report(ours, score.threshold)
    rate = by_object["false_per_megapixel"]["value"]
    return {
        "segmenter": by_object,
        "thresholding": report(plain, threshold_for(plain, rate)),
        "thresholding_points": report(of_points, threshold_for(of_points, rate)),
        "pixels": pixels.report(),
    }


def _refuse_other(settings: SegmentationSettings, weights: Arrays, graph: bytes) -> None:
    """See that onnxruntime gives what torch gives, on a validation scene."""
    import torch

    from astro_assets.images.segmentation.network import network_of, reach_pixels

    difference = scene_of(settings, "validation", 0).difference
    reach = reach_pixels(settings.network)
    found = logits_of(session_of(graph), difference, reach)
    network = network_of(settings.network, weights)

    def apply(inputs: NDArray[np.float32]) -> NDArray[np.float32]:
        with torch.no_grad():
            logits: NDArray[np.float32] = network(torch.as_tensor(inputs)).numpy()
        return logits

    expected = apply_tiled(apply, inputs_of(difference), reach)
    worst = float(np.abs(1 / (1 + np.exp(-found)) - 1 / (1 + np.exp(-expected))).max())
    if worst > PARITY:
        raise ParityError(f"the exported graph is out by {worst:.2g} in a probability; {PARITY} is allowed")
