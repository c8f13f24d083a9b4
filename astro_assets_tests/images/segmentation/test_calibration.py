"""Scores grown on one sky, and their threshold on another."""

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.images.segmentation.calibration import calibrated, fitted_score, scored
from astro_assets.images.segmentation.judging import report
from astro_assets.images.segmentation.measures import MEASURES
from astro_assets.images.segmentation.settings import ExtractionSettings, ScoreSettings
from astro_assets_tests.images.segmentation.test_judging import scene

SETTINGS = ScoreSettings(trees=40, leaf_candidates=10)
WANTED, UNLIKE = MEASURES.index("wanted"), MEASURES.index("unlike")


def sky(seed: int, n: int = 60):
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        real = rng.random(12) < 0.4
        measures = rng.normal(0, 1, (12, len(MEASURES)))
        measures[:, WANTED] += 3 * real
        measures[:, UNLIKE] -= 3 * real
        matched = np.where(real, np.cumsum(real) - 1, -1)
        found.append((measures, scene(np.zeros(12), matched, np.full(real.sum(), 9.0))))
    return found


def test_scores_learn_what_tells_real_from_false():
    score = fitted_score(sky(1), SETTINGS, 0)
    assert score.threshold == -np.inf
    score = calibrated(score, sky(2), ExtractionSettings(false_per_megapixel=0.5))
    told = report(scored(sky(3), score), score.threshold)
    assert told["completeness"][3]["value"] > 0.8
    assert 0.1 < told["false_per_megapixel"]["value"] < 1.0
    laxer = calibrated(score, sky(2), ExtractionSettings(false_per_megapixel=3.0))
    assert laxer.threshold < score.threshold


def test_equal_settings_give_equal_trees_and_other_ones_others():
    def of(settings, seed=0):
        score = fitted_score(sky(1, 20), settings, seed)
        return score.of(sky(2, 20)[0][0]).tolist()

    assert of(SETTINGS) == of(SETTINGS)
    changes = {
        "trees": 20, "leaves": 4, "learning_rate": 0.2, "leaf_candidates": 30, "shrinkage": 100.0,
        "measures_a_split": 0.2,
    }  # fmt: skip
    for name, value in changes.items():
        assert of(SETTINGS.model_copy(update={name: value})) != of(SETTINGS), name
    assert of(SETTINGS, 1) != of(SETTINGS)


def test_more_evidence_never_lowers_a_score():
    score = fitted_score(sky(1), SETTINGS, 0)
    measures = np.repeat(sky(2)[0][0], 30, axis=0).reshape(12, 30, -1)
    measures[:, :, WANTED] = np.linspace(-12, 12, 30)
    assert (np.diff(score.of(measures.reshape(360, -1)).reshape(12, 30), axis=1) >= 0).all()


def test_a_score_needs_candidates_of_both_sorts():
    only = [(np.zeros((2, len(MEASURES))), scene([0, 0], [-1, -1], []))] * 4
    with pytest.raises(ValueError, match="both sorts"):
        fitted_score(only, SETTINGS, 0)


def test_where_nothing_is_false_all_candidates_pass():
    score = fitted_score(sky(1), SETTINGS, 0)
    real = [
        (measures[judged.matched >= 0], replace(judged, scores=judged.scores[judged.matched >= 0]))
        for measures, judged in sky(2)
    ]
    real = [(measures, _only_real(judged)) for measures, judged in real]
    found = calibrated(score, real, ExtractionSettings())
    assert np.isfinite(found.threshold)
    assert all((one.scores >= found.threshold).all() for one in scored(real, found))


def _only_real(judged):
    kept = judged.matched >= 0
    return replace(
        judged,
        matched=judged.matched[kept],
        kinds=tuple(kind for kind, is_in in zip(judged.kinds, kept, strict=True) if is_in),
        under=tuple(kind for kind, is_in in zip(judged.under, kept, strict=True) if is_in),
    )
