"""Folds keep groups whole, are even, and depend on names alone."""

from __future__ import annotations

from collections import Counter

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from astro_assets.learning.splits import grouped_folds, joined_groups, split_hash

#: Rows of few groups, so that groups repeat and have several strata.
ROWS = st.lists(
    st.tuples(st.integers(0, 30).map(lambda n: f"TIC {n}"), st.sampled_from(["planet", "binary", "noise"])),
    min_size=5,
    max_size=80,
).filter(lambda rows: len({group for group, _ in rows}) >= 5)


def folds(rows: list[tuple[str, str]], seed: int = 7) -> list[int]:
    return grouped_folds([group for group, _ in rows], [of for _, of in rows], 5, seed).tolist()


def by_group(rows: list[tuple[str, str]], seed: int = 7) -> dict[str, int]:
    return {group: fold for (group, _), fold in zip(rows, folds(rows, seed), strict=True)}


@given(rows=ROWS, data=st.data())
def test_a_group_is_in_one_fold_whatever_the_order_and_number_of_its_rows(
    rows: list[tuple[str, str]], data: st.DataObject
) -> None:
    fold_of = by_group(rows)
    assert [fold_of[group] for group, _ in rows] == folds(rows), "all rows of a group are in its fold"
    shuffled = data.draw(st.permutations(rows)) + data.draw(st.lists(st.sampled_from(rows)))
    assert by_group(shuffled) == fold_of


@given(rows=ROWS)
def test_groups_of_each_stratum_are_dealt_evenly(rows: list[tuple[str, str]]) -> None:
    single = list(dict(rows).items())  # one stratum a group
    fold_of = by_group(single)
    for stratum in {stratum for _, stratum in single}:
        dealt = Counter(fold_of[group] for group, of in single if of == stratum)
        assert max(dealt.values()) - min(dealt[fold] for fold in range(5)) <= 1
    sizes = Counter(fold_of.values())
    assert max(sizes.values()) - min(sizes[fold] for fold in range(5)) <= 1


def test_a_group_of_several_strata_counts_for_the_rarest() -> None:
    """Ten groups have a planet beside noise that 90 have: two planets in each fold, nothing else would."""
    rows = [(f"TIC {n}", "noise") for n in range(90)] + [(f"TIC {n}", "planet") for n in range(0, 40, 4)]
    fold_of = by_group(rows)
    assert Counter(fold_of[group] for group, of in rows if of == "planet") == dict.fromkeys(range(5), 2)


def test_the_seed_makes_the_split() -> None:
    rows = [(f"TIC {n}", "noise") for n in range(50)]
    assert by_group(rows, 1) == by_group(rows, 1) != by_group(rows, 2)


@pytest.mark.parametrize(
    ("groups", "n_folds", "message"),
    [(["a", "b", "a"], 3, "2 groups cannot fill 3 folds"), (["a", "b"], 1, "1 folds")],
)
def test_folds_that_would_be_none_are_refused(groups: list[str], n_folds: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        grouped_folds(groups, groups, n_folds, 0)


@given(links=st.lists(st.tuples(*[st.integers(0, 20).map(str)] * 2)))
def test_joined_groups_are_the_components_of_the_links(links: list[tuple[str, str]]) -> None:
    names = [str(n) for n in range(21)]
    reached = np.eye(21, dtype=bool)
    for one, other in links:
        reached[int(one), int(other)] = reached[int(other), int(one)] = True
    for _ in range(5):  # 2**5 links lead anywhere
        reached = (reached.astype(int) @ reached) > 0
    expected = [min(str(at) for at in np.flatnonzero(row)) for row in reached]
    assert joined_groups(names, links) == expected


def test_a_link_leads_through_groups_without_rows() -> None:
    assert joined_groups(["c", "b", "d"], [("c", "x"), ("x", "b")]) == ["b", "b", "d"]


def test_the_hash_names_the_split_and_not_its_rows() -> None:
    name = split_hash(["a", "b", "c"], [0, 1, 1])
    assert len(name) == 16
    assert split_hash(["c", "b", "a", "b"], np.array([1, 1, 0, 1])) == name
    assert split_hash(["a", "b", "c"], [0, 1, 0]) != name
    assert split_hash(["a", "b", "d"], [0, 1, 1]) != name
