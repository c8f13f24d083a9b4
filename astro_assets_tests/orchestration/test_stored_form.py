"""The rules of every table: columns as declared, nothing missing, each key once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.ledger.home import open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.schema import Column, Schema
from astro_assets.ledger.table import Table
from astro_assets.ledger.units import unit_schema
from astro_assets.ledger.update import put_units
from astro_assets.orchestration.stored_form import WHOLE_TABLE, broken_schema, duplicate_keys

SIGNALS = Table(
    "toy/signals",
    Schema(
        (
            Column("signal", "string", "Name of the signal."),
            Column("period_days", "float64", "Its period.", "d"),
            Column("remark", "string", "A remark.", nullable=True),
        )
    ),
)
STORED = unit_schema(SIGNALS.schema)


def units(*lines: dict[str, Any]) -> pl.LazyFrame:
    """Lay units out as they are stored; each has one sound row unless told otherwise."""
    sound = {
        "shard": 0, "key": "a", "outcome": "rows", "n_rows": 1,
        "signal": ["a.01"], "period_days": [3.0], "remark": [None],
    }  # fmt: skip
    return pl.LazyFrame([{**dict.fromkeys(STORED), **sound, **line} for line in lines], STORED)


def schema_problems(*lines: dict[str, Any], stored: dict[str, Any] = STORED) -> list[tuple[str, str]]:
    return broken_schema(SIGNALS, stored, units(*lines)).collect().rows()


def test_sound_units_break_nothing() -> None:
    empty = {"key": "b", "outcome": "empty", "n_rows": 0, "signal": [], "period_days": [], "remark": []}
    assert schema_problems({}, empty) == []
    assert duplicate_keys(SIGNALS, STORED, units({}, empty), identity=("signal",)).collect().rows() == []


def test_what_the_ledger_writes_breaks_nothing(tmp_path: Path) -> None:
    ledger = open_ledger(open_home(tmp_path / "home", n_shards=2), [SIGNALS])
    row = {"signal": "a.01", "period_days": 3.0, "remark": None}
    put_units(ledger, SIGNALS, {"a": [row], "b": []})
    handle = ledger.open(SIGNALS)
    assert handle.delta is not None
    stored = dict(pl.Schema(handle.delta.schema()))
    assert broken_schema(SIGNALS, stored, handle.units()).collect().rows() == []


def test_missing_values_are_told_by_key() -> None:
    missing = {
        "key": "c",
        "n_rows": 2,
        "signal": ["c.01", None],
        "period_days": [1.0, 2.0],
        "remark": [None] * 2,
    }
    assert schema_problems({}, missing) == [("c", "signal is missing")]


def test_columns_that_do_not_fit_their_unit_are_told() -> None:
    short = {"key": "c", "n_rows": 2, "signal": ["c.01", "c.02"], "period_days": [1.0], "remark": [None] * 2}
    assert schema_problems(short) == [("c", "period_days has not n_rows values")]
    contradiction = {"outcome": "empty"}
    assert schema_problems(contradiction) == [("a", "n_rows contradicts outcome")]


def test_a_column_of_another_dtype_is_told() -> None:
    stored = {**STORED, "period_days": pl.List(pl.String)}
    assert schema_problems({}, stored=stored) == [
        (WHOLE_TABLE, "column period_days is stored as List(String) instead of List(Float64)")
    ]


def test_a_column_that_is_not_stored_yet_is_missing_only_where_it_must_be_there() -> None:
    stored = {name: dtype for name, dtype in STORED.items() if name not in ("remark", "period_days")}
    assert schema_problems({"remark": [None], "period_days": [None]}, stored=stored) == [
        ("a", "period_days is missing")
    ]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abcd")), max_size=12))
def test_keys_that_occur_again_are_found(places: list[tuple[int, str]]) -> None:
    lines = [{"shard": shard, "key": key, "signal": [f"{n}"]} for n, (shard, key) in enumerate(places)]
    found = duplicate_keys(SIGNALS, STORED, units(*lines), identity=("signal",)).collect()
    keys = [key for _, key in places]
    assert sorted(found["key"]) == sorted({key for key in keys if keys.count(key) > 1})


def test_where_a_key_occurs_again_is_told() -> None:
    lines = units({"shard": 3, "signal": ["x"]}, {"shard": 1, "signal": ["y"]}, {"key": "b"})
    assert duplicate_keys(SIGNALS, STORED, lines).collect().rows() == [
        ("a", "stored 2 times, in shards 1, 3")
    ]


def test_rows_that_share_what_tells_them_apart_are_told() -> None:
    twice = {"n_rows": 2, "signal": ["a.01", "a.01"], "period_days": [1.0, 2.0], "remark": [None] * 2}
    other = {"key": "b", "signal": ["a.01"]}
    lines = units(twice, other, {"key": "c", "signal": ["c.01"]})
    found = duplicate_keys(SIGNALS, STORED, lines, identity=("signal",)).collect().rows()
    assert found == [("a", "signal = a.01 in 3 rows")]
    assert duplicate_keys(SIGNALS, STORED, lines, identity=("signal", "period_days")).collect().rows() == []
