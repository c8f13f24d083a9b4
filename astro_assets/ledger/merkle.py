"""Paths in Merkle trees: that a leaf stands at a place of a tree, shown with a few hashes.

The trees are those of :func:`astro_assets.ledger.hashing.merkle_root`, that is of RFC 6962, section 2.1, with
BLAKE2b-256: a pair at a time from below, where the last of an odd number moves up as it is. Nothing here
knows what the leaves are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final, Self

from astro_assets.ledger.hashing import HASH_BYTES

_LEAF: Final = b"\x00"
_NODE: Final = b"\x01"


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree with all its nodes. Use :meth:`over`.

    Attributes
    ----------
    levels
        Hashes of the leaves, then of the pairs of them, and so on to the root; none for an empty tree.
    """

    levels: tuple[tuple[bytes, ...], ...]

    @classmethod
    def over(cls, leaves: Sequence[bytes]) -> Self:
        """Build the tree over leaves in their order."""
        level = tuple(_hash(_LEAF + leaf) for leaf in leaves)
        levels = [level] if level else []
        while len(level) > 1:
            pairs = (_hash(_NODE + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2))
            level = (*pairs, *level[len(level) & ~1 :])
            levels.append(level)
        return cls(tuple(levels))

    @property
    def root(self) -> bytes:
        """The hash that commits to all leaves and their order."""
        return self.levels[-1][0] if self.levels else _hash(b"")

    def path(self, index: int) -> list[bytes]:
        """Return the siblings on the way from a leaf to the root, from below."""
        siblings = []
        for level in self.levels[:-1]:
            if index ^ 1 < len(level):
                siblings.append(level[index ^ 1])
            index //= 2
        return siblings


def root_of(leaf: bytes, index: int, n_leaves: int, path: Sequence[bytes]) -> bytes | None:
    """Return the root of the tree in which a leaf stands at an index, by the siblings on its way.

    The index and the number of leaves decide at each step whether there is a sibling and on which side, so
    that a path fits one place only.

    Returns
    -------
    bytes or None
        None where a tree of this many leaves has no such place, or its way is longer or shorter.
    """
    if not 0 <= index < n_leaves:
        return None
    siblings, found = iter(path), _hash(_LEAF + leaf)
    for place, width in _way(index, n_leaves):
        if place ^ 1 < width:
            sibling = next(siblings, None)
            if sibling is None or len(sibling) != HASH_BYTES:
                return None
            found = _hash(_NODE + (sibling + found if place & 1 else found + sibling))
    return found if next(siblings, None) is None else None


def _way(index: int, n_leaves: int) -> Iterator[tuple[int, int]]:
    while n_leaves > 1:
        yield index, n_leaves
        index, n_leaves = index // 2, (n_leaves + 1) // 2


def _hash(data: bytes) -> bytes:
    return blake2b(data, digest_size=HASH_BYTES).digest()
