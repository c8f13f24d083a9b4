"""A difference is shared out completely, fairly, and not to what does nothing."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.ledger.shapley import shapley_values, subsets

NAMES = ("data", "labels", "code", "seed")


@st.composite
def games(draw):
    names = NAMES[: draw(st.integers(1, 4))]
    values = st.floats(-1, 1, allow_nan=False)
    return names, {frozenset(some): draw(values) for some in subsets(names)}


@given(games())
def test_the_parts_add_up(game) -> None:
    names, of = game
    found = shapley_values(names, of.__getitem__)
    assert sum(found.values()) == pytest.approx(of[frozenset(names)] - of[frozenset()], abs=1e-12)


@given(games())
def test_it_is_the_mean_over_all_orders(game) -> None:
    names, of = game
    orders = list(permutations(names))
    found = shapley_values(names, of.__getitem__)
    for name in names:
        steps = [
            of[frozenset(order[: order.index(name) + 1])] - of[frozenset(order[: order.index(name)])]
            for order in orders
        ]
        assert found[name] == pytest.approx(sum(steps) / len(orders), abs=1e-12)


def test_what_changes_nothing_gets_nothing_and_equals_get_the_same() -> None:
    found = shapley_values(NAMES, lambda some: 3.0 if {"data", "code"} <= some else 0.0)
    assert found == {"data": 1.5, "code": 1.5, "labels": 0.0, "seed": 0.0}


def test_each_subset_is_asked_for_once() -> None:
    asked: list[frozenset[str]] = []
    shapley_values(NAMES, lambda some: float(asked.append(some) or len(some)))
    assert len(asked) == len(set(asked)) == 16


def test_a_factor_named_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="named twice"):
        shapley_values(("a", "a"), lambda some: 0.0)
