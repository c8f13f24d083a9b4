"""The tables read from each other what their functions need."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from astro_assets.observations.tables import (
    LIGHT_CURVES,
    OBSERVATION_FILES,
    RAW_FILES,
    SELECTED_FILES,
    SIMULATED_TRUTH,
    STAR_COLUMNS,
)
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES
from astro_assets_tests.observations.made_files import light_curve_file


def test_the_chain() -> None:
    assert RAW_FILES.parents == SIMULATED_TRUTH.parents == ()
    (parent,) = OBSERVATION_FILES.parents
    assert parent.table is RAW_FILES
    (parent,) = LIGHT_CURVES.parents
    assert parent.table is OBSERVATION_FILES
    assert LIGHT_CURVES.key == "sha256"
    (parent,) = SELECTED_FILES.parents
    assert parent.table is LIGHT_CURVES


def test_what_a_file_is_and_where_it_comes_from(tmp_path: Path) -> None:
    cards = {"OBJECT": "SIM 17", "TICID": None, "SIMULATE": True}
    simulated = light_curve_file(tmp_path / "a.fits", primary=cards)
    real = light_curve_file(tmp_path / "b.fits")
    for path, origin, target in ((simulated, "simulated", "SIM 17"), (real, "real", "TIC 42")):
        raw = {"sha256": path, "file_name": path.name, "description": None}
        assert OBSERVATION_FILES.compute is not None
        (row,) = OBSERVATION_FILES.compute("ab" * 32, {"raw_files": [raw]}, OBSERVATION_FILES.config)
        assert (row["origin"], row["target_id"], row["sha256"]) == (origin, target, "ab" * 32)
        assert set(row) == {*OBSERVATION_FILES.schema.names, "origin"}


def test_the_choices_find_their_columns_among_those_read() -> None:
    for table, parent_table in ((LIGHT_CURVES, OBSERVATION_FILES), (DETRENDED_LIGHT_CURVES, SELECTED_FILES)):
        parent = table.parents[0]
        assert parent.table is parent_table
        types = {name: parent_table.schema[name].polars_type for name in parent.columns}
        assert table.choose is not None
        assert table.choose(pl.DataFrame(schema=types)).columns == list(parent.columns)


def test_what_a_new_processing_of_equal_cadences_changes_is_not_read_by_the_search() -> None:
    parent = DETRENDED_LIGHT_CURVES.parents[0]
    changing = {"sha256", "product", "data_release", "file_created", "reason_code", *STAR_COLUMNS}
    assert not changing & set(parent.columns)


def test_the_rows_of_a_selection_have_every_column(tmp_path: Path) -> None:
    curves = []
    for release in (1, 2):
        cards = {"DATA_REL": release, "LOGG": 4.4, "RADIUS": float(release)}
        path = light_curve_file(tmp_path / f"{release}.fits", primary=cards)
        file = {"sha256": path, "description": None}
        assert LIGHT_CURVES.compute is not None
        curves += LIGHT_CURVES.compute(f"{release}" * 64, {"observation_files": [file]}, LIGHT_CURVES.config)
    assert SELECTED_FILES.compute is not None
    older, newer = SELECTED_FILES.compute("TIC 42", {"light_curves": curves}, SELECTED_FILES.config)
    assert tuple(older) == SELECTED_FILES.schema.names
    assert (older["status"], older["reason_code"], newer["status"]) == (
        "not_selected",
        "duplicate",
        "selected",
    )
    assert newer["search_id"] == "TIC 42"
    assert (older["star_radius_sun"], newer["star_radius_sun"]) == (2.0, 2.0)
    assert newer["star_surface_gravity"] == 4.4
