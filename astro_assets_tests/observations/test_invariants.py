"""What holds of every row of the observation tables: the rows that break it, and only they, are found."""

from __future__ import annotations

import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.observations.invariants import broken_spans, too_few_finite, unidentified


def keys(found: pl.LazyFrame) -> list[str]:
    lines = found.collect()
    assert lines.columns == ["key", "what"]
    assert lines["what"].null_count() == 0
    return lines["key"].to_list()


SHARES = {"key": pl.String, "status": pl.String, "finite_fraction": pl.Float64}


def shares(*rows: tuple[str, str, float | None]) -> pl.LazyFrame:
    return pl.LazyFrame(rows, SHARES, orient="row")


@given(st.floats(0, 1), st.floats(0, 1))
def test_too_few_finite_cadences_are_found(fraction: float, least: float) -> None:
    rows = shares(("a", "accepted", fraction), ("b", "refused", fraction))
    enough = fraction > 0 and fraction >= least
    assert keys(too_few_finite(rows, least_finite_fraction=least)) == ([] if enough else ["a"])


def test_the_shares_are_told() -> None:
    rows = shares(
        ("a", "accepted", 0.25), ("b", "accepted", 0.5), ("c", "accepted", None), ("d", "refused", None)
    )
    assert too_few_finite(rows, least_finite_fraction=0.5).collect().rows() == [
        ("a", "accepted, though 0.25 of its unflagged cadences have a finite flux, and 0.5 must"),
        ("c", "accepted, though an unknown share of its unflagged cadences have a finite flux, and 0.5 must"),
    ]


@pytest.mark.parametrize(
    ("start", "end", "cadence", "sound"),
    [
        (1.0, 2.0, 120.0, True),
        (1.0, 1.0, 120.0, True),
        (2.0, 1.0, 120.0, False),
        (math.nan, 1.0, 120.0, False),
        (0.0, math.inf, 120.0, False),
        (1.0, 2.0, 0.0, False),
        (1.0, 2.0, math.nan, False),
        (None, None, None, True),
        (None, 2.0, 0.0, False),
    ],
)
def test_spans(start: Any, end: Any, cadence: Any, sound: bool) -> None:
    schema = {"key": pl.String, "start_btjd": pl.Float64, "end_btjd": pl.Float64, "cadence_s": pl.Float64}
    rows = pl.LazyFrame([("a", start, end, cadence)], schema, orient="row")
    assert keys(broken_spans(rows)) == ([] if sound else ["a"])


@pytest.mark.parametrize(
    ("row", "what"),
    [
        (("accepted", "KIC 1", "Kepler", "mission", None), None),
        (("accepted", None, "Kepler", "mission", None), "accepted without target, mission or product"),
        (("refused", None, None, None, "not_fits"), None),
        (("refused", None, None, None, None), "refused without a reason"),
    ],
)
def test_files_are_identified_or_refused_for_a_reason(row: tuple[Any, ...], what: str | None) -> None:
    names = ("key", "status", "target_id", "mission", "product", "reason_code")
    rows = pl.LazyFrame([("a", *row)], dict.fromkeys(names, pl.String), orient="row")
    assert unidentified(rows).collect().rows() == ([("a", what)] if what else [])
