"""The score of candidates, and its threshold, fitted on scenes that the network was not trained on.

Trees grow on crowded scenes, in which there is more to learn from; the threshold comes from scenes as they
are, which the trees have not seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from astro_assets.images.segmentation.judging import JudgedScene, judged, tail_threshold
from astro_assets.images.segmentation.matching import match
from astro_assets.images.segmentation.measures import MEASURES
from astro_assets.images.segmentation.objects import measures_of, wanted_candidates
from astro_assets.images.segmentation.score import ObjectScore
from astro_assets.images.segmentation.settings import ExtractionSettings, ScoreSettings
from astro_assets.images.simulation.scene import Scene
from astro_assets.learning.trees import forest_of_boosted

Floats = NDArray[np.float64]
Measured = tuple[Floats, JudgedScene]

#: More of it is never a reason to doubt, or to believe: trails go on where what is wanted does not.
_ORDERED: Final = {"significance": 1, "wanted": 1, "line": -1, "ray": -1}


def measured_scenes(
    scenes: Iterable[Scene],
    logits: Callable[[Scene], NDArray[np.float32]],
    settings: ExtractionSettings,
) -> list[Measured]:
    """Return each scene's candidates: their measures, and what they are. Their scores are still 0."""
    found = []
    for scene in scenes:
        planes = logits(scene)
        candidates = wanted_candidates(planes, scene.difference, settings)
        measures = measures_of(candidates, planes, scene.difference)
        matches = match(candidates, scene.truth, scene.difference.fwhm_pixels)
        kinds = [one.kind for one in candidates]
        missing = scene.difference.is_missing
        found.append((measures, judged(np.zeros(len(kinds)), kinds, matches, scene.truth, missing)))
    return found


def fitted_score(measured: Sequence[Measured], settings: ScoreSettings, seed: int) -> ObjectScore:
    """Grow the trees of a score; it has no threshold yet.

    Raises
    ------
    ValueError
        If there are no candidates of both sorts.
    """
    from sklearn.ensemble import HistGradientBoostingClassifier
    from threadpoolctl import threadpool_limits

    measures = np.concatenate([one for one, _ in measured]).astype(np.float32)
    truth = np.concatenate([scene.matched >= 0 for _, scene in measured])
    if not truth.any() or truth.all():
        raise ValueError(f"{int(truth.sum())} of {truth.size} candidates are real: both sorts are needed")
    model = HistGradientBoostingClassifier(
        learning_rate=settings.learning_rate,
        max_iter=settings.trees,
        max_leaf_nodes=settings.leaves,
        min_samples_leaf=min(settings.leaf_candidates, max(1, truth.size // 20)),
        l2_regularization=settings.shrinkage,
        max_features=settings.measures_a_split,
        monotonic_cst=[_ORDERED.get(name, 0) for name in MEASURES],
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(1):  # sums depend on their number
        model.fit(measures, truth)
    trees, baseline = forest_of_boosted(model)
    return ObjectScore(trees, baseline, -np.inf)


def calibrated(score: ObjectScore, measured: Sequence[Measured], settings: ExtractionSettings) -> ObjectScore:
    """Set the threshold of a score by scenes that its trees have not seen.

    Where no candidate is false all of them pass.
    """
    scenes = scored(measured, score)
    threshold = tail_threshold(scenes, settings.false_per_megapixel)
    if not np.isfinite(threshold):
        threshold = min((float(scene.scores.min()) for scene in scenes if scene.scores.size), default=0.0)
    return replace(score, threshold=threshold)


def scored(measured: Sequence[Measured], score: ObjectScore) -> list[JudgedScene]:
    """Give the candidates of scenes their scores."""
    return [replace(scene, scores=score.of(measures)) for measures, scene in measured]
