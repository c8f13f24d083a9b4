"""The three tables' compute functions on rows, synthetic and real."""

from __future__ import annotations

from typing import Any

import numpy as np
import pydantic
import pytest

from astro_assets.ledger.table import Table
from astro_assets.transits.search.settings import DETECTION_THRESHOLD
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES, FOLDED_VIEWS, TRANSIT_CANDIDATES
from astro_assets_tests.transits.computing import compute
from astro_assets_tests.transits.conftest import light_curve_row
from astro_assets_tests.transits.synthetic import Planet, sector_times, spots, transits

TABLES = (DETRENDED_LIGHT_CURVES, TRANSIT_CANDIDATES, FOLDED_VIEWS)
PLANETS = [Planet(2.9, 1326.2, 0.12, 0.004), Planet(7.7, 1328.9, 0.15, 0.003)]
SIGMA = 8e-4


def detrended(rows: list[dict[str, Any]], **settings: Any) -> list[dict[str, Any]]:
    return compute(DETRENDED_LIGHT_CURVES, rows[0]["target_id"], {"selected_files": rows}, **settings)


def candidates(curve: list[dict[str, Any]], **settings: Any) -> list[dict[str, Any]]:
    parents = {"detrended_light_curves": curve}
    return compute(TRANSIT_CANDIDATES, curve[0]["target_id"], parents, **settings)


def views(candidate: dict[str, Any], curve: list[dict[str, Any]], **settings: Any) -> list[dict[str, Any]]:
    parents = {"transit_candidates": [candidate], "detrended_light_curves": curve}
    return compute(FOLDED_VIEWS, candidate["candidate_id"], parents, **settings)


def check(table: Table, rows: list[dict[str, Any]]) -> None:
    """Rows have the schema's columns, arrays of one length, and values only where they must be."""
    for row in rows:
        assert list(row) == list(table.schema.names)
        for column in table.schema:
            value = row[column.name]
            assert value is not None or column.nullable, column.name
            if column.dtype == "arrays":
                assert len({array.shape for array in value.values()}) == 1
                assert all(array.ndim == 1 for array in value.values())


@pytest.fixture(scope="module")
def light_curves() -> list[dict[str, Any]]:
    rng = np.random.default_rng(5)
    time = sector_times()
    star = 1 + spots(time, 14.0, 0.003, rng)
    flux = star * transits(time, PLANETS) * (1 + rng.normal(0, SIGMA, time.size))
    return [light_curve_row(time, flux, SIGMA)]


@pytest.fixture(scope="module")
def curve(light_curves):
    return detrended(light_curves)


@pytest.fixture(scope="module")
def found(curve):
    return candidates(curve)


def test_a_detrended_curve_is_one_row(curve):
    (row,) = curve
    check(DETRENDED_LIGHT_CURVES, curve)
    arrays = row["light_curve"]
    assert {name: array.dtype.name for name, array in arrays.items()} == {
        "time": "float64",
        "flux": "float32",
        "flux_err": "float32",
        "trend": "float32",
        "segment": "int32",
    }
    assert row["n_points"] == arrays["time"].size
    assert row["scatter_ppm"] == pytest.approx(1e6 * SIGMA, rel=0.05)
    # White noise, and what is left of the spots.
    assert 1 < row["cdpp_1h_ppm"] / (1e6 * SIGMA / np.sqrt(30)) < 1.4
    assert row["cdpp_6h_ppm"] < row["cdpp_2h_ppm"] < row["cdpp_1h_ppm"]
    assert 1000 < row["variability_ppm"] < 8000


def test_both_planets_are_candidates_in_order(found):
    check(TRANSIT_CANDIDATES, found)
    strong = [row for row in found if row["is_detected"]]
    assert [row["period_days"] for row in strong] == pytest.approx([2.9, 7.7], rel=1e-3)
    assert [row["candidate_id"] for row in strong] == ["SIM 1.01", "SIM 1.02"]
    first = strong[0]
    assert abs(first["period_days"] - 2.9) < 4 * first["period_uncertainty_days"]
    assert first["depth_ppm"] == pytest.approx(4000, rel=0.1)
    assert first["duration_hours"] == pytest.approx(24 * 0.12, rel=0.1)
    assert first["depth_odd_ppm"] == pytest.approx(first["depth_even_ppm"], rel=0.1)
    assert all(
        row["is_detected"]
        == (row["detection_statistic"] >= DETECTION_THRESHOLD or row["log10_false_alarm"] <= -3)
        for row in found
    )


def test_the_periodogram_is_small_and_peaks_at_the_period(found):
    spectrum = found[0]["periodogram"]
    assert spectrum["power"].dtype == spectrum["period_days"].dtype == np.float32
    assert spectrum["power"].size <= 2000
    assert spectrum["period_days"][np.argmax(spectrum["power"])] == pytest.approx(2.9, rel=2e-3)


def test_views_show_the_transit(found, curve):
    rows = views(found[0], curve)
    check(FOLDED_VIEWS, rows)
    arrays = rows[0]["views"]
    local = arrays["median"][arrays["view"] == 1]
    assert local[30] == pytest.approx(1 - 0.004, abs=6e-4)
    assert rows[0]["n_points"] == curve[0]["n_points"]
    assert rows[0]["n_empty_global"] == np.count_nonzero(arrays["count"][arrays["view"] == 0] == 0)


def test_a_signal_whose_secondary_is_unknown_is_folded_at_half_phase(found, curve):
    (row,) = views(found[0] | {"secondary_phase": float("nan")}, curve)
    assert row["secondary_phase"] == 0.5


def test_a_quiet_star_has_no_rows():
    time = sector_times(3)
    flux = 1 + np.random.default_rng(3).normal(0, SIGMA, time.size)
    assert candidates(detrended([light_curve_row(time, flux, SIGMA)])) == []


def test_samples_that_are_no_numbers_are_left_out(light_curves, curve):
    arrays = {name: array.copy() for name, array in light_curves[0]["light_curve"].items()}
    arrays["flux"][1000:1010] = np.nan
    assert detrended([light_curves[0] | {"light_curve": arrays}])[0]["n_points"] == curve[0]["n_points"] - 10


def test_results_are_bit_identical(light_curves, curve, found):
    again = detrended(light_curves)
    for name, array in curve[0]["light_curve"].items():
        assert array.tobytes() == again[0]["light_curve"][name].tobytes()
    repeated = candidates(again)
    scalars = [name for name in TRANSIT_CANDIDATES.schema.names if name != "periodogram"]
    # repr tells every bit of a float, and that NaN is NaN.
    assert [repr([row[name] for name in scalars]) for row in found] == [
        repr([row[name] for name in scalars]) for row in repeated
    ]
    assert found[0]["periodogram"]["power"].tobytes() == repeated[0]["periodogram"]["power"].tobytes()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("shortest_period_days", 2.0),
        ("longest_period_days", 5.0),
        ("shortest_duration_factor", 0.9),
        ("longest_duration_factor", 1.0),
        ("bin_minutes", 30.0),
        ("n_peaks", 1),
        ("max_signals", 1),
        ("min_transits", 8),
        ("mask_durations", 1.0),
        ("statistic_floor", 40.0),
        ("detection_threshold", 50.0),
        ("false_alarm_threshold", 1e-300),
    ],
)
def test_every_setting_changes_the_candidates(field, value):
    time = sector_times(cadence=10 / 1440, days=40.0)
    rng = np.random.default_rng(8)
    arrays = {
        "time": time,
        "flux": (transits(time, PLANETS) + rng.normal(0, SIGMA, time.size)).astype(np.float32),
        "flux_err": np.full(time.size, SIGMA, np.float32),
    }
    curve = [{"target_id": "SIM 1", "cadence_s": 600.0, "light_curve": arrays}]
    base: dict[str, float] = {"max_signals": 3}
    if field == "n_peaks":  # the choice among peaks shows where noise makes many alike
        arrays["flux"] = (1 + np.random.default_rng(8).normal(0, SIGMA, time.size)).astype(np.float32)
        base["statistic_floor"] = 3.0
    elif field == "detection_threshold":  # one of the two thresholds is enough
        base["false_alarm_threshold"] = 1e-300
    elif field == "false_alarm_threshold":
        base["detection_threshold"] = 50.0
    default, changed = candidates(curve, **base), candidates(curve, **base | {field: value})
    assert repr(default) != repr(changed)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_configurations_are_closed_and_described(table):
    config = type(table.config)
    with pytest.raises(pydantic.ValidationError):
        config(nonsense=1)
    with pytest.raises(pydantic.ValidationError):
        table.config.nonsense = 1
    for name, field in config.model_fields.items():
        assert field.description, name
        assert field.metadata, f"{name} has no bounds"


@pytest.mark.parametrize(
    ("pattern", "period_days"),
    [
        ("tess_lc/exovetter_wasp18b_lc.fits", 0.9414526),
        ("tess_lc/*0000000025155310*_lc.fits", 3.2887898),
        ("tess_lc/*0000000038846515*_lc.fits", 2.8493825),
        ("tess_lc/*0000000231663901*_lc.fits", 1.4303699),
        ("tess_lc/*0000000231670397*_lc.fits", 4.0872956),
        ("tess_lc/*0000000281459670*_lc.fits", 3.1743504),
        ("kepler_lc/kplr011446443-*_slc.fits", 2.470613377),
    ],
    ids=["WASP-18", "WASP-126", "WASP-100", "WASP-46", "WASP-73", "HATS-30", "TrES-2"],
)
def test_known_planets_come_out_first_at_their_periods(real_light_curves, pattern, period_days):
    curve = detrended(real_light_curves(pattern))
    first, *others = candidates(curve)
    assert first["is_detected"]
    assert abs(first["period_days"] - period_days) < 4 * first["period_uncertainty_days"]
    assert all(row["detection_statistic"] < 0.2 * first["detection_statistic"] for row in others)
    check(FOLDED_VIEWS, views(first, curve))


@pytest.mark.slow
def test_a_quiet_kepler_star_is_silent_over_four_years(real_light_curves):
    curve = detrended(real_light_curves("kepler_lc/kplr010424789-*_llc.fits"))
    assert curve[0]["n_segments"] == 11
    assert candidates(curve) == []
