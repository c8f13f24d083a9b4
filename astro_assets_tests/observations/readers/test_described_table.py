"""Plain tables are read as their entry in targets.csv says, and refused for what it lacks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from astropy.time import Time

from astro_assets.observations.identification import identify
from astro_assets.observations.light_curves import LightCurve, read_light_curve
from astro_assets_tests.observations.described import entry

N = 200
TIME = 1500 + np.arange(N) / 48
FLUX = 1 + 0.001 * np.random.default_rng(1).normal(size=N)
CELLS = {
    "target_id": "TIC 42",
    "mission": "TESS",
    "time_format": "btjd",
    "time": "time",
    "flux": "flux",
    "flux_err": "error",
}


def _table(path: Path, time: np.ndarray = TIME) -> Path:
    frame = pl.DataFrame({"time": time, "flux": FLUX, "error": np.full(N, 0.001)})
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    else:
        frame.write_csv(path, include_header=path.stem != "bare")
    return path


def _curve(path: Path, **cells: str) -> LightCurve:
    return read_light_curve(path, description=entry(**{**CELLS, **cells}), tess_bitmask=0, kepler_bitmask=0)


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "bare.csv", "parquet.fits"])
def test_parquet_and_text_with_and_without_names(tmp_path: Path, name: str) -> None:
    named = not name.startswith("bare")
    path = _table(tmp_path / (name if name != "parquet.fits" else "b.parquet"))
    cells = {} if named else {"time": "0", "flux": "1", "flux_err": "2"}
    curve = _curve(path, **cells)
    identity = curve.identity
    assert (identity.target_id, identity.mission, identity.product) == ("TIC 42", "TESS", "table")
    assert (identity.segment, identity.segment_kind, identity.n_rows) == (None, "sector", N)
    assert identity.cadence_s == pytest.approx(1800)
    np.testing.assert_allclose(curve.arrays["time"], TIME, rtol=0, atol=1e-9)
    np.testing.assert_allclose(curve.arrays["flux"], FLUX / np.median(FLUX), rtol=1e-6)
    assert curve.has_errors
    assert curve.arrays["cadence_number"].tolist() == list(range(N))


def test_columns_may_be_numbers_though_they_have_names(tmp_path: Path) -> None:
    curve = _curve(_table(tmp_path / "a.csv"), time="0", flux="1", flux_err="2")
    assert curve.flux_column == "flux"


def test_missing_errors_are_the_scatter_from_point_to_point(tmp_path: Path) -> None:
    curve = _curve(_table(tmp_path / "a.csv"), flux_err="")
    assert not curve.has_errors
    assert np.ptp(curve.arrays["flux_err"]) == 0
    assert curve.arrays["flux_err"][0] == pytest.approx(0.001, rel=0.2)


@pytest.mark.parametrize("error", ["", "nan", "0"])
def test_errors_that_are_none_are_the_scatter(tmp_path: Path, error: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(
        "time,flux,error\n" + "".join(f"{t},{f},{error}\n" for t, f in zip(TIME, FLUX, strict=True))
    )
    curve = _curve(path)
    assert (curve.has_errors, len(curve.arrays["time"])) == (False, N)
    assert curve.arrays["flux_err"][0] == pytest.approx(0.001, rel=0.2)


@pytest.mark.parametrize(
    "cells",
    [
        {"mission": "tess", "time": "TIME", "flux": "Flux", "flux_unit": "Relative", "time_format": "BTJD"},
        {"target_id": "42"},
    ],
)
def test_letters_of_either_case_and_bare_numbers_will_do(tmp_path: Path, cells: dict[str, str]) -> None:
    curve = _curve(_table(tmp_path / "a.csv"), **cells)
    assert (curve.identity.target_id, curve.flux_column) == ("TIC 42", "flux")


def test_a_name_in_another_case_must_be_one_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time,Flux,FLUX\n" + "".join(f"{t},1,{1.9 + n % 3 / 10}\n" for n, t in enumerate(TIME)))
    assert _curve(path, flux="FLUX", flux_err="").median_flux == pytest.approx(2)
    assert identify(path, entry(**{**CELLS, "flux_err": ""})).reason_code == "no_flux_column"


def test_scale_and_reference_may_have_their_short_names(tmp_path: Path) -> None:
    path = _table(tmp_path / "a.parquet", TIME + 2457000)
    told = {"time_format": "jd", "scale": "utc", "reference": "barycenter"}
    short = _curve(path, **told)
    assert (short.arrays["time"][0] - TIME[0]) * 86400 == pytest.approx(69.184, abs=0.01)
    assert _curve(path, **told, time_scale="tdb").arrays["time"][0] == pytest.approx(TIME[0], abs=1e-8)


def test_a_segment_may_be_told(tmp_path: Path) -> None:
    assert _curve(_table(tmp_path / "a.csv"), segment="3").identity.segment == 3


@pytest.mark.parametrize(
    ("form", "zero"), [("bkjd", 2454833.0), ("btjd", 2457000.0), ("jd", 0.0), ("mjd", 2400000.5)]
)
@pytest.mark.parametrize("scale", ["tdb", "tt", "utc", "tai"])
def test_every_time_format_and_scale(tmp_path: Path, form: str, zero: float, scale: str) -> None:
    path = _table(tmp_path / "a.parquet", TIME + 2457000 - zero)
    is_open = form in ("jd", "mjd")
    told = {"time_scale": scale, "time_reference": "barycenter"} if is_open else {}
    time = _curve(path, time_format=form, **told).arrays["time"]
    expected = TIME
    if is_open and scale != "tdb":
        expected = (
            Time(2457000.0, TIME, format="jd", scale=scale).tdb - Time(2457000.0, format="jd", scale="tdb")
        ).jd
        assert abs(expected[0] - TIME[0]) * 86400 == pytest.approx(
            {"tt": 0.0, "tai": 32.184, "utc": 69.184}[scale], abs=0.01
        )
    np.testing.assert_allclose(time, expected, rtol=0, atol=2e-9)


@pytest.mark.parametrize(
    ("cells", "code", "text"),
    [
        ({"time_format": ""}, "description_invalid", "no time_format"),
        ({"time_format": "hjd"}, "time_system_unknown", "time_format is 'hjd'"),
        ({"time_format": "jd"}, "time_system_unknown", "jd needs a time_scale"),
        ({"time_format": "mjd", "time_scale": "utc"}, "time_system_unknown", "needs the time_reference"),
        (
            {"time_format": "jd", "time_scale": "utc", "time_reference": "heliocenter"},
            "time_system_unknown",
            "there is 'heliocenter'",
        ),
        ({"mission": "ZTF"}, "description_invalid", "mission is 'ZTF'"),
        ({"target_id": ""}, "description_invalid", "no target_id"),
        ({"target_id": "../../etc"}, "identity_unclear", "is not a target id"),
        ({"target_id": "KIC 42"}, "identity_unclear", "KIC 42 in a file of TESS"),
        ({"target_id": "SIM 1"}, "identity_unclear", "SIM 1 in a file of TESS"),
        ({"segment": "-1"}, "description_invalid", "segment is '-1'"),
        ({"flux": ""}, "no_flux_column", "names none"),
        ({"flux": "mag"}, "no_flux_column", "no flux column 'mag'; there are time, flux, error"),
        ({"flux_unit": "Jy"}, "description_invalid", "flux_unit is 'Jy', not one of mag, relative"),
        ({"": "targets.csv is a poem"}, "description_invalid", "targets.csv is a poem"),
        (
            {"time_format": "bkjd"},
            "dates_impossible",
            "run from 2013-02-09 to 2013-02-13, which is not within",
        ),
        ({"target_id": "KIC 42", "mission": "Kepler"}, "dates_impossible", "from 2019-01-16 to 2019-01-20"),
        ({"time": "7"}, "description_invalid", "no time column '7'"),
        ({"flux_err": "nothing"}, "description_invalid", "no flux_err column"),
    ],
)
def test_what_an_entry_lacks_is_named(tmp_path: Path, cells: dict[str, str], code: str, text: str) -> None:
    identity = identify(_table(tmp_path / "a.csv"), entry(**{**CELLS, **cells}))
    assert identity.reason_code == code
    assert text in str(identity.reason)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("time,flux\n1500,1\n1500.02,1\n", "not_described"),
        ("file,target_id,mission,time_format\na,b,c,d\n", "not_an_observation"),
        ("-0.5,1,1\n0.5,1,1\n", "phase_folded"),
        ("name,flux\nabc,1\n", "not_described"),
        ("a,b\n", "not_described"),
        ("# a comment\n\n# a, b\n1500,1\n1500.02,1\n", "not_described"),
        ("# nothing but, a comment\n", "not_fits"),
        ("file;target_id;mission;time_format\na;b;c;d\n", "not_an_observation"),
        ("time;flux\n1500;1\n", "not_described"),
        ("time flux\n1500 1\n", "not_described"),
        ("words and 7 words\n", "not_fits"),
        ("phase,flux\n0.0,1\n0.5,1\n1.0,1\n", "phase_folded"),
        ("hours,flux\n0.1,1\n0.3,1\n1.7,1\n20,1\n", "phase_folded"),
        ("orbital_phase,flux\n-180,1\n180,1\n", "phase_folded"),
        (",flux\n0,1\n1,1\n2,1\n3,1\n", "not_described"),
        ("days,flux\n0,1\n0.5,1\n1.0,1\n1.5,1\n", "not_described"),
        ("no table\n", "not_fits"),
        ('{"a": 1, "b": 2}\n', "not_fits"),
        ("", "not_fits"),
    ],
)
def test_undescribed_text(tmp_path: Path, content: str, code: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(content)
    assert identify(path).reason_code == code


def test_a_described_folded_table_is_still_folded(tmp_path: Path) -> None:
    path = _table(tmp_path / "a.csv", np.linspace(-0.5, 0.5, N))
    assert identify(path, entry(**CELLS)).reason_code == "phase_folded"


def test_damaged_tables_are_named(tmp_path: Path) -> None:
    path = _table(tmp_path / "a.parquet")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert identify(path, entry(**CELLS)).reason_code == "truncated"
    ragged = tmp_path / "a.csv"
    ragged.write_text("time,flux,error\n1500,1,1\nx\n1500.02,1,1,9,9\n\n1500.04,,1\n1500.06,1,1\n")
    identity = identify(ragged, entry(**CELLS))
    assert (identity.status, identity.n_rows, identity.finite_fraction) == ("accepted", 5, 0.6)
    empty = tmp_path / "empty.csv"
    empty.write_text("time,flux,error\n")
    assert identify(empty, entry(**CELLS)).reason_code == "no_finite_cadence"


def _written(path: Path, header: str, rows: np.ndarray) -> Path:
    lines = "\n".join(",".join(f"{value:.9f}" for value in row) for row in rows)
    path.write_text(f"{header}{lines}\n")
    return path


ROWS = np.column_stack([TIME, FLUX, np.full(N, 0.001)])
HEADER = "time,flux,error\n"


@pytest.mark.parametrize("order", [slice(None, None, -1), np.random.default_rng(2).permutation(N)])
def test_rows_may_be_in_any_order(tmp_path: Path, order: Any) -> None:
    curve = _curve(_written(tmp_path / "a.csv", HEADER, ROWS[order]))
    assert curve.identity.cadence_s == pytest.approx(1800, abs=0.01)
    np.testing.assert_allclose(curve.arrays["time"], TIME, rtol=0, atol=1e-9)
    np.testing.assert_allclose(curve.arrays["flux"], FLUX / np.median(FLUX), rtol=1e-6)


def test_of_rows_of_one_time_the_first_counts(tmp_path: Path) -> None:
    again = ROWS[[3, 7, 7]] * [1, 9, 1]
    path = _written(tmp_path / "a.csv", HEADER, np.concatenate([ROWS, again]))
    curve = _curve(path)
    assert identify(path, entry(**CELLS)).status == "accepted"
    assert (curve.n_repeated, curve.identity.n_rows, len(curve.arrays["time"])) == (3, N + 3, N)
    np.testing.assert_allclose(curve.arrays["flux"], FLUX / np.median(FLUX), rtol=1e-6)


def test_two_light_curves_in_one_table_are_refused(tmp_path: Path) -> None:
    path = _written(tmp_path / "a.csv", HEADER, np.concatenate([ROWS, ROWS * [1, 2, 1]]))
    identity = identify(path, entry(**CELLS))
    assert identity.reason_code == "times_disordered"
    assert str(identity.reason).startswith(f"{N} of {2 * N} rows have the time of an earlier row")


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ('# made by "hand\n#\n\ntime,flux,error\n', {}),
        ("# made by hand, twice\n# time, flux, error\n", {}),
        ("#a\n", {"time": "0", "flux": "1", "flux_err": "2"}),
        ("\ufefftime,flux,error\n# and a comment between\n", {}),
        ("Light curve, TIC 42\ntime,flux,error\n", {}),
    ],
)
def test_comments_are_passed_over(tmp_path: Path, header: str, cells: dict[str, str]) -> None:
    path = _written(tmp_path / "a.csv", header, ROWS)
    curve = _curve(path, **cells)
    assert (curve.identity.n_rows, len(curve.arrays["time"])) == (N, N)


@pytest.mark.parametrize("first", ["1499.979166667,,0.001", "1499.979166667,1.0,0.001,good", "nan,1,,"])
def test_the_first_row_of_a_table_without_names_is_a_row_whatever_it_lacks(
    tmp_path: Path, first: str
) -> None:
    path = _written(tmp_path / "a.csv", f"{first}\n", ROWS)
    assert identify(path, entry(**{**CELLS, "time": "0", "flux": "1", "flux_err": "2"})).n_rows == N + 1


@pytest.mark.parametrize(
    ("time", "mission", "cells", "code"),
    [
        (2457000 + TIME, "TESS", {}, "dates_impossible"),  # BJD in a table of BTJD
        (2457000 - 2400000.5 + TIME, "TESS", {"time_format": "jd"}, "dates_impossible"),  # MJD for JD
        (131 + np.arange(N) / 48, "Kepler", {}, "dates_impossible"),  # BKJD for BTJD
        (np.linspace(0, 1, N), "TESS", {}, "phase_folded"),
        (np.linspace(-0.5, 0.5, N), "K2", {}, "phase_folded"),
        (np.linspace(-1.2, 1.2, N) ** 3, "K2", {}, "phase_folded"),
        (np.linspace(-3, 3, N), "TESS", {}, "phase_folded"),
        (np.sort(np.random.default_rng(1).uniform(0, 3.5, N)), "Kepler", {}, "phase_folded"),
        (np.sort(np.random.default_rng(1).uniform(0, 3.5, N)), "K2", {}, "phase_folded"),
        (np.linspace(0, 3.5, N), "K2", {"time_format": "bkjd"}, "phase_folded"),
        (0.5 + np.arange(N) / 48, "K2", {}, None),
        (-2 + np.arange(N) / 48, "K2", {}, None),  # BTJD of December 2014 is near zero
    ],
)
def test_times_that_are_no_dates_of_the_mission(
    tmp_path: Path, time: np.ndarray, mission: str, cells: dict[str, str], code: str | None
) -> None:
    target = {"TESS": "TIC 1", "Kepler": "KIC 1", "K2": "EPIC 1"}[mission]
    open_ended = {"time_scale": "tdb", "time_reference": "barycenter"}
    path = _table(tmp_path / "a.parquet", np.sort(time))
    told = entry(**{**CELLS, "mission": mission, "target_id": target, **open_ended, **cells})
    assert identify(path, told).reason_code == code


@pytest.mark.parametrize(
    "name", ["mag", "Mag", "magnitude", "mag_aper", "MAG_AUTO", "kepmag", "Vmag", "flux [mag]"]
)
def test_magnitudes_are_no_fluxes(tmp_path: Path, name: str) -> None:
    magnitudes = ROWS * [1, 12.3, 1]
    path = _written(tmp_path / "a.csv", f"time,{name},error\n", magnitudes)
    identity = identify(path, entry(**{**CELLS, "flux": name}))
    assert identity.reason_code == "magnitudes"
    assert "flux_unit mag" in str(identity.reason)
    assert identify(path, entry(**{**CELLS, "flux": name, "flux_unit": "relative"})).status == "accepted"


@pytest.mark.parametrize("name", ["flux", "image_flux", "0"])
def test_other_names_are_not_taken_for_magnitudes(tmp_path: Path, name: str) -> None:
    path = _written(tmp_path / "a.csv", f"time,{name},error\n", ROWS)
    assert identify(path, entry(**{**CELLS, "flux": name})).status == "accepted"


@pytest.mark.parametrize("has_errors", [True, False])
def test_magnitudes_are_converted_where_they_are_said_to_be_such(tmp_path: Path, has_errors: bool) -> None:
    flux = FLUX.copy()
    flux[50:60] *= 0.99
    magnitude = 12.3 - 2.5 * np.log10(flux)
    error = np.full(N, 0.001 * 2.5 / np.log(10))
    rows = np.column_stack([TIME, magnitude, error])
    rows[100, 1] = 99.999
    path = _written(tmp_path / "a.csv", "time,mag,error\n", rows)
    curve = _curve(path, flux="mag", flux_unit="mag", flux_err="error" if has_errors else "")
    kept = np.arange(N) != 100
    expected = flux[kept] / np.median(flux[kept])
    np.testing.assert_allclose(curve.arrays["flux"], expected, rtol=1e-6)
    assert np.median(curve.arrays["flux"][50:60]) < 0.995
    if has_errors:
        np.testing.assert_allclose(curve.arrays["flux_err"], 0.001 * expected, rtol=1e-4)
    else:
        assert curve.arrays["flux_err"][0] == pytest.approx(0.001, rel=0.3)


def test_fluxes_of_few_digits_have_a_scatter(tmp_path: Path) -> None:
    flux = np.ones(N)
    flux[::10] = 1.001
    path = _written(tmp_path / "a.csv", HEADER, np.column_stack([TIME, flux, flux]))
    assert _curve(path, flux_err="").arrays["flux_err"][0] == pytest.approx(3.2e-4, rel=0.1)
