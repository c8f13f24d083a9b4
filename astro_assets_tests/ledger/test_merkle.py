"""A path shows a leaf at its place of its tree, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.ledger.hashing import merkle_root
from astro_assets.ledger.merkle import Tree, root_of

leaves_strategy = st.lists(st.binary(max_size=70), min_size=1, max_size=40)


@given(st.lists(st.binary(max_size=70), max_size=70))
def test_the_root_is_that_of_the_rows(leaves: list[bytes]) -> None:
    assert Tree.over(leaves).root.hex() == merkle_root([leaf.hex() for leaf in leaves])


@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 9, 100])
def test_a_path_fits_its_own_place_and_size_only(n: int) -> None:
    leaves = [b"%d" % i for i in range(n)]
    tree = Tree.over(leaves)
    for index, leaf in enumerate(leaves):
        path = tree.path(index)
        assert root_of(leaf, index, n, path) == tree.root
        assert not any(
            root_of(leaf, other, n, path) == tree.root for other in range(-1, n + 1) if other != index
        )
        assert root_of(leaf, index, n, path[:-1]) != tree.root or n == 1
        assert root_of(leaf, index, n, [*path, b"\0" * 32]) is None
        assert root_of(b"another", index, n, path) != tree.root


@given(leaves_strategy, st.data())
def test_a_node_is_not_taken_for_a_leaf(leaves: list[bytes], data: st.DataObject) -> None:
    """The two children of a node, given as a leaf with the node's own path, are another leaf."""
    tree = Tree.over([*leaves, b"one more"])
    level = data.draw(st.integers(1, len(tree.levels) - 1))
    index = data.draw(st.integers(0, len(tree.levels[level]) - 1))
    below = b"".join(tree.levels[level - 1][2 * index : 2 * index + 2])
    path = Tree(tree.levels[level:]).path(index)
    assert root_of(below, index, len(tree.levels[level]), path) != tree.root


@given(leaves_strategy, st.data())
def test_no_sibling_can_be_another(leaves: list[bytes], data: st.DataObject) -> None:
    tree, index = Tree.over(leaves), data.draw(st.integers(0, len(leaves) - 1))
    path = tree.path(index)
    for step in range(len(path)):
        changed = bytes([path[step][0] ^ 1]) + path[step][1:]
        assert (
            root_of(leaves[index], index, len(leaves), [*path[:step], changed, *path[step + 1 :]])
            != tree.root
        )
