"""Forests on measures: calibrated, ordered, the same for the same seed, at home with what is unknown."""

import numpy as np
import pytest

from astro_assets.images.quality.forest import (
    COLUMNS,
    calibrate,
    design_matrix,
    grade_of,
    grow,
    probabilities,
)
from astro_assets.images.quality.measures import MEASURES
from astro_assets.images.quality.settings import ForestSettings
from astro_assets.learning.calibration import expected_calibration_error

DEPTH = MEASURES.index("depth")


def frames(n, seed):
    """Frames whose grade follows from their depth but for noise; of a third the depth is unknown."""
    rng = np.random.default_rng(seed)
    measures = rng.normal(size=(n, len(MEASURES)))
    kept = rng.uniform(0, 1, n)
    measures[:, DEPTH] = kept + rng.normal(0, 0.05, n)
    measures[:, MEASURES.index("stars_ratio")] = kept + rng.normal(0, 0.2, n)
    measures[rng.random(n) < 1 / 3, DEPTH] = np.nan
    grades = np.where(kept > 0.7, 0, np.where(kept > 0.35, 1, 2))
    return design_matrix(measures, np.zeros(n)), grades.astype(np.int64)


@pytest.fixture(scope="module")
def forest():
    return grow(*frames(900, 0), ForestSettings(trees=40), 1)


def test_probabilities_are_calibrated_and_never_rise(forest):
    calibration = calibrate(forest.raw(frames(600, 1)[0]), frames(600, 1)[1])
    matrix, grades = frames(1500, 2)
    found = probabilities(forest.raw(matrix), calibration)
    assert (found[:, 0] >= found[:, 1]).all()
    assert expected_calibration_error(found[:, 1], grades == 2) < 0.05
    called = np.array([["good", "medium", "bad"].index(grade_of(*row)) for row in found])
    is_known = matrix[:, DEPTH] > -10
    assert (called == grades)[is_known].mean() > 0.85
    assert (called == grades)[~is_known].mean() > 0.55


def test_the_same_seed_gives_the_same_bits(forest):
    matrix, grades = frames(900, 0)
    again = grow(matrix, grades, ForestSettings(trees=40), 1)
    assert again.raw(matrix).tobytes() == forest.raw(matrix).tobytes()
    assert (
        grow(matrix, grades, ForestSettings(trees=40), 2).raw(matrix).tobytes() != again.raw(matrix).tobytes()
    )


def test_settings_change_the_forest(forest):
    matrix, grades = frames(900, 0)
    assert grow(matrix, grades, ForestSettings(trees=10), 1).bad.roots.size == 10
    small = grow(matrix, grades, ForestSettings(trees=40, samples_per_leaf=50), 1)
    assert small.bad.feature.size < forest.bad.feature.size


def test_what_decides_contributes_most(forest):
    matrix, _ = frames(300, 3)
    known = matrix[:, DEPTH] > -10
    contributions = forest.contributions(matrix[known])
    assert contributions.shape == (known.sum(), len(COLUMNS))
    most = np.argsort(np.abs(contributions).mean(axis=0))[-2:]
    assert set(most) == {DEPTH, MEASURES.index("stars_ratio")}
    # Less depth speaks for a worse grade.
    assert np.corrcoef(matrix[known, DEPTH], contributions[:, DEPTH])[0, 1] < -0.8


def test_unknown_is_not_zero():
    matrix = design_matrix(np.full((1, len(MEASURES)), np.nan), [0.5])
    assert (matrix[0, :-1] < -1e5).all()
    assert matrix[0, -1] == 0.5


def test_one_grade_alone_grows_nothing():
    matrix, grades = frames(50, 0)
    with pytest.raises(ValueError, match="good frames and bad"):
        grow(matrix, np.zeros_like(grades), ForestSettings(), 0)


@pytest.mark.parametrize(
    ("not_good", "bad", "grade"),
    [(0.4, 0.3, "good"), (0.6, 0.3, "medium"), (0.9, 0.6, "bad"), (0.5, 0.49, "medium")],
)
def test_the_grade_is_the_median(not_good, bad, grade):
    assert grade_of(not_good, bad) == grade
