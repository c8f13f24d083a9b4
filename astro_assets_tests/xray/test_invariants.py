"""Rows that no file can have made are found; those of real kinds are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl
import pytest

from astro_assets.xray.invariants import impossible_curves, impossible_scores, untold_curves, untold_scores

GOOD: dict[str, Any] = {
    "key": "a", "status": "accepted", "reason_code": None, "n_bins": 5, "n_unexposed": 1, "n_bands": 2,
    "light_curve": "f" * 64, "band_low_kev": [0.2, 0.6], "band_high_kev": [0.6, 2.3],
    "exposure_s": [9.0, 8.0], "total_counts": [3.0, 4.0], "duration_s": 100.0,
}  # fmt: skip
NOTHING = dict.fromkeys(set(GOOD) - {"key", "status", "reason_code"})
LISTS = ("band_low_kev", "band_high_kev", "exposure_s", "total_counts")
TEXTS = ("key", "status", "reason_code", "light_curve")
SCHEMA = {
    **dict.fromkeys(GOOD, pl.Int32), **dict.fromkeys(LISTS, pl.List(pl.Float64)),
    **dict.fromkeys(TEXTS, pl.String), "duration_s": pl.Float64,
}  # fmt: skip


def broken(rule: Callable[[pl.LazyFrame], pl.LazyFrame], **changes: Any) -> list[str]:
    found = rule(pl.LazyFrame([GOOD | changes], schema=SCHEMA)).collect()
    assert found.columns == ["key", "what"]
    return found["what"].to_list()


@pytest.mark.parametrize("rule", [untold_curves, impossible_curves])
@pytest.mark.parametrize(
    "changes",
    [{}, {"total_counts": None}, {"status": "refused", "reason_code": "damaged", **NOTHING}],
)
def test_sound_rows_break_nothing(
    rule: Callable[[pl.LazyFrame], pl.LazyFrame], changes: dict[str, Any]
) -> None:
    assert broken(rule, **changes) == []


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"light_curve": None}, "accepted without bins, bands or arrays"),
        ({"n_bins": None}, "accepted without bins, bands or arrays"),
        ({"status": "refused", "reason_code": None}, "refused without a reason"),
        ({"status": None}, "unknown without a reason"),
    ],
)
def test_untold_rows_are_found(changes: dict[str, Any], what: str) -> None:
    assert broken(untold_curves, **changes) == [what]


@pytest.mark.parametrize(
    "changes",
    [
        {"band_low_kev": [0.2]},
        {"band_high_kev": [0.6, 0.6]},
        {"exposure_s": [9.0, -1.0]},
        {"exposure_s": None},
        {"total_counts": [-1.0, 2.0]},
        {"n_unexposed": 5},
        {"duration_s": 0.0},
    ],
)
def test_impossible_rows_are_found(changes: dict[str, Any]) -> None:
    assert len(broken(impossible_curves, **changes)) == 1


SCORED: dict[str, Any] = {
    "key": "a",
    "not_scored": None,
    "log_evidence": -3.0,
    "p_constant": 0.5,
    "p_usual": 1.0,
    "variability": "red",
    "no_verdict": None,
    "change_start_s": 1.0,
    "change_end_s": 2.0,
    "neighbours": ["x"],
    "neighbour_distances": [0.1],
}
_TEXTS = ("key", "not_scored", "variability", "no_verdict")
SCORE_TYPES: dict[str, Any] = {
    name: pl.String if name in _TEXTS else pl.Float64 for name in SCORED if not name.startswith("neigh")
} | {"neighbours": pl.List(pl.String), "neighbour_distances": pl.List(pl.Float64)}
UNSCORED = SCORED | dict.fromkeys(SCORED, None) | {"key": "b", "not_scored": "fluxes", "no_verdict": "none"}


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (SCORED, None),
        (UNSCORED, None),
        (SCORED | {"p_usual": None}, "scored without a probability"),
        (UNSCORED | {"log_evidence": -1.0}, "not scored, with a probability"),
        (SCORED | {"variability": None}, "neither a verdict nor a reason, or both"),
        (SCORED | {"no_verdict": "none"}, "neither a verdict nor a reason, or both"),
    ],
)
def test_scores_are_told_or_why_not(row: dict[str, Any], what: str | None) -> None:
    found = untold_scores(pl.LazyFrame([row], schema=SCORE_TYPES)).collect()
    assert found["what"].to_list() == ([] if what is None else [what])


@pytest.mark.parametrize(
    ("changed", "is_right"),
    [
        ({}, True),
        ({"p_usual": 1.1}, False),
        ({"p_constant": -0.1}, False),
        ({"change_end_s": 1.0}, False),
        ({"neighbours": []}, False),
        ({"neighbour_distances": [-0.1]}, False),
    ],
)
def test_scores_are_possible_ones(changed: dict[str, Any], is_right: bool) -> None:
    rows = pl.LazyFrame([SCORED | changed, UNSCORED], schema=SCORE_TYPES)
    assert impossible_scores(rows).collect()["key"].to_list() == ([] if is_right else ["a"])
