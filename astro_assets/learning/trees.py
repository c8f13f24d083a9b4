"""Trees kept as plain arrays of their nodes, so that nothing pickled is ever loaded.

How they are applied, joined and explained lives here; what they are grown on is decided elsewhere.
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
        Probability at every node, float32; of boosted trees a step of the log-odds.
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

    def contributions(self, matrix: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return by how much each column moves the probability of each row, shape (n, k).

        Differences of the nodes' probabilities along the path of a row, each for the column that is asked
        there, averaged over trees (Palczewska et al. 2014, Advances in Intelligent Systems and Computing 263,
        193): with the mean of the roots they sum up to the probability.
        """
        found = np.zeros(matrix.shape, np.float64)
        rows = np.arange(len(matrix))[:, None]
        node = np.broadcast_to(self.roots, (len(matrix), self.roots.size)).copy()
        while (inner := self.left[node] != _NO_CHILD).any():
            feature = self.feature[node]
            goes_left = matrix[rows, feature] <= self.threshold[node]
            following = np.where(inner, np.where(goes_left, self.left[node], self.right[node]), node)
            step = self.value[following].astype(np.float64) - self.value[node]
            np.add.at(found, (np.broadcast_to(rows, node.shape), feature), step / self.roots.size)
            node = following
        return found

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


def forest_of_tree(tree: object, column: int) -> Forest:
    """Take the nodes of a tree that scikit-learn grew; ``column`` is that of the class."""
    value = np.asarray(tree.value)[:, 0, :]  # type: ignore[attr-defined]
    return Forest(
        roots=np.zeros(1, np.int32),
        feature=np.maximum(tree.feature, 0).astype(np.int16),  # type: ignore[attr-defined]
        threshold=np.asarray(tree.threshold, np.float64),  # type: ignore[attr-defined]
        left=np.asarray(tree.children_left, np.int32),  # type: ignore[attr-defined]
        right=np.asarray(tree.children_right, np.int32),  # type: ignore[attr-defined]
        value=(value[:, column] / value.sum(axis=1)).astype(np.float32),
    )


def forest_of_boosted(model: object) -> tuple[Forest, float]:
    """Take the nodes of boosted trees that scikit-learn grew for two classes, and their baseline.

    The sum of the baseline and of all trees' values is the log-odds of the second class. Rows with missing
    values are not provided for.
    """
    forests = []
    for (tree,) in model._predictors:  # type: ignore[attr-defined]  # noqa: SLF001  nothing public has them
        nodes, is_leaf = tree.nodes, tree.nodes["is_leaf"].astype(np.bool_)
        children = (np.where(is_leaf, _NO_CHILD, nodes[side].astype(np.int32)) for side in ("left", "right"))
        left, right = children
        forests.append(
            Forest(
                roots=np.zeros(1, np.int32),
                feature=np.where(is_leaf, 0, nodes["feature_idx"]).astype(np.int16),
                threshold=nodes["num_threshold"].astype(np.float64),
                left=left.astype(np.int32),
                right=right.astype(np.int32),
                value=nodes["value"].astype(np.float32),
            )
        )
    return joined(forests), float(model._baseline_prediction.item())  # type: ignore[attr-defined]  # noqa: SLF001
