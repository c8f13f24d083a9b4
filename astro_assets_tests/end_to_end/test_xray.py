"""A folder of X-ray light curves through the commands: rows, refusals, lineage; nothing of it is searched."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.table import Table
from astro_assets.ledger.worker import resolve_references
from astro_assets.observations.tables import LIGHT_CURVES, OBSERVATION_FILES
from astro_assets.tables import TABLES
from astro_assets.xray import pictures
from astro_assets.xray.reading.files import read_file
from astro_assets.xray.tables import XRAY_LIGHT_CURVES, light_curve_of_row
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.orchestration import homes
from astro_assets_tests.xray.made_files import (
    SWIFT_TEXT,
    TIME,
    dmextract_file,
    rxte_file,
    srctool_file,
    swift_json,
    xmm_file,
)

pytestmark = pytest.mark.slow

#: Real files, one of each form, in their folder.
REAL = (
    "bexvar_erosita_format/red_020_LightCurve_00022.fits.gz",
    "xraylcs/CoolStellarFlares/FITS/CC_Eri.fits",
    "xraylcs/DNe/SSCyg/xp5001101_e5_n2a.lc",
    "xraylcs/DNe/GWLib.txt",
    "xraylcs/Oddballs/CDF-S_XT1_xt_lc.fits",
    "xraylcs/GRBs/short/GRB050724A.txt",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("xray")
    files = root / "files"
    files.mkdir()
    srctool_file(files / "em01_020_LightCurve_00022.fits.gz")
    srctool_file(files / "simulated.fits", older=True, SIMULATE=True)
    xmm_file(files / "epic.fits")
    rxte_file(files / "pca.lc")
    dmextract_file(files / "acis.fits")
    (files / "gwlib.qdp").write_text(SWIFT_TEXT)
    swift_json(files / "grb.json")
    papers = files / "papers"
    papers.mkdir()
    (papers / "table.txt").write_text("MJD Flux\n57289.25 5e-12\n57291.5 7e-12\n")
    cells = "file,band_kev,time,time_unit,rate,rate_unit,width_s,object_name"
    line = "table.txt,0.3-10,MJD,mjd,Flux,erg/s/cm2,1000,X-1"
    (papers / "targets.csv").write_text(f"{cells}\n{line}\n")
    xmm_file(files / "nameless.fits", TELESCOP="NEW")
    xmm_file(files / "timeless.fits", TIME=("D", "s", [1.0, np.nan, 2.0, 3.0]))
    return root


@pytest.fixture(scope="module")
def home(folder: Path) -> Home:
    home = open_home(folder / "home", n_shards=homes.N_SHARDS)
    result = astro_assets("run", "--observations", folder / "files", home=home)
    assert result.returncode == 0, result.stderr
    (folder / "said.txt").write_text(result.stdout + result.stderr)
    return home


def rows(home: Home, table: Table, *columns: str) -> pl.DataFrame:
    return (
        open_ledger(home, TABLES).open(table).rows(list(columns)).select("key", "origin", *columns).collect()
    )


def test_every_light_curve_is_a_row_or_refused_with_a_reason(home: Home, folder: Path) -> None:
    found = rows(home, XRAY_LIGHT_CURVES, "status", "form", "reason_code")
    assert dict(found["status"].value_counts().iter_rows()) == {"accepted": 8, "refused": 2}
    forms = found["form"].drop_nulls().value_counts()
    assert dict(forms.iter_rows()) == {
        "erosita_srctool": 2, "ogip_rate": 2, "chandra_dmextract": 1, "swift_xrt_text": 1,
        "swift_xrt_json": 1, "described_text": 1,
    }  # fmt: skip
    said = (folder / "said.txt").read_text()
    assert "2 files were refused" in said
    assert "bands_unknown  nameless.fits: HDU 1 (RATE): 1 bands, of which the header tells 0" in said
    assert "time_unknown   timeless.fits: HDU 1 (RATE), row 2: the time is nan" in said


def test_none_of_them_is_a_light_curve_of_a_star(home: Home) -> None:
    products = rows(home, OBSERVATION_FILES, "status", "product").drop_nulls("product")  # of the targets.csv
    assert dict(products["product"].value_counts().iter_rows()) == {"xray_light_curve": 10}
    assert rows(home, LIGHT_CURVES, "product").is_empty()


def test_bins_bands_and_errors_are_kept_as_the_file_has_them(home: Home, folder: Path) -> None:
    ledger = open_ledger(home, TABLES)
    names = list(XRAY_LIGHT_CURVES.schema.names)
    told = (
        ledger.open(XRAY_LIGHT_CURVES)
        .rows(names)
        .filter(pl.col("has_asymmetric_errors"), pl.col("n_bands") == 3)
    )
    row = told.collect().row(0, named=True)
    stored = resolve_references({"light_curve": row["light_curve"]}, XRAY_LIGHT_CURVES, ledger.objects)
    curve = light_curve_of_row(row | stored)
    read = read_file(folder / "files" / "em01_020_LightCurve_00022.fits.gz").light_curve

    np.testing.assert_array_equal(curve.time_s, TIME)
    for name in ("counts", "rate", "rate_error_minus", "rate_error_plus", "fractional_exposure"):
        np.testing.assert_array_equal(getattr(curve, name), getattr(read, name))
    assert row["n_unexposed"] == 1


def test_simulated_files_are_of_simulated_origin(home: Home) -> None:
    origins = rows(home, XRAY_LIGHT_CURVES, "status")["origin"].value_counts()
    assert dict(origins.iter_rows()) == {"real": 9, "simulated": 1}


def test_pictures_show_them(home: Home) -> None:
    ledger = open_ledger(home, TABLES)
    for draw in (pictures.latest_curve, pictures.distributions):
        picture = draw(ledger)
        assert picture is not None
        assert picture.startswith(b"\x89PNG")
        assert len(picture) < 50_000
    refused = pictures.refused_curves(ledger)
    assert refused is not None
    assert "2 refused" in refused
    assert "`nameless.fits`: bands_unknown" in refused


def test_lineage_leads_to_the_file(home: Home) -> None:
    (key,) = rows(home, XRAY_LIGHT_CURVES, "form").filter(pl.col("form") == "chandra_dmextract")["key"]
    result = astro_assets("lineage", "xray/xray_light_curves", key, "--format", "json", home=home)
    assert result.returncode == 0, result.stderr
    assert "acis.fits" in result.stdout
    json.loads(result.stdout)


def test_nothing_is_computed_twice_and_a_new_file_alone_is_read(home: Home, folder: Path) -> None:
    before = rows(home, XRAY_LIGHT_CURVES, "status").height
    new = rxte_file(folder / "new.lc", OBJECT="ANOTHER")
    result = astro_assets("run", "--observations", new, home=home)
    assert result.returncode == 0, result.stderr
    assert rows(home, XRAY_LIGHT_CURVES, "status").height == before + 1


def test_a_home_without_such_files_draws_nothing(tmp_path: Path) -> None:
    ledger = open_ledger(open_home(tmp_path / "home", n_shards=homes.N_SHARDS), TABLES)
    assert pictures.latest_curve(ledger) is None
    assert pictures.distributions(ledger) is None
    assert pictures.refused_curves(ledger) is None


def test_real_files_of_each_telescope_become_rows(shared_data: Path, tmp_path: Path) -> None:
    files = tmp_path / "files"
    files.mkdir()
    for name in REAL:
        shutil.copy(shared_data / "xray_lc" / name, files)
    home = open_home(tmp_path / "home", n_shards=homes.N_SHARDS)
    result = astro_assets("run", "--observations", files, home=home)
    assert result.returncode == 0, result.stderr
    columns = ("status", "telescope", "n_bins", "n_bands", "start_mjd", "has_counts", "object_name")
    found = rows(home, XRAY_LIGHT_CURVES, *columns)
    assert found["status"].to_list() == ["accepted"] * len(REAL)
    by_telescope = {row["telescope"]: row for row in found.to_dicts() if row["object_name"] != "GW Lib"}
    assert by_telescope["eROSITA"]["n_bins"] == 3740
    assert by_telescope["eROSITA"]["n_bands"] == 3
    assert by_telescope["XTE"]["n_bins"] == 2400
    assert by_telescope["XTE"]["start_mjd"] == pytest.approx(51677.0089, abs=1e-3)  # 2000-05-13T00:12:32
    assert by_telescope["CHANDRA"]["has_counts"]
