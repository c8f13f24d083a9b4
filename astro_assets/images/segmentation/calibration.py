"""The score of candidates, and its threshold, fitted on scenes that the network was not trained on.

Half of these scenes fit the weights, the other half the threshold.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.segmentation.judging import JudgedScene, judged, threshold_for
from astro_assets.images.segmentation.matching import match
from astro_assets.images.segmentation.objects import (
    ObjectScore,
    expanded,
    measures_of,
    wanted_candidates,
)
from astro_assets.images.segmentation.settings import ExtractionSettings
from astro_assets.images.simulation.scene import Scene

Floats = NDArray[np.float64]
Measured = tuple[Floats, JudgedScene]

#: Inverse strength of regularisation: terms are many, and measures correlated.
_STRENGTH: Final = 1.0


def measured_scenes(
    scenes: Iterable[Scene],
    logits: Callable[[Scene], NDArray[np.float32]],
    settings: ExtractionSettings,
) -> list[Measured]:
    """Return each scene's candidates: their measures, and what they are. Their scores are still 0."""
    found = []
    for scene in scenes:
        candidates = wanted_candidates(logits(scene), scene.difference, settings)
        measures = measures_of(candidates)
        matches = match(candidates, scene.truth, scene.difference.fwhm_pixels)
        kinds = [one.kind for one in candidates]
        missing = scene.difference.is_missing
        found.append((measures, judged(np.zeros(len(kinds)), kinds, matches, scene.truth, missing)))
    return found


def calibrate(measured: Sequence[Measured], settings: ExtractionSettings) -> ObjectScore:
    """Fit the score and its threshold.

    Raises
    ------
    ValueError
        If there are no candidates of both sorts, or fewer than two scenes.
    """
    if len(measured) < 2:
        raise ValueError(f"{len(measured)} scenes: at least two are needed to calibrate")
    fitting, deciding = measured[::2], measured[1::2]
    measures = np.concatenate([one for one, _ in fitting])
    truth = np.concatenate([scene.matched >= 0 for _, scene in fitting])
    if not truth.any() or truth.all():
        raise ValueError(f"{int(truth.sum())} of {truth.size} candidates are real: both sorts are needed")
    score = _fitted(measures, truth)
    threshold = threshold_for(scored(deciding, score), settings.false_per_megapixel)
    return score.model_copy(update={"threshold": threshold})


def scored(measured: Sequence[Measured], score: ObjectScore) -> list[JudgedScene]:
    """Give the candidates of scenes their scores."""
    return [replace(scene, scores=score.of(measures)) for measures, scene in measured]


def _fitted(measures: Floats, truth: NDArray[np.bool_]) -> ObjectScore:
    from sklearn.linear_model import LogisticRegression

    centre, scale = measures.mean(axis=0), measures.std(axis=0)
    scale[scale == 0] = 1.0
    terms = expanded((measures - centre) / scale)
    regression = LogisticRegression(C=_STRENGTH, max_iter=5000).fit(terms, truth)
    return ObjectScore(
        centre=tuple(map(float, centre)),
        scale=tuple(map(float, scale)),
        weights=tuple(map(float, regression.coef_[0])),
        intercept=float(regression.intercept_[0]),
        threshold=0.0,
    )
