"""What is told of clusters: drift, and what a gate would have cost."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.clusters.reports import cost_of_gating, population_stability

_COUNTS = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 1000), min_size=1)


def test_equal_shares_are_stable_and_a_shift_is_told() -> None:
    then = {"transit_like": 100, "flat": 50}
    assert population_stability(then, {"transit_like": 400, "flat": 200}) == pytest.approx(0)
    # (0.5 - 2/3) ln(3/4) + (0.5 - 1/3) ln(3/2)
    assert population_stability(then, {"transit_like": 90, "flat": 90}) == pytest.approx(0.1155, abs=1e-4)
    assert population_stability(then, {"flat": 150}) > 0.25


@given(_COUNTS, _COUNTS)
def test_the_index_is_symmetric_and_never_negative(then: dict[str, int], now: dict[str, int]) -> None:
    index = population_stability(then, now)
    assert index >= -1e-12
    assert index == pytest.approx(population_stability(now, then))


def test_the_cost_of_a_gate_is_the_recall_of_known_signals() -> None:
    rows = pl.DataFrame(
        {
            "name": 3 * ["transit_like"] + 5 * ["flat"] + 2 * ["eclipse_like"],
            "label": 3 * ["confirmed_planet"]
            + ["confirmed_planet", None, None, "false_positive", None]
            + ["eclipsing_binary"] * 2,
        }
    )
    told = cost_of_gating(rows)
    assert told is not None
    cells = {line.split(" | ")[0].strip("| "): line.strip("| ").split(" | ")[1:] for line in told.split("\n")}
    assert cells["transit_like"] == ["3", "3", "75.0%", "25.0%", "0", "0.0%", "100.0%"]
    assert cells["flat"] == ["5", "1", "25.0%", "75.0%", "0", "0.0%", "100.0%"]
    assert cells["eclipse_like"] == ["2", "0", "0.0%", "100.0%", "2", "100.0%", "0.0%"]


def test_where_nothing_is_known_nothing_is_claimed() -> None:
    rows = pl.DataFrame({"name": ["flat"], "label": [None]}, schema={"name": pl.String, "label": pl.String})
    told = cost_of_gating(rows)
    assert told is not None
    assert "| flat | 1 | 0 | none known | none known |" in told
    assert cost_of_gating(rows.clear()) is None
