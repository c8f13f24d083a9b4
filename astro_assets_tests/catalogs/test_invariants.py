"""What holds of every signal that catalogues list: the rows that break it, and only they, are found."""

from __future__ import annotations

import math

import polars as pl
import pytest

from astro_assets.catalogs.invariants import broken_ephemerides

_SCHEMA = {
    "key": pl.String,
    "catalog": pl.String,
    "entry": pl.String,
    "period_days": pl.Float64,
    "epoch_btjd": pl.Float64,
    "duration_hours": pl.Float64,
}


@pytest.mark.parametrize(
    ("period", "epoch", "duration", "sound"),
    [
        (3.0, 100.0, 2.0, True),
        (None, None, None, True),
        (math.nan, math.nan, math.nan, True),
        (3.0, -800.0, None, True),
        (0.0, 100.0, 2.0, False),
        (-3.0, 100.0, 2.0, False),
        (math.inf, 100.0, 2.0, False),
        (3.0, math.inf, 2.0, False),
        (3.0, -math.inf, 2.0, False),
        (3.0, 100.0, 0.0, False),
        (3.0, 100.0, math.inf, False),
    ],
)
def test_ephemerides(period: float | None, epoch: float | None, duration: float | None, sound: bool) -> None:
    rows = pl.LazyFrame([("KIC 1", "koi", "K1.01", period, epoch, duration)], _SCHEMA, orient="row")
    assert broken_ephemerides(rows).collect()["key"].to_list() == ([] if sound else ["KIC 1"])


def test_the_entry_is_told() -> None:
    rows = pl.LazyFrame([("KIC 1", "koi", "K1.01", -1.0, None, 2.0)], _SCHEMA, orient="row")
    (what,) = broken_ephemerides(rows).collect()["what"]
    assert what == "K1.01 of koi: period -1.0 d, epoch unknown, duration 2.0 h"


def test_an_unknown_name_is_told_as_unknown() -> None:
    rows = pl.LazyFrame([("KIC 1", "koi", None, -1.0, None, None)], _SCHEMA, orient="row")
    assert broken_ephemerides(rows).collect()["what"].to_list() == [
        "unknown of koi: period -1.0 d, epoch unknown, duration unknown h"
    ]
