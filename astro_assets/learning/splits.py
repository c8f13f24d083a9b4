"""Which rows are held out together: folds by group, groups that belong together, and a split's name.

A group is what must never be on both sides of a split: a star, or stars that share an ephemeris.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray


def grouped_folds(groups: Sequence[str], strata: Sequence[str], n_folds: int, seed: int) -> NDArray[np.int64]:
    """Deal groups into folds, those of each stratum evenly.

    The groups of a stratum are dealt in the order of their keyed hash, the next stratum going on where this
    one stopped, so that folds differ by one group at most, within each stratum and altogether. A group of
    several strata belongs to that which the fewest groups have, and of equals to the first by name. Neither
    the order nor the number of rows matters.

    Parameters
    ----------
    groups, strata
        Group and stratum of each row, length n.
    n_folds
        At least 2.
    seed
        Another one gives another split.

    Returns
    -------
    numpy.ndarray
        Fold of each row, from 0, shape (n,).

    Raises
    ------
    ValueError
        With rows of unequal numbers, fewer than 2 folds, or fewer groups than folds.
    """
    strata_of: defaultdict[str, set[str]] = defaultdict(set)
    for group, stratum in zip(groups, strata, strict=True):
        strata_of[group].add(stratum)
    if n_folds < 2:
        raise ValueError(f"{n_folds} folds: at least 2 are a split")
    if len(strata_of) < n_folds:
        raise ValueError(f"{len(strata_of)} groups cannot fill {n_folds} folds")
    n_groups = Counter(stratum for members in strata_of.values() for stratum in members)

    def place(group: str) -> tuple[int, str, bytes, str]:
        rarest = min(strata_of[group], key=lambda stratum: (n_groups[stratum], stratum))
        return n_groups[rarest], rarest, _keyed_hash(seed, group), group

    fold_of = {group: at % n_folds for at, group in enumerate(sorted(strata_of, key=place))}
    return np.array([fold_of[group] for group in groups], dtype=np.int64)


def joined_groups(groups: Sequence[str], links: Iterable[tuple[str, str]]) -> list[str]:
    """Return the group of each row once linked groups are one: the smallest name that links lead to.

    Parameters
    ----------
    groups
        Group of each row.
    links
        Pairs of groups that belong together, such as stars with one ephemeris. A link may lead through groups
        that have no rows.
    """
    parent: dict[str, str] = {}

    def smallest(name: str) -> str:
        while (above := parent.get(name, name)) != name:
            parent[name] = parent.get(above, above)  # halves the way for those who come later
            name = above
        return name

    for one, other in links:
        low, high = sorted((smallest(one), smallest(other)))
        parent[high] = low
    return [smallest(group) for group in groups]


def split_hash(groups: Sequence[str], folds: Sequence[int] | NDArray[np.int64]) -> str:
    """Return the name of a split: 16 hexadecimal digits of which group is in which fold.

    Neither the order nor the number of rows matters.
    """
    pairs = sorted({(group, int(fold)) for group, fold in zip(groups, folds, strict=True)})
    return blake2b(json.dumps(pairs).encode(), digest_size=8).hexdigest()


def _keyed_hash(seed: int, group: str) -> bytes:
    return blake2b(group.encode(), key=str(seed).encode(), digest_size=8).digest()
