"""The tables read from each other what their functions need."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from astro_assets.observations.tables import (
    CADENCE_COLUMNS,
    LIGHT_CURVES,
    OBSERVATION_FILES,
    RAW_FILES,
    SIMULATED_TRUTH,
    one_cadence_per_segment,
)
from astro_assets_tests.observations.made_files import light_curve_file


def test_the_chain() -> None:
    assert RAW_FILES.parents == SIMULATED_TRUTH.parents == ()
    (parent,) = OBSERVATION_FILES.parents
    assert parent.table is RAW_FILES
    (parent,) = LIGHT_CURVES.parents
    assert parent.table is OBSERVATION_FILES
    assert LIGHT_CURVES.key == "sha256"


def test_what_a_file_is_and_where_it_comes_from(tmp_path: Path) -> None:
    cards = {"OBJECT": "SIM 17", "TICID": None, "SIMULATE": True}
    simulated = light_curve_file(tmp_path / "a.fits", primary=cards)
    real = light_curve_file(tmp_path / "b.fits")
    for path, origin, target in ((simulated, "simulated", "SIM 17"), (real, "real", "TIC 42")):
        raw = {"sha256": path, "file_name": path.name}
        assert OBSERVATION_FILES.compute is not None
        (row,) = OBSERVATION_FILES.compute("ab" * 32, {"raw_files": [raw]}, OBSERVATION_FILES.config)
        assert (row["origin"], row["target_id"], row["sha256"]) == (origin, target, "ab" * 32)
        assert set(row) == {*OBSERVATION_FILES.schema.names, "origin"}


def test_the_choices_find_their_columns_among_those_read() -> None:
    (parent,) = LIGHT_CURVES.parents
    types = {name: OBSERVATION_FILES.schema[name].polars_type for name in parent.columns}
    assert LIGHT_CURVES.choose is not None
    assert LIGHT_CURVES.choose(pl.DataFrame(schema=types)).columns == list(parent.columns)
    types = {name: LIGHT_CURVES.schema[name].polars_type for name in CADENCE_COLUMNS}
    assert one_cadence_per_segment(pl.DataFrame(schema=types)).columns == list(CADENCE_COLUMNS)
    assert not any(LIGHT_CURVES.schema[name].context for name in CADENCE_COLUMNS)
