"""Plain tables are read as their entry in targets.csv says, and refused for what it lacks."""

from __future__ import annotations

from pathlib import Path

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
    ragged.write_text("time,flux,error\n1500,1,1\nx\n1500.02,1,1,9,9\n\n1500.04,,1\n")
    identity = identify(ragged, entry(**CELLS))
    assert (identity.status, identity.n_rows) == ("accepted", 5)
    empty = tmp_path / "empty.csv"
    empty.write_text("time,flux,error\n")
    assert identify(empty, entry(**CELLS)).reason_code == "no_finite_cadence"
