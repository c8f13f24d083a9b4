"""Extremely randomised trees on the measures of views and the scalars.

Geurts, Ernst & Wehenkel (2006, Machine Learning 63, 3). scikit-learn grows them; what is kept are the arrays
of `astro_assets.learning.trees`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_assets.learning.trees import Forest, forest_of_tree, joined


def grow(
    matrix: NDArray[np.float32],
    truth: NDArray[np.bool_],
    weights: NDArray[np.float64],
    *,
    n_trees: int,
    seed: int,
    samples_per_leaf: int = 6,
) -> Forest:
    """Grow a forest that tells truth from falsehood; the same to the bit whatever the number of threads.

    Parameters
    ----------
    matrix
        Shape (n, k), finite.
    truth, weights
        Shape (n,).
    """
    from sklearn.ensemble import ExtraTreesClassifier

    model = ExtraTreesClassifier(
        n_trees, min_samples_leaf=samples_per_leaf, max_features=0.3, n_jobs=-1, random_state=seed
    ).fit(matrix, truth, sample_weight=weights)
    return joined(
        [forest_of_tree(tree.tree_, list(model.classes_).index(True)) for tree in model.estimators_]
    )
