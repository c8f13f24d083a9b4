"""The row of a file tells what its light curve is, or why it cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from astro_assets.xray.schemas import XRAY_LIGHT_CURVES_SCHEMA, XrayLightCurvesConfig
from astro_assets.xray.tables import (
    accepted_curves,
    compute_xray_light_curves,
    light_curve_of_row,
    mean_rates,
    xray_files,
)
from astro_assets_tests.xray.made_files import BANDS_KEV, TIME, dmextract_file, srctool_file, xmm_file


def row_of(
    path: Path, config: XrayLightCurvesConfig | None = None, description: str | None = None
) -> dict[str, Any]:
    """Compute the row of a file."""
    file = {"sha256": path, "target_id": "TIC 42", "description": description}
    parents = {"observation_files": [file]}
    (row,) = compute_xray_light_curves("0" * 64, parents, config or XrayLightCurvesConfig())
    assert set(row) - {"origin"} == set(XRAY_LIGHT_CURVES_SCHEMA.names)
    return row


def test_a_row_tells_bins_bands_counts_and_times(tmp_path: Path) -> None:
    row = row_of(srctool_file(tmp_path / "a.fits"))

    assert (row["status"], row["form"], row["target_id"], row["hdu"]) == (
        "accepted",
        "erosita_srctool",
        "TIC 42",
        1,
    )
    assert (row["n_bins"], row["n_unexposed"], row["n_bands"]) == (5, 1, 3)
    assert list(zip(row["band_low_kev"], row["band_high_kev"], strict=True)) == list(BANDS_KEV)
    assert row["total_counts"] == [4.0, 20.0, 1.0]
    np.testing.assert_allclose(row["exposure_s"], [14.0, 14.0, 8.4], rtol=1e-6)
    assert row["start_mjd"] == pytest.approx(51543.875 + 995 / 86400, abs=1e-9)
    assert row["end_mjd"] == pytest.approx(51543.875 + (15.6e6 + 5) / 86400, abs=1e-9)
    assert (row["median_width_s"], row["duration_s"]) == (10.0, 15.6e6 - 990)
    assert row["has_counts"]
    assert row["has_asymmetric_errors"]
    assert "origin" not in row
    np.testing.assert_array_equal(light_curve_of_row(row).time_s, TIME)


def test_rates_alone_have_no_counts(tmp_path: Path) -> None:
    row = row_of(xmm_file(tmp_path / "a.fits"))

    assert (row["has_counts"], row["total_counts"], row["has_told_bands"]) == (False, None, False)
    assert row["mean_rate"] == [pytest.approx((0.4 * 0.9 + 0.5 * 0.95 + 0.9 * 0.95) / 2.8, rel=1e-6)]


def test_means_are_weighted_by_exposure(tmp_path: Path) -> None:
    curve = light_curve_of_row(row_of(dmextract_file(tmp_path / "a.fits")))

    assert mean_rates(curve)[0] == pytest.approx((2.6 + 0.4 + 7.8) / (98 + 98 + 49))


def test_what_cannot_be_used_is_a_row_with_the_reason(tmp_path: Path) -> None:
    row = row_of(xmm_file(tmp_path / "a.fits", TIMEDEL=None))

    assert (row["status"], row["reason_code"]) == ("refused", "width_unknown")
    assert "HDU 1 (RATE)" in row["refusal_reason"]
    assert "add a column TIMEDEL" in row["refusal_reason"]
    assert row["light_curve"] is None


def test_the_table_is_chosen_by_a_setting(tmp_path: Path) -> None:
    path = xmm_file(tmp_path / "a.fits")

    assert row_of(path, XrayLightCurvesConfig(hdu="1"))["status"] == "accepted"
    assert row_of(path, XrayLightCurvesConfig(hdu="OTHER"))["reason_code"] == "no_light_curve"


def test_a_table_is_read_as_its_line_says(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1 3 0.5\n2 4 0.5\n")
    cells = {
        "band_kev": "2-10",
        "time": "0",
        "rate": "1",
        "rate_err": "2",
        "width_s": "1",
        "object_name": "X-1",
    }
    row = row_of(tmp_path / "a.txt", description=json.dumps(cells))

    assert (row["form"], row["n_bins"], row["object_name"]) == ("described_text", 2, "X-1")
    assert (row["band_low_kev"], row["mean_rate"]) == ([2.0], [3.5])
    row = row_of(tmp_path / "a.txt", description=json.dumps(cells | {"time": ""}))
    assert row["reason_code"] == "description_invalid"


def test_simulated_files_say_so(tmp_path: Path) -> None:
    assert row_of(srctool_file(tmp_path / "a.fits", SIMULATE=True))["origin"] == "simulated"


def test_only_files_of_x_rays_are_read() -> None:
    files = pl.DataFrame(
        {
            "status": ["passed_on", "passed_on", "accepted", "refused"],
            "product": ["xray_light_curve", "image", "mission", None],
        }
    )
    assert xray_files(files).height == 1
    assert accepted_curves(files.select(status="status")).height == 1
