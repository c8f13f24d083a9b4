"""What is unusual of a candidate is said, with a reason; what is not known is not."""

from __future__ import annotations

import math
import re
from pathlib import Path

from astro_assets.reports.unusual import _BOUNDS, unusual
from astro_assets.transits.feature_schemas import TRANSIT_FEATURE_SCHEMA

PLANET = {
    "events_odd_even_sigma": 1.0, "weak_secondary_sigma": 3.0, "centroid_shift_sigma": 0.2,
    "duration_over_star": 0.9, "bottom_over_mean_depth": 1.2, "asymmetry_sigma": -1.0,
    "brightening_over_dip": 0.05, "primary_beyond_noise": 5.0, "primary_beyond_tertiary": 9.0,
    "primary_beyond_positive": 9.0,
    "event_chi_square": 1.1, "mean_over_median_depth": 1.0, "step_sigma": -2.0, "near_gap_fraction": 0.1,
    "transit_coverage": 0.9,
    "sine_half_period_sigma": 80.0, "sine_period_sigma": 3.0, "sine_twice_period_sigma": math.nan,
    "sine_over_depth": 0.01,
}  # fmt: skip


def names(**changes: float) -> list[str]:
    return [finding.measure for finding in unusual({**PLANET, **changes})]


def test_nothing_is_unusual_of_a_planet_or_of_what_is_not_known() -> None:
    assert names() == []
    assert names(**dict.fromkeys(PLANET, math.nan)) == []


def test_each_bound_tells_of_its_own_measure() -> None:
    assert names(events_odd_even_sigma=12.0) == ["events_odd_even_sigma"]
    assert names(asymmetry_sigma=-9.0, step_sigma=4.0) == ["asymmetry_sigma", "step_sigma"]
    assert names(primary_beyond_noise=-1.0) == ["primary_beyond_noise"]


def test_a_sine_wave_counts_only_where_it_is_as_large_as_the_depth() -> None:
    assert names(sine_over_depth=1.5) == ["sine_half_period_sigma"]


def test_bounds_are_of_columns_there_are_and_as_documented() -> None:
    documented = (Path(__file__).parents[2] / "docs" / "vetting.md").read_text()
    assert {bound.measure for bound in _BOUNDS} <= set(TRANSIT_FEATURE_SCHEMA.names)
    for bound in _BOUNDS:
        assert re.search(
            rf"`{bound.measure}`|`{bound.measure.rpartition('_')[0]}|`_{bound.measure.rpartition('_')[2]}`",
            documented,
        )
