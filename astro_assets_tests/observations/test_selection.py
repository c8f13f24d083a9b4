"""One file a product, one cadence a segment, whatever the order of rows."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.observations.schemas import OBSERVATION_FILES_SCHEMA
from astro_assets.observations.selection import (
    CADENCE_COLUMNS,
    PRODUCT_COLUMNS,
    newest_products,
    one_cadence_per_segment,
)

TYPES = {name: OBSERVATION_FILES_SCHEMA[name].polars_type for name in PRODUCT_COLUMNS}


def _file(sha256: str, **changed: Any) -> dict[str, Any]:
    return {
        "sha256": sha256,
        "status": "accepted",
        "target_id": "TIC 1",
        "mission": "TESS",
        "segment_kind": "sector",
        "segment": 3,
        "cadence_s": 120.0,
        "start_btjd": 1382.0,
        "data_release": 1,
        "file_created": "2018-09-27",
        **changed,
    }


def _chosen(*files: dict[str, Any]) -> list[str]:
    return newest_products(pl.DataFrame(files, schema=TYPES))["sha256"].to_list()


@pytest.mark.parametrize(
    "newer",
    [
        {"data_release": 2, "file_created": "2017-01-01"},
        {"file_created": "2018-09-28"},
        {"file_created": "2018-09-27T01:00:00"},
        {"start_btjd": 1382.0001, "data_release": 42},
        {"cadence_s": 120.00001, "data_release": 42},
    ],
)
def test_the_newer_file_of_a_product_counts(newer: dict[str, Any]) -> None:
    assert _chosen(_file("b"), _file("a", **newer)) == ["a"]


@pytest.mark.parametrize("column", ["data_release", "file_created"])
def test_a_missing_version_is_the_oldest(column: str) -> None:
    assert _chosen(_file("b", **{column: None}), _file("a")) == ["a"]


def test_equal_versions_are_settled_by_content_hash() -> None:
    assert _chosen(_file("a"), _file("c"), _file("b")) == ["c"]


@pytest.mark.parametrize(
    "other",
    [
        {"target_id": "TIC 2"},
        {"mission": "K2"},
        {"segment": 4},
        {"segment_kind": "campaign"},
        {"cadence_s": 20.0},
    ],
)
def test_other_products_stand_beside(other: dict[str, Any]) -> None:
    assert _chosen(_file("a"), _file("b", **other)) == ["a", "b"]


def test_refused_files_never_count() -> None:
    refused = dict.fromkeys(PRODUCT_COLUMNS) | {"sha256": "z", "status": "refused"}
    assert _chosen(_file("a"), refused, _file("z2", status="refused", data_release=99)) == ["a"]
    assert _chosen(refused) == []
    assert _chosen() == []


def test_the_months_of_kepler_short_cadence_are_three_products() -> None:
    kepler = {"mission": "Kepler", "segment_kind": "quarter", "cadence_s": 58.8488, "target_id": "KIC 1"}
    months = [_file(f"a{month}", start_btjd=-2000.0 + 31 * month, **kepler) for month in range(3)]
    again = [
        _file(f"b{month}", start_btjd=-2000.0 + 31 * month + 0.02, data_release=25, **kepler)
        for month in (0, 2)
    ]
    assert _chosen(*months, *again) == ["a1", "b0", "b2"]


@given(st.permutations(range(8)), st.data())
def test_the_choice_does_not_depend_on_order_and_keeps_rows_whole(
    order: list[int], data: st.DataObject
) -> None:
    draw = data.draw
    files = [
        _file(
            f"{number:02d}",
            target_id=draw(st.sampled_from(["TIC 1", "TIC 2"])),
            cadence_s=draw(st.sampled_from([20.0, 120.0])),
            data_release=draw(st.sampled_from([None, 1, 2])),
            status=draw(st.sampled_from(["accepted", "refused"])),
        )
        for number in range(8)
    ]
    frame = pl.DataFrame(files, schema=TYPES)
    chosen = newest_products(frame)
    assert chosen.equals(newest_products(frame[order]))
    assert chosen.join(frame, on=list(PRODUCT_COLUMNS), how="semi", nulls_equal=True).height == chosen.height
    accepted = frame.filter(pl.col("status") == "accepted")
    products = accepted.select("target_id", "cadence_s").unique().height
    assert chosen.select("target_id", "cadence_s").unique().height == chosen.height == products


def _curves(*rows: tuple[str, str, int, float]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"target_id": t, "mission": m, "segment_kind": "sector", "segment": s, "cadence_s": c}
            for t, m, s, c in rows
        ],
        schema={name: TYPES[name] for name in CADENCE_COLUMNS},
    ).with_row_index("number")


@pytest.mark.parametrize(
    ("mission", "cadences", "kept"),
    [
        ("TESS", [20.0, 120.0, 1800.0], 120.0),
        ("TESS", [20.0, 600.0], 20.0),
        ("TESS", [200.0, 1800.0], 200.0),
        ("TESS", [1800.0], 1800.0),
        ("Kepler", [58.8488, 1765.463], 1765.463),
        ("K2", [58.8488], 58.8488),
    ],
)
def test_one_cadence_of_a_segment(mission: str, cadences: list[float], kept: float) -> None:
    frame = _curves(*(("X 1", mission, 5, cadence) for cadence in cadences))
    assert one_cadence_per_segment(frame)["cadence_s"].to_list() == [kept]


def test_each_segment_chooses_for_itself_and_months_stay_together() -> None:
    frame = _curves(
        ("KIC 1", "Kepler", 1, 1765.463),
        ("KIC 1", "Kepler", 1, 58.8488),
        ("KIC 1", "Kepler", 2, 58.8488),
        ("KIC 1", "Kepler", 2, 58.8489),
        ("KIC 2", "Kepler", 1, 58.8488),
    )
    assert one_cadence_per_segment(frame)["number"].to_list() == [0, 2, 3, 4]
