"""X-ray light curves are passed on to their wing, however packed; light curves of stars never are."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astro_assets.observations.identification import describe_file, identify
from astro_assets.observations.xray_files import is_xray_text
from astro_assets_tests.observations.described import entry
from astro_assets_tests.observations.made_files import light_curve_file
from astro_assets_tests.xray.made_files import (
    SWIFT_TEXT,
    dmextract_file,
    rxte_file,
    srctool_file,
    swift_json,
    xmm_file,
)


@pytest.mark.parametrize("made", [srctool_file, xmm_file, rxte_file, dmextract_file])
def test_fits_of_each_telescope_is_passed_on(tmp_path: Path, made: Callable[[Path], Path]) -> None:
    identity = identify(made(tmp_path / "a.txt"))
    assert (identity.status, identity.product, identity.reason_code) == (
        "passed_on",
        "xray_light_curve",
        None,
    )


def test_it_is_so_in_gzip(tmp_path: Path) -> None:
    assert identify(srctool_file(tmp_path / "a.fits.gz")).product == "xray_light_curve"
    content = (tmp_path / "a.fits.gz").read_bytes()
    (tmp_path / "b.fits.gz").write_bytes(content[: len(content) // 2])
    assert identify(tmp_path / "b.fits.gz").status == "refused"


def test_text_and_json_of_swift_are_passed_on(tmp_path: Path) -> None:
    (tmp_path / "a.qdp").write_text(SWIFT_TEXT)
    assert identify(tmp_path / "a.qdp").product == "xray_light_curve"
    row = describe_file(swift_json(tmp_path / "a.json"), "0" * 64, "a.json", '{"target_id": "TIC 42"}')
    assert (row["status"], row["product"], row["target_id"]) == ("passed_on", "xray_light_curve", "TIC 42")


def test_a_table_that_is_described_as_a_missions_is_one(tmp_path: Path) -> None:
    described = entry(
        target_id="TIC 42", mission="TESS", time_format="btjd", time="Time", flux="Rate", flux_err="Ratepos"
    )
    rows = "\n".join(f"{1500 + n / 700:.6f} 0.001 -0.001 1.0 0.1 -0.1" for n in range(100))
    (tmp_path / "a.txt").write_text(f"Time T_+ve T_-ve Rate Ratepos Rateneg\n{rows}\n")
    assert identify(tmp_path / "a.txt").product == "xray_light_curve"
    assert identify(tmp_path / "a.txt", described).product == "table"


def test_their_list_is_no_observation(tmp_path: Path) -> None:
    (tmp_path / "targets.csv").write_text("file,band_kev,time,rate,width_s\na.txt,2-10,0,1,1\n")
    assert identify(tmp_path / "targets.csv").reason_code == "not_an_observation"


def test_a_table_whose_line_tells_a_band_is_of_x_rays(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"{n} {n % 7 + 1} 0.5\n" for n in range(50)))
    told = {"band_kev": "2-10", "time": "0", "rate": "1", "rate_err": "2", "width_s": "1"}
    assert identify(tmp_path / "a.txt").reason_code == "not_described"
    assert identify(tmp_path / "a.txt", json.dumps(told)).product == "xray_light_curve"
    assert identify(light_curve_file(tmp_path / "b.fits"), json.dumps(told)).product == "mission"


@pytest.mark.parametrize("mission", ["TESS", "Kepler", "K2"])
def test_light_curves_of_stars_stay_where_they_are(tmp_path: Path, mission: str) -> None:
    path = light_curve_file(tmp_path / "a.fits", mission)
    with fits.open(path, mode="update") as hdus:
        hdus[1].header["HDUCLAS1"] = "LIGHTCURVE"
    assert identify(path).status == "accepted"
    assert identify(path).product == "mission"


@pytest.mark.parametrize(
    ("telescope", "instrument"), [("XMM", "OM"), ("SWIFT", "UVOTA"), ("ASTROSAT", "UVIT")]
)
def test_monitors_of_visible_light_on_x_ray_telescopes_are_none(
    tmp_path: Path, telescope: str, instrument: str
) -> None:
    identity = identify(xmm_file(tmp_path / "a.fits", TELESCOP=telescope, INSTRUME=instrument))
    assert (identity.status, identity.product) != ("passed_on", "xray_light_curve")


def test_a_table_of_rates_with_columns_of_stars_is_none(tmp_path: Path) -> None:
    for number, names in enumerate(
        (("TIME", "RATE"), ("TIME", "RATE", "FLUX"), ("TIME", "SPEED"), ("RATE",))
    ):
        columns = [fits.Column(name, "D", array=np.arange(3.0)) for name in names]
        table = fits.BinTableHDU.from_columns(columns, name="RATE")
        fits.HDUList([fits.PrimaryHDU(), table]).writeto(path := tmp_path / f"{number}.fits")
        assert (identify(path).product == "xray_light_curve") == (number == 0)


def test_events_are_no_light_curve(tmp_path: Path) -> None:
    path = xmm_file(tmp_path / "a.fits", HDUCLAS1="EVENTS", EXTNAME="EVENTS")
    assert identify(path).status == "refused"


@pytest.mark.parametrize(
    "head", [b"", b"1 2\n3 4", b"T_+ve only", b'{"Time": 3}', gzip.compress(b"x"), b"\xff\xfe"]
)
def test_other_beginnings_are_not_swifts(head: bytes) -> None:
    assert not is_xray_text(head, None)


def test_all_real_files_go_where_they_belong(shared_data: Path) -> None:
    """Every FITS of rates and every text with Swift's columns, and nothing of other folders."""
    products: dict[str, set[str | None]] = {}
    for folder in ("xray_lc/bexvar_erosita_format", "xray_lc/xraylcs/DNe/SSCyg", "xray_lc/xraylcs/GRBs/short",
                   "tess_lc", "kepler_lc/eb_kepler_binaries"):  # fmt: skip
        files = [path for path in (shared_data / folder).iterdir() if path.is_file()]
        assert files
        products[folder] = {identify(path).product for path in files}
    *xray, tess, binaries = products.values()
    assert xray == [{"xray_light_curve"}] * 3
    assert "xray_light_curve" not in tess | binaries
