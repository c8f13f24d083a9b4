"""What moves a tree's answer adds up to it."""

import numpy as np
from sklearn.ensemble import RandomForestClassifier

from astro_assets.learning.trees import forest_of_tree, joined


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
