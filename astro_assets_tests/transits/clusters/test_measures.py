"""What candidates are grouped by."""

from __future__ import annotations

import math

import numpy as np
import pytest

from astro_assets.transits.cluster_tables import MEASURED
from astro_assets.transits.clusters.measures import (
    MEASURE_NAMES,
    MEASURES,
    columns_of,
    joined,
    log,
    measured,
    share,
)
from astro_assets_tests.transits.clusters.made import TRANSIT, made_rows


def test_measures_are_made_of_columns_that_the_tables_have() -> None:
    schemas = {table.name.partition("/")[2]: table.schema for table in MEASURED}
    assert {measure.table for measure in MEASURES} == set(schemas)
    for measure in MEASURES:
        assert set(measure.columns) <= set(schemas[measure.table].names)
    assert set().union(*(columns_of(table) for table in schemas)) == set(TRANSIT)


def test_scales_are_logarithms_and_what_is_not_known_is_nan() -> None:
    tables = made_rows(1)
    (rows,) = [joined(tables)["transit_like 000"]]
    rows["transit_candidates"]["depth_ppm"] = 1e4
    rows["transit_features"]["sine_over_depth"] = math.nan
    rows["transit_features"]["event_chi_square"] = -1.0
    found = dict(zip(MEASURE_NAMES, measured(rows), strict=True))
    assert found["log_depth_ppm"] == 4
    unknown = {name for name, value in found.items() if np.isnan(value)}
    assert unknown == {"log_sine_over_depth", "log_event_chi_square"}


@pytest.mark.parametrize(
    ("half", "unlike", "expected"), [(3.0, 1.0, 0.75), (0.0, 5.0, 0.0), (-2.0, 1.0, math.nan)]
)
def test_a_dip_half_a_period_off_is_told_in_parts_of_the_transit(
    half: float, unlike: float, expected: float
) -> None:
    assert share(half, unlike) == pytest.approx(expected, nan_ok=True)


def test_nothing_has_no_logarithm() -> None:
    assert math.isnan(log(0.0))
    assert math.isnan(log(math.nan))


def test_candidates_that_a_table_lacks_are_left_out() -> None:
    tables = made_rows(3)
    tables["tsfresh_features"] = tables["tsfresh_features"][1:]
    assert list(joined(tables)) == sorted(row["candidate_id"] for row in tables["transit_candidates"][1:])
