"""How well one column tells the truth of groups that it was not learnt from, and what chance would.

Vectorised over permutations of the truth; what is concluded is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Numbers are told by their tenths, where they have more values than these.
N_BINS: Final = 10


def permuted_by_group(
    truth: NDArray[np.bool_], groups: Sequence[str], n_permutations: int, seed: int
) -> Iterator[NDArray[np.bool_]]:
    """Yield the truth with that of whole groups exchanged, among groups of the same size.

    Whole-block exchangeability (Winkler et al. 2014, NeuroImage 92, 381): what rows of a group have in common
    stays so. A size that one group has leaves it as it is.
    """
    names, group_of = np.unique(np.asarray(groups), return_inverse=True)
    rows = np.argsort(group_of, kind="stable")
    sizes = np.bincount(group_of, minlength=names.size)
    starts = np.cumsum(sizes) - sizes
    # The rows of all groups of one size, shape (n_groups, size).
    blocks = [rows[starts[sizes == size, None] + np.arange(size)] for size in np.unique(sizes)]
    rng = np.random.default_rng(seed)
    for _ in range(n_permutations):
        permuted = truth.copy()
        for block in blocks:
            permuted[block] = truth[rng.permutation(block)]
        yield permuted


def categories(values: Sequence[str | float]) -> NDArray[np.int64]:
    """Return which value each row has, or which tenth where numbers have many values; NaN is one too."""
    column = np.asarray(values)
    if column.dtype.kind == "f" and np.unique(column).size > N_BINS:
        edges = np.nanquantile(column, np.arange(1, N_BINS) / N_BINS)
        column = np.where(np.isnan(column), -1, np.searchsorted(edges, column, side="right"))
    return np.unique(column, return_inverse=True)[1].astype(np.int64)


def cross_validated_auc(truths: Floats, category: NDArray[np.int64], folds: NDArray[np.int64]) -> Floats:
    """Return the AUC of the rate that a row's category has in other folds, averaged over folds.

    Parameters
    ----------
    truths
        Of each permutation, shape (n_permutations, n).
    category, folds
        Of each row, from 0, shape (n,).

    Returns
    -------
    numpy.ndarray
        Shape (n_permutations,).
    """
    from scipy.sparse import csr_array

    shape = (int(folds.max()) + 1, int(category.max()) + 1)
    cell = folds * shape[1] + category
    n = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape).astype(np.float64)
    cells = csr_array((np.ones(cell.size), (np.arange(cell.size), cell)), (cell.size, n.size))
    positive = (truths @ cells).reshape(-1, *shape)
    base = truths[0].mean()  # permutations leave it as it is
    # Of other folds; as if each category had one row more of the base rate.
    rate = (positive.sum(axis=1, keepdims=True) - positive + base) / (n.sum(axis=0) - n + 1)
    average: Floats = np.nanmean(_counted_auc(rate, positive, n - positive), axis=1)
    return average


def _counted_auc(score: Floats, positive: Floats, negative: Floats) -> Floats:
    """Return the AUC along the last axis from counts of rows of each score; NaN where one class is missing.

    Scores that are equal are ordered one way and the other, which counts their pairs by half.
    """
    total = positive.sum(axis=-1) * negative.sum(axis=-1)
    won = np.zeros_like(total)
    for way in (slice(None), slice(None, None, -1)):
        order = np.argsort(score[..., way], axis=-1, kind="stable")
        true, false = (
            np.take_along_axis(counts[..., way], order, axis=-1) for counts in (positive, negative)
        )
        won += (true * (np.cumsum(false, axis=-1) - false / 2)).sum(axis=-1) / 2
    auc: Floats = np.divide(won, total, out=np.full_like(total, np.nan), where=total > 0)
    return auc
