"""Features of folded views: tsfresh's own values under our names, whatever the company."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from astro_assets.transits.tsfresh_tables import TSFRESH_FEATURES
from astro_assets.transits.view_features.features import series_features, view_features
from astro_assets.transits.view_features.series import normalised_views
from astro_assets.transits.view_features.settings import (
    FEATURE_COLUMNS,
    FEATURE_VIEWS,
    FOLDED_VIEW_FEATURES,
    column_name,
    tsfresh_settings,
)
from astro_assets_tests.transits.computing import compute
from astro_assets_tests.transits.view_features.folds import made_views

SHAPES = (
    made_views(1),
    made_views(2, depth=0.3, sigma=1e-4),
    made_views(3, depth=1e-3, empty={"global": 40, "local": 11, "secondary": 30}),
    made_views(4, sigma=0.0),
)


def parents(views: dict[str, Any]) -> dict[str, Any]:
    return {"folded_views": [{"candidate_id": "x", "search_id": "s", "target_id": "t", "views": views}]}


def test_values_and_names_are_those_of_extract_features() -> None:
    from tsfresh import extract_features

    lines = [
        (number, view, place, value)
        for number, views in enumerate(SHAPES)
        for view, series in normalised_views(views).items()
        if view in FEATURE_VIEWS and series is not None
        for place, value in enumerate(series)
    ]
    long = pl.DataFrame(lines, schema=["id", "kind", "place", "value"], orient="row").to_pandas()
    theirs = extract_features(
        long, tsfresh_settings(), column_id="id", column_sort="place", column_kind="kind",
        column_value="value", n_jobs=0, disable_progressbar=True, show_warnings=False,
    )  # fmt: skip
    named = {column_name(*name.split("__", 1)): name for name in theirs.columns}
    assert set(named) == set(FEATURE_COLUMNS)
    for number, views in enumerate(SHAPES):
        ours = view_features(views)
        np.testing.assert_array_equal(
            [ours[column] for column in FEATURE_COLUMNS],
            [theirs.loc[number, named[column]] for column in FEATURE_COLUMNS],
        )


def test_every_view_has_thirty_to_sixty_features_with_a_meaning_of_their_own() -> None:
    assert 30 <= len(FEATURE_COLUMNS) / len(FEATURE_VIEWS) <= 60
    columns = [column for column in TSFRESH_FEATURES.schema if column.dtype == "float64"]
    assert tuple(column.name for column in columns) == FEATURE_COLUMNS
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", column.name) for column in columns)
    assert len({column.description for column in columns}) == len(columns)
    assert not any("{" in column.description for column in columns)


def test_a_transit_is_a_dip_and_a_mirror_image_has_the_opposite_slope() -> None:
    found = view_features(made_views(depth=0.01, sigma=1e-4))
    assert found["global_skewness"] < -3
    assert found["local_first_location_of_minimum"] == pytest.approx(0.5, abs=0.1)
    assert found["local_energy_ratio_by_chunks_num_segments_5_segment_focus_2"] > 0.99
    views = made_views(5)
    mirrored = {
        **views,
        "median": np.concatenate([views["median"][views["view"] == v][::-1] for v in range(5)]),
    }
    slope = "local_linear_trend_attr_slope"
    assert view_features(mirrored)[slope] == pytest.approx(-view_features(views)[slope], rel=1e-6)


def test_features_of_a_view_that_is_mostly_empty_are_nan_and_of_the_others_not() -> None:
    found = view_features(made_views(empty={"local": 40}))
    for view in FEATURE_VIEWS:
        of_view = [value for column, value in found.items() if column.startswith(view)]
        assert np.isnan(of_view).all() == (view == "local")


@given(st.lists(st.floats(-1, 1), min_size=11, max_size=80))
@example([0.0] * 10 + [5e-324])
@example([1.0] * 10 + [1.0 - 2**-53])
@settings(max_examples=30, deadline=None)
def test_no_series_fails(series: list[float]) -> None:
    assert len(series_features(np.array(series))) == len(FEATURE_COLUMNS) / len(FEATURE_VIEWS)


def test_a_row_is_the_same_whatever_its_batch() -> None:
    assert TSFRESH_FEATURES.compute is not None
    keys = [f"c{number}" for number in range(len(SHAPES))]
    together = TSFRESH_FEATURES.compute(keys, [parents(views) for views in SHAPES], TSFRESH_FEATURES.config)
    alone = [compute(TSFRESH_FEATURES, key, parents(views)) for key, views in zip(keys, SHAPES, strict=True)]
    assert repr(together) == repr(alone)
    assert [list(row) for (row,) in together] == len(SHAPES) * [list(TSFRESH_FEATURES.schema.names)]


def test_each_parameter_makes_a_feature() -> None:
    names = [name for calculator in FOLDED_VIEW_FEATURES for name in calculator.names()]
    assert len(set(names)) == len(names) == sum(len(c.parameters) or 1 for c in FOLDED_VIEW_FEATURES)
