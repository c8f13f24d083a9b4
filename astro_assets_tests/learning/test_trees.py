"""What moves a tree's answer adds up to it."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier

from astro_assets.learning.trees import forest_of, forest_of_boosted, forest_of_tree, joined


def test_contributions_add_up_to_the_probability():
    rng = np.random.default_rng(8)
    matrix = rng.normal(size=(300, 5)).astype(np.float32)
    model = RandomForestClassifier(20, random_state=1).fit(matrix, matrix[:, 2] > 0)
    forest = joined([forest_of_tree(tree.tree_, 1) for tree in model.estimators_])
    np.testing.assert_allclose(forest.probability(matrix), model.predict_proba(matrix)[:, 1], atol=1e-6)
    found = forest.contributions(matrix)
    base = forest.value[forest.roots].mean(dtype=np.float64)
    np.testing.assert_allclose(base + found.sum(axis=1), forest.probability(matrix), atol=1e-6)
    assert np.abs(found).mean(axis=0).argmax() == 2


def test_boosted_trees_say_what_scikit_learn_says_of_them():
    rng = np.random.default_rng(9)
    matrix = rng.normal(size=(600, 5)).astype(np.float32)
    truth = matrix[:, 2] * matrix[:, 0] + 0.3 * rng.normal(size=600) > 0.2
    model = HistGradientBoostingClassifier(max_iter=30, random_state=1).fit(matrix, truth)
    forest, baseline = forest_of_boosted(model)
    forest = forest_of(forest.arrays())
    other = rng.normal(size=(400, 5)).astype(np.float32)
    found = baseline + forest.of_trees(other).sum(axis=1, dtype=np.float64)
    np.testing.assert_allclose(found, model.decision_function(other), atol=1e-4)
