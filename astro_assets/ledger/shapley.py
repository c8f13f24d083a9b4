"""How a difference is shared out among what caused it: Shapley values.

The value of a factor is the mean, over all orders in which the factors may change, of what the result changes
when it does (Shapley 1953). The values add up to the whole difference, factors that change nothing get
nothing, and factors that are alike get the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations
from math import comb

#: The result where these factors, and no others, are as they are now.
ResultOf = Callable[[frozenset[str]], float]


def shapley_values(factors: Sequence[str], result: ResultOf) -> dict[str, float]:
    """Share a difference out among factors.

    Parameters
    ----------
    factors
        Names, each once.
    result
        Called once for each subset of the factors, from none to all.

    Returns
    -------
    dict of str to float
        By factor; the sum is ``result(all) - result(none)`` but for rounding.

    Raises
    ------
    ValueError
        If a factor is named twice.
    """
    names = frozenset(factors)
    if len(names) != len(factors):
        raise ValueError(f"factors named twice in {list(factors)}")
    of = {frozenset(some): result(frozenset(some)) for some in subsets(factors)}
    n = len(factors)
    values = {}
    for factor in factors:
        others = [name for name in factors if name != factor]
        values[factor] = sum(
            (of[frozenset(some) | {factor}] - of[frozenset(some)]) / (n * comb(n - 1, len(some)))
            for some in subsets(others)
        )
    return values


def subsets(factors: Sequence[str]) -> list[tuple[str, ...]]:
    """Return all subsets, the smaller first."""
    return [some for size in range(len(factors) + 1) for some in combinations(factors, size)]
