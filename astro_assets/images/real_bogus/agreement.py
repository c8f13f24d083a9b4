"""How far scores agree with those that packets bring along: both are machines' opinions, neither is a label.

Nothing is scored here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

#: Said with every comparison.
NO_LABELS: Final = (
    "rb and drb are scores of other classifiers. No person has labelled these packets: agreement is no "
    "accuracy, and disagreement may be either's fault."
)


def agreement(
    score: ArrayLike,
    other: ArrayLike,
    groups: Sequence[str],
    *,
    threshold: float = 0.5,
    other_threshold: float = 0.65,
    n_resamples: int = 1000,
    seed: int = 0,
) -> dict[str, Any]:
    """Compare a score with another on the same packets.

    Parameters
    ----------
    score, other
        Shape (n,); packets where either is NaN are left out.
    groups
        Object of each packet, length n: whole objects are drawn for the interval.
    threshold, other_threshold
        From which each calls a packet real; 0.65 is customary for rb and drb.

    Returns
    -------
    dict
        ``n``, ``spearman`` with ``value``, ``low`` and ``high`` (95 %, bootstrap; None where ranks are all
        equal), the table ``both_real``, ``both_bogus``, ``only_real_here``, ``only_real_there``, ``agreeing``
        (a fraction), and ``note``.

    Raises
    ------
    ValueError
        With fewer than 3 packets that have both.
    """
    one, two = np.asarray(score, np.float64), np.asarray(other, np.float64)
    rows = np.flatnonzero(np.isfinite(one) & np.isfinite(two))
    if rows.size < 3:
        raise ValueError(f"{rows.size} packets have both scores: too few to compare")
    names = np.asarray(groups)[rows]
    one, two = one[rows], two[rows]
    low, high = _interval(one, two, names, n_resamples, seed)
    here, there = one >= threshold, two > other_threshold
    return {
        "n": int(rows.size),
        "spearman": {"value": _spearman(one, two), "low": low, "high": high},
        "both_real": int((here & there).sum()),
        "both_bogus": int((~here & ~there).sum()),
        "only_real_here": int((here & ~there).sum()),
        "only_real_there": int((~here & there).sum()),
        "agreeing": float((here == there).mean()),
        "note": NO_LABELS,
    }


def disagreements(score: ArrayLike, other: ArrayLike, n: int) -> NDArray[np.int64]:
    """Return the rows whose ranks by the two scores differ most, the farthest apart first; at most n."""
    one, two = np.asarray(score, np.float64), np.asarray(other, np.float64)
    rows = np.flatnonzero(np.isfinite(one) & np.isfinite(two))
    apart = np.abs(_ranks(one[rows]) - _ranks(two[rows]))
    return rows[np.argsort(-apart, kind="stable")][:n]


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ranks, equal values sharing theirs."""
    _, at, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks: NDArray[np.float64] = (last - (counts - 1) / 2)[at]
    return ranks


def _spearman(one: NDArray[np.float64], two: NDArray[np.float64]) -> float | None:
    a, b = _ranks(one), _ranks(two)
    a, b = a - a.mean(), b - b.mean()
    scale = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / scale if scale > 0 else None


def _interval(
    one: NDArray[np.float64], two: NDArray[np.float64], names: NDArray[np.str_], n_resamples: int, seed: int
) -> tuple[float | None, float | None]:
    rng = np.random.default_rng(seed)
    objects, group_of = np.unique(names, return_inverse=True)
    found = []
    for _ in range(n_resamples):
        drawn = np.bincount(rng.integers(objects.size, size=objects.size), minlength=objects.size)
        rows = np.repeat(np.arange(names.size), drawn[group_of])
        if (value := _spearman(one[rows], two[rows])) is not None:
            found.append(value)
    if not found:
        return None, None
    low, high = np.quantile(found, (0.025, 0.975))
    return float(low), float(high)
