"""Cadences come out as lightkurve reads them, in BTJD and relative to their median."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import lightkurve
import numpy as np
import pytest
from astropy.io import fits

from astro_assets.observations.light_curves import LightCurveError, compute_light_curves, read_light_curve
from astro_assets.observations.missions import KEPLER_DEFAULT_BITMASK, TESS_DEFAULT_BITMASK
from astro_assets.observations.schemas import LIGHT_CURVES_SCHEMA, LightCurveConfig
from astro_assets_tests.observations.made_files import START, light_curve_file

BITMASKS = {"tess_bitmask": TESS_DEFAULT_BITMASK, "kepler_bitmask": KEPLER_DEFAULT_BITMASK}
#: Untouched mission files: TESS 2 min and 30 min, Kepler long and short cadence, K2.
COMPARED = (
    "tess_lc/exovetter_wasp18b_lc.fits",
    "tess_lc/tess2018206045859-s0001-0000000025155310-0120-s_lc.fits",
    "tess_lc/tess2018206045859-s0001-0000000270501383-0120-s_lc.fits",
    "kepler_lc/kplr002556081-2012277125453_llc.fits",
    "kepler_lc/kplr011446443-2009131110544_slc.fits",
    "kepler_lc/ktwo211117077-c04_llc.fits",
)


def _row(path: Path, **settings: Any) -> dict[str, Any]:
    (row,) = compute_light_curves(
        "ab" * 32,
        {"observation_files": [{"sha256": path, "description": None}]},
        LightCurveConfig(**settings),
    )
    return row


@pytest.mark.parametrize("flux_column", ["PDCSAP_FLUX", "SAP_FLUX"])
@pytest.mark.parametrize("name", COMPARED)
def test_same_cadences_and_flux_as_lightkurve(shared_data: Path, name: str, flux_column: str) -> None:
    path = shared_data / name
    ours = read_light_curve(path, flux_column=flux_column, **BITMASKS).arrays
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # astropy's opinions about the missions' units
        theirs = lightkurve.read(
            str(path), flux_column=flux_column.lower(), quality_bitmask="default"
        ).remove_nans()
    np.testing.assert_array_equal(ours["cadence_number"], theirs["cadenceno"].value)
    zero = 2457000 if name.startswith("tess") else 2454833
    # The two sums differ in the last bit of a float64 of some thousand days.
    np.testing.assert_allclose(ours["time"], theirs.time.value + (zero - 2457000), rtol=0, atol=1e-9)
    median = np.median(theirs.flux.value.astype(np.float64))
    np.testing.assert_allclose(ours["flux"], theirs.flux.value / median, rtol=2e-7)
    np.testing.assert_allclose(ours["flux_err"], theirs.flux_err.value / median, rtol=2e-7)
    np.testing.assert_allclose(ours["centroid_column"], theirs["centroid_col"].value, rtol=1e-7)
    np.testing.assert_allclose(ours["centroid_row"], theirs["centroid_row"].value, rtol=1e-7)


def test_golden_numbers_of_wasp_18(shared_data: Path) -> None:
    row = _row(shared_data / "tess_lc" / "exovetter_wasp18b_lc.fits")
    assert (row["target_id"], row["segment"], row["cadence_s"]) == ("TIC 100100827", 3, 1800.0)
    assert (row["n_points"], row["n_flagged"], row["n_not_finite"]) == (829, 414, 69)
    assert row["n_points"] + row["n_flagged"] + row["n_not_finite"] == 1312
    assert row["start_btjd"] == pytest.approx(1385.973, abs=1e-3)
    assert row["median_flux"] == pytest.approx(47464.9, abs=2)
    assert row["magnitude"] == pytest.approx(8.8287)
    curve = row["light_curve"]
    # WASP-18 b: 0.94145 d, depth 1 %, mid-transit BJD 2458375.169883 (Shporer et al. 2019, AJ 157, 178).
    phase = (curve["time"] - 1375.169883 + 0.47) % 0.94145223 - 0.47
    assert np.median(curve["flux"][np.abs(phase) < 0.02]) == pytest.approx(1 - 0.0105, abs=0.001)


def test_golden_numbers_of_kepler_short_cadence(shared_data: Path) -> None:
    row = _row(shared_data / "kepler_lc" / "kplr011446443-2009131110544_slc.fits")
    assert (row["n_points"], row["n_flagged"], row["n_not_finite"]) == (14234, 38, 8)
    assert row["end_btjd"] - row["start_btjd"] == pytest.approx(9.72, abs=0.02)


@pytest.mark.parametrize("mission", ["TESS", "Kepler", "K2"])
def test_only_finite_unflagged_cadences_are_kept(tmp_path: Path, mission: str) -> None:
    n = 12
    time = START[mission] + np.arange(n) * 0.02
    flux, error = np.full(n, 100, dtype=np.float32), np.ones(n, dtype=np.float32)
    quality = np.zeros(n, dtype=np.int32)
    time[0], flux[1], error[2], flux[3] = np.nan, np.nan, np.inf, -np.inf
    quality[4:6] = 32  # desaturation, disqualifying in all missions
    quality[6] = 4096  # stray light or argabrightening on the CCD, not disqualifying
    flux[5] = np.nan  # counts as flagged
    flux[8:] = [90, 110, 120, 80]
    columns = {
        "TIME": time,
        "PDCSAP_FLUX": flux,
        "PDCSAP_FLUX_ERR": error,
        "QUALITY" if mission == "TESS" else "SAP_QUALITY": quality,
    }
    row = _row(light_curve_file(tmp_path / "a.fits", mission, columns=columns, n=n))
    curve = row["light_curve"]
    assert curve["cadence_number"].tolist() == [1006, 1007, 1008, 1009, 1010, 1011]
    np.testing.assert_array_equal(curve["flux"], np.float32([1, 1, 0.9, 1.1, 1.2, 0.8]))
    np.testing.assert_array_equal(curve["flux_err"], np.full(6, 0.01, dtype=np.float32))
    assert (row["n_points"], row["n_flagged"], row["n_not_finite"], row["median_flux"]) == (6, 2, 4, 100.0)
    offset = 0 if mission == "TESS" else 2454833 - 2457000
    np.testing.assert_array_equal(curve["time"], time[6:] + offset)


def test_dtypes_are_those_of_the_schema(tmp_path: Path) -> None:
    row = _row(light_curve_file(tmp_path / "a.fits"))
    assert tuple(row) == LIGHT_CURVES_SCHEMA.names
    assert {name: array.dtype.str for name, array in row["light_curve"].items()} == {
        "time": "<f8",
        "flux": "<f4",
        "flux_err": "<f4",
        "centroid_column": "<f4",
        "centroid_row": "<f4",
        "cadence_number": "<i4",
    }
    assert {len(array) for array in row["light_curve"].values()} == {row["n_points"]}


def test_every_setting_counts(tmp_path: Path) -> None:
    quality = np.zeros(60, dtype=np.int32)
    quality[:5] = 4096
    tess = light_curve_file(tmp_path / "a.fits", columns={"QUALITY": quality})
    kepler = light_curve_file(tmp_path / "b.fits", "Kepler", columns={"SAP_QUALITY": quality})
    assert [_row(path)["n_points"] for path in (tess, kepler)] == [60, 60]
    settings: dict[str, Any] = {"tess_quality_bitmask": 4096}
    assert [_row(path, **settings)["n_points"] for path in (tess, kepler)] == [55, 60]
    settings = {"kepler_quality_bitmask": 4096}
    assert [_row(path, **settings)["n_points"] for path in (tess, kepler)] == [60, 55]
    assert _row(tess)["median_flux"] == pytest.approx(2000, abs=3)
    assert _row(tess, flux_column="SAP_FLUX")["median_flux"] == pytest.approx(1929.5, abs=1e-6)


def test_centroids_the_file_lacks_are_not_numbers(tmp_path: Path) -> None:
    path = light_curve_file(tmp_path / "a.fits", columns={"MOM_CENTR1": None, "MOM_CENTR2": None})
    curve = _row(path)["light_curve"]
    assert np.isnan(curve["centroid_column"]).all()
    assert np.isnan(curve["centroid_row"]).all()


def test_absurd_centroids_are_not_numbers(tmp_path: Path) -> None:
    path = light_curve_file(tmp_path / "a.fits", columns={"MOM_CENTR1": np.full(60, 1e300)})
    assert np.isnan(_row(path)["light_curve"]["centroid_column"]).all()


def test_quality_of_any_integer_width(tmp_path: Path) -> None:
    quality = np.zeros(60, dtype=np.int16)
    quality[:7] = 16384
    path = light_curve_file(tmp_path / "a.fits", "Kepler", columns={"SAP_QUALITY": quality})
    assert _row(path)["n_flagged"] == 7


def _times(**changed: float) -> np.ndarray:
    time = 1500 + np.arange(60) / 720
    for place, value in changed.items():
        time[int(place[1:])] = value
    return time


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"PDCSAP_FLUX": np.full(60, np.nan, dtype=np.float32)}, "no finite cadence: of 60, 0 are flagged"),
        ({"QUALITY": np.full(60, 128, dtype=np.int32)}, "no finite cadence: of 60, 60 are flagged"),
        ({"PDCSAP_FLUX": np.zeros(60, dtype=np.float32)}, "the median of PDCSAP_FLUX is 0: a relative"),
        ({"PDCSAP_FLUX": np.full(60, -5, dtype=np.float32)}, "the median of PDCSAP_FLUX is -5: "),
        ({"TIME": _times(_30=1400.0)}, "time does not increase at cadence 1030"),
        ({"TIME": _times(_59=1e9)}, "the times run from 2019-01-16 to BTJD 1e[+]09"),
        ({"TIME": _times(_59=2000.0)}, "the times span 500 d; a segment lasts at most 200 d"),
        ({"TIME": _times(_0=-1e308, _59=1e308)}, "the times run from BTJD -1e[+]308 to BTJD 1e[+]308"),
        (
            {"PDCSAP_FLUX_ERR": np.zeros(60), "PDCSAP_FLUX": np.ones(60)},
            "no finite cadence: of 60, 0 are flagged",
        ),
        ({"PDCSAP_FLUX": np.full(60, 1e308)}, "no finite cadence: of 60, 0 are flagged"),
        ({"PDCSAP_FLUX_ERR": np.full(60, 1e300)}, "no finite cadence: of 60, 0 are flagged"),
        ({"PDCSAP_FLUX_ERR": np.full(60, 1e-50)}, "no finite cadence: of 60, 0 are flagged"),
        ({"CADENCENO": np.arange(60) + 2**40}, "column CADENCENO holds numbers beyond 32 bits"),
        ({"QUALITY": np.zeros(60, dtype=np.float32)}, "column QUALITY does not hold whole numbers"),
    ],
)
def test_unusable_cadences_are_named(
    tmp_path: Path, columns: dict[str, np.ndarray | None], reason: str
) -> None:
    path = light_curve_file(tmp_path / "a.fits", columns=columns)
    with pytest.raises(LightCurveError, match=reason):
        _row(path)


@pytest.mark.parametrize("errors", [None, np.zeros(60), np.full(60, np.nan), np.full(60, -1.0)])
def test_without_any_positive_error_the_scatter_counts(tmp_path: Path, errors: np.ndarray | None) -> None:
    flux = 2000 + np.random.default_rng(1).normal(0, 4, 60)
    columns = {"PDCSAP_FLUX": flux, "PDCSAP_FLUX_ERR": errors}
    row = _row(light_curve_file(tmp_path / "a.fits", columns=columns))
    assert not row["has_errors"]
    assert np.ptp(row["light_curve"]["flux_err"]) == 0
    assert row["light_curve"]["flux_err"][0] == pytest.approx(0.002, rel=0.3)
    one = np.where(np.arange(60) == 7, 3.0, np.nan)
    mostly = _row(light_curve_file(tmp_path / "b.fits", columns={**columns, "PDCSAP_FLUX_ERR": one}))
    assert (mostly["has_errors"], mostly["n_points"]) == (True, 1), "errors that are there are not replaced"


def test_what_is_finite_and_positive_only_in_double_precision_is_left_out(tmp_path: Path) -> None:
    flux, error = np.full(60, 2000.0), np.full(60, 2.0)
    flux[3], error[4], error[5] = 1e80, 1e80, 1e-50
    row = _row(light_curve_file(tmp_path / "a.fits", columns={"PDCSAP_FLUX": flux, "PDCSAP_FLUX_ERR": error}))
    curve = row["light_curve"]
    assert (row["n_points"], row["n_not_finite"], row["median_flux"]) == (57, 3, 2000)
    assert np.isfinite(curve["flux"]).all()
    assert (curve["flux_err"] == np.float32(0.001)).all()


def test_a_refused_file_fails_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "a.fits").write_text("time,flux\n")
    with pytest.raises(LightCurveError, match="not described"):
        _row(tmp_path / "a.fits")


def test_a_header_only_change_leaves_the_content_as_it_was(shared_data: Path, tmp_path: Path) -> None:
    original = shared_data / "tess_lc" / "exovetter_wasp18b_lc.fits"
    changed = tmp_path / "changed.fits"
    with fits.open(original, memmap=False) as hdus:
        hdus[0].header.update({"DATE": "2031-01-01", "PROCVER": "spoc-9", "DATA_REL": 99, "RA_OBJ": 1.0})
        hdus[0].header["HISTORY"] = "rewritten"
        hdus[1].header["COMMENT"] = "rewritten"
        hdus.writeto(changed, checksum=True)
    before, after = _row(original), _row(changed)
    content = {column.name for column in LIGHT_CURVES_SCHEMA.content} - {"data_release", "file_created"}
    for name, array in before.pop("light_curve").items():
        assert array.tobytes() == after["light_curve"][name].tobytes(), name
    assert {name: value for name, value in before.items() if name in content} == {
        name: after[name] for name in content - {"light_curve"}
    }
    assert before["ra_deg"] != after["ra_deg"]
    assert (before["data_release"], after["data_release"]) == (42, 99)
