"""Trees as arrays give what scikit-learn gives; arrays that are no trees are refused."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import ExtraTreesClassifier

from astro_assets.learning.trees import forest_of, joined
from astro_assets.transits.scorer.forest import grow


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    matrix = random.normal(size=(400, 6)).astype(np.float32)
    truth = matrix[:, 0] + 0.5 * matrix[:, 1] ** 2 + 0.3 * random.normal(size=400) > 0.4
    return matrix, truth, random.uniform(0.5, 1.5, 400)


@pytest.fixture(scope="module")
def forest(data):
    return grow(*data, n_trees=20, seed=3)


def test_probabilities_are_scikit_learns(data, forest):
    matrix, truth, weights = data
    model = ExtraTreesClassifier(20, min_samples_leaf=6, max_features=0.3, random_state=3)
    expected = model.fit(matrix, truth, sample_weight=weights).predict_proba(matrix)[:, 1]
    np.testing.assert_allclose(forest.probability(matrix), expected, atol=1e-6)


def test_a_row_does_not_depend_on_the_others(data, forest):
    matrix = data[0]
    together = forest.probability(matrix)
    alone = np.concatenate([forest.probability(matrix[i : i + 1]) for i in range(40)])
    assert together[:40].tobytes() == alone.tobytes()


def test_joined_forests_give_the_mean(data, forest):
    matrix, truth, weights = data
    other = grow(matrix, truth, weights, n_trees=20, seed=4)
    both = (forest.probability(matrix) + other.probability(matrix)) / 2
    np.testing.assert_allclose(joined([forest, other]).probability(matrix), both, atol=1e-6)


def test_arrays_make_the_same_forest(data, forest):
    again = forest_of(forest.arrays())
    assert again.probability(data[0]).tobytes() == forest.probability(data[0]).tobytes()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("left", lambda child: np.where(child > 0, 0, child)),  # back to the root: it would never end
        ("right", lambda child: child + 10**6),
        ("threshold", lambda threshold: threshold[:-1]),
        ("feature", lambda feature: feature - 5),
        ("roots", lambda roots: roots + 10**6),
    ],
)
def test_what_is_no_forest_is_refused(forest, name, change):
    arrays = forest.arrays()
    arrays[name] = change(arrays[name]).astype(arrays[name].dtype)
    with pytest.raises(ValueError, match="no forest"):
        forest_of(arrays)
