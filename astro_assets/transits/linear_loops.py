"""Compiled solution of a few linear equations, without a library whose sums depend on its threads."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from astro_assets.transits.compiled import compiled

Floats = NDArray[np.float64]


@compiled
def solved(matrix: Floats, right: Floats) -> Floats:
    """Solve ``matrix @ x = right`` by Gaussian elimination with partial pivoting.

    Parameters
    ----------
    matrix, right
        Shapes (n, n) and (n,); both are left as they are.

    Returns
    -------
    ndarray of float64, shape (n,)
        All NaN where the matrix is singular.
    """
    size = right.size
    rows, x = matrix.copy(), right.copy()
    for k in range(size):
        pivot = k
        for m in range(k + 1, size):
            if abs(rows[m, k]) > abs(rows[pivot, k]):
                pivot = m
        if not abs(rows[pivot, k]) > 0.0:
            return np.full(size, np.nan)
        for n in range(k, size):
            rows[k, n], rows[pivot, n] = rows[pivot, n], rows[k, n]
        x[k], x[pivot] = x[pivot], x[k]
        for m in range(k + 1, size):
            factor = rows[m, k] / rows[k, k]
            for n in range(k, size):
                rows[m, n] -= factor * rows[k, n]
            x[m] -= factor * x[k]
    for k in range(size - 1, -1, -1):
        for n in range(k + 1, size):
            x[k] -= rows[k, n] * x[n]
        x[k] /= rows[k, k]
    return x
