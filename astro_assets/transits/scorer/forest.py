"""Extremely randomised trees on the measures of views and the scalars, kept as plain arrays.

Geurts, Ernst & Wehenkel (2006, Machine Learning 63, 3). scikit-learn grows them; what is kept are the arrays
of its nodes, so that nothing pickled is ever loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_NO_CHILD: Final = -1


@dataclass(frozen=True, slots=True)
class Forest:
    """Trees, their nodes one after the other.

    Attributes
    ----------
    roots
        Position of each tree's root, shape (trees,), int32.
    feature, threshold, left, right
        Of every node: go left where the feature is at most the threshold; ``left`` is -1 for a leaf. Children
        are positions in the same arrays.
    value
        Probability at every node, float32.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int16]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float32]

    def probability(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the mean of all trees for each row of a design matrix, shape (n,)."""
        means: NDArray[np.float64] = self.of_trees(matrix).mean(axis=1, dtype=np.float64)
        return means

    def of_trees(self, matrix: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return what each tree says of each row of a design matrix, shape (n, trees)."""
        rows = np.arange(len(matrix))[:, None]
        node = np.broadcast_to(self.roots, (len(matrix), self.roots.size)).copy()
        while True:
            left = self.left[node]
            inner = left != _NO_CHILD
            if not inner.any():
                return self.value[node]
            goes_left = matrix[rows, self.feature[node]] <= self.threshold[node]
            node = np.where(inner, np.where(goes_left, left, self.right[node]), node)

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Return the arrays by name."""
        return {name: getattr(self, name) for name in self.__slots__}


def forest_of(arrays: Mapping[str, NDArray[np.generic]]) -> Forest:
    """Make a forest of its arrays.

    Raises
    ------
    ValueError
        If they are no forest: a child that comes before its parent or does not exist would never end.
    """
    forest = Forest(**{name: arrays[name] for name in Forest.__slots__})  # type: ignore[arg-type]
    n, at = forest.feature.size, np.arange(forest.feature.size)
    sizes = {getattr(forest, name).size for name in ("threshold", "left", "right", "value")}
    if sizes != {n}:
        raise ValueError("these arrays are no forest: their lengths differ")
    inner = forest.left != _NO_CHILD
    children = (forest.left[inner], forest.right[inner])
    is_endless = any(((child <= at[inner]) | (child >= n)).any() for child in children)
    is_outside = (forest.roots < 0).any() or (forest.roots >= n).any() or (forest.feature < 0).any()
    if is_endless or is_outside:
        raise ValueError("these arrays are no forest: a branch leads nowhere")
    return forest


def joined(forests: Sequence[Forest]) -> Forest:
    """Make one forest of several: its probability is the mean of theirs if they are of one size."""
    offsets = np.cumsum([0, *(forest.feature.size for forest in forests[:-1])])

    def shifted(name: str) -> NDArray[np.int32]:
        parts = [getattr(forest, name) for forest in forests]
        moved = [np.where(part == _NO_CHILD, part, part + o) for part, o in zip(parts, offsets, strict=True)]
        return np.concatenate(moved).astype(np.int32)

    return Forest(
        roots=shifted("roots"),
        feature=np.concatenate([forest.feature for forest in forests]),
        threshold=np.concatenate([forest.threshold for forest in forests]),
        left=shifted("left"),
        right=shifted("right"),
        value=np.concatenate([forest.value for forest in forests]),
    )


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
    return joined([_of_tree(tree.tree_, list(model.classes_).index(True)) for tree in model.estimators_])


def _of_tree(tree: object, column: int) -> Forest:
    value = np.asarray(tree.value)[:, 0, :]  # type: ignore[attr-defined]
    return Forest(
        roots=np.zeros(1, np.int32),
        feature=np.maximum(tree.feature, 0).astype(np.int16),  # type: ignore[attr-defined]
        threshold=np.asarray(tree.threshold, np.float64),  # type: ignore[attr-defined]
        left=np.asarray(tree.children_left, np.int32),  # type: ignore[attr-defined]
        right=np.asarray(tree.children_right, np.int32),  # type: ignore[attr-defined]
        value=(value[:, column] / value.sum(axis=1)).astype(np.float32),
    )
