"""A folder of images through the commands: frames, a night's light curve, cutouts, pages; bad files named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from astropy.io import fits

from astro_assets.images.cutout_tables import CUTOUTS
from astro_assets.images.photometry_tables import FRAME_SOURCES, PHOTOMETRIC_LIGHT_CURVES
from astro_assets.images.tables import FRAMES
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.ledger import open_ledger
from astro_assets.ledger.lineage import lineage
from astro_assets.ledger.table import Table
from astro_assets.tables import TABLES
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.images.made_images import image_file, pixel_file, wcs_cards
from astro_assets_tests.images.photometry.star_field import CADENCE_DAYS, SITE, START, field, night
from astro_assets_tests.orchestration import homes

pytestmark = pytest.mark.slow

N_FRAMES = 24
DEPTH = 0.02
SECONDS = 86400


def _night(folder: Path) -> list[Path]:
    """Write a night of frames in which the first star dips, with a targets.csv beside them."""
    folder.mkdir()
    dip = np.ones(N_FRAMES)
    dip[9:16] -= DEPTH
    frames = night(field(60), N_FRAMES, dips={0: dip})
    paths = []
    for number, frame in enumerate(frames.values()):
        cards = {"OBJECT": "HD 1", "EXPTIME": 60.0, "FILTER": "Clear", "RA": 31.3, "DEC": 46.8}
        cards |= {"MJD-OBS": START + number * CADENCE_DAYS - 30 / SECONDS, "SITELAT": SITE.latitude_deg}
        cards |= {"SITELONG": SITE.longitude_deg, "SITEELEV": SITE.elevation_m}
        path = folder / f"frame{number:02d}.fits"
        paths.append(
            image_file(path, frame.image.astype(np.float32), form=("plain", "gzip")[number % 2], **cards)
        )
    middle = "160,120"  # the first star, in the middle of the first frame
    (folder / "targets.csv").write_text(f"file,target_id,target_x,target_y\nframe00.fits,TIC 42,{middle}\n")
    return paths


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("images")
    _night(root / "night")
    other = root / "other"
    other.mkdir()
    image_file(other / "sky.fits", form="tiles", OBJECT="field", **wcs_cards())
    fits.PrimaryHDU(np.zeros((3, 60, 80), "f4")).writeto(other / "cube.fits")
    content = bytearray((other / "sky.fits").read_bytes())
    (other / "cut.fits").write_bytes(content[: len(content) // 2])
    return root


@pytest.fixture(scope="module")
def home(folder: Path) -> Home:
    home = open_home(folder / "home", n_shards=homes.N_SHARDS)
    result = astro_assets(
        "run", "--observations", folder / "night", "--observations", folder / "other", home=home
    )
    assert result.returncode == 0, result.stderr
    (folder / "said.txt").write_text(result.stdout + result.stderr)
    return home


def rows(home: Home, table: Table, *columns: str) -> pl.DataFrame:
    return open_ledger(home, TABLES).open(table).rows(list(columns)).select("key", *columns).collect()


def test_every_image_is_a_frame_or_refused_with_a_reason(home: Home, folder: Path) -> None:
    frames = rows(home, FRAMES, "status", "reason_code", "series_id")
    assert dict(frames["status"].value_counts().iter_rows()) == {"accepted": N_FRAMES + 1, "refused": 1}
    assert frames["reason_code"].drop_nulls().to_list() == ["not_one_image"]
    assert frames["series_id"].drop_nulls().unique().to_list() == ["HD-1_2017-12-19_Clear_320x240"]
    said = (folder / "said.txt").read_text()
    assert "2 files were refused" in said
    assert "not_one_image  cube.fits: " in said
    assert "truncated" in said
    assert "targets.csv" not in said


def test_the_night_is_a_light_curve_in_which_the_transit_shows(home: Home) -> None:
    columns = ("target_id", "n_points", "dip_mid_btjd", "dip_depth_ppm", "dip_delta_bic", "start_btjd")
    (row,) = rows(home, PHOTOMETRIC_LIGHT_CURVES, *columns).to_dicts()
    assert (row["target_id"], row["n_points"]) == ("TIC 42", N_FRAMES)
    assert row["dip_depth_ppm"] == pytest.approx(1e6 * DEPTH, rel=0.25)
    middle = row["start_btjd"] + 12 * CADENCE_DAYS
    assert row["dip_mid_btjd"] == pytest.approx(middle, abs=1.5 * CADENCE_DAYS)
    assert row["dip_delta_bic"] > 10


def test_the_transit_wing_searches_it_and_lineage_leads_to_the_frames(home: Home, folder: Path) -> None:
    curves = rows(home, DETRENDED_LIGHT_CURVES, "target_id", "mission", "n_points")
    assert curves.rows() == [("TIC 42~photometry", "TIC 42", "ground", N_FRAMES)]
    result = astro_assets(
        "lineage", "transits/detrended_light_curves", "TIC 42~photometry", "--format", "json", home=home
    )
    assert result.returncode == 0, result.stderr
    names = {f"frame{number:02d}.fits" for number in range(N_FRAMES)}
    assert {name for name in names if name in result.stdout} == names


def test_places_are_cut_out_and_kept_up_to_date(home: Home, folder: Path) -> None:
    places = folder / "places.txt"
    places.write_text(
        "TIC 7, 150.0, 2.0\nedge, 150.021, 2.0 # beside it nothing is seen\nelsewhere, 10, 10\n"
    )
    out = folder / "cut"
    result = astro_assets("cutouts", "--list", places, "--side", "20", "--out", out, home=home)
    assert result.returncode == 0, result.stderr
    found = rows(home, CUTOUTS, "place", "target_id", "side", "missing_fraction", "is_padded").sort("place")
    assert found["place"].to_list() == ["TIC 7", "edge"]
    assert found["target_id"].to_list() == ["TIC 7", None]
    assert found["is_padded"].to_list() == [False, True]
    assert found["missing_fraction"][1] > 0.2
    for path in out.iterdir():
        with fits.open(path, checksum=True) as hdus:
            assert hdus[0].data.shape == (11, 11)
            assert "CTYPE1" in hdus[0].header
            assert set(np.unique(hdus["MASK"].data)) == ({0, 1} if "edge" in path.name else {0})
    assert sorted(path.name.split("_")[0] for path in out.iterdir()) == ["TIC-7", "edge"]
    # A new image that shows the places.
    new = image_file(folder / "new.fits", OBJECT="again", **wcs_cards(150.01, 2.0))
    assert astro_assets("run", "--observations", new, home=home).returncode == 0
    assert rows(home, CUTOUTS, "place")["place"].value_counts().sort("place")["count"].to_list() == [2, 2]


def test_a_table_of_places_and_a_cube_over_time(home: Home, folder: Path) -> None:
    flux = np.random.default_rng(1).normal(100, 1, (6, 7, 9)).astype(np.float32)
    pixels = pixel_file(folder / "pixels.fits", flux, OBJECT="TIC 43")
    assert astro_assets("run", "--observations", pixels, home=home).returncode == 0
    table = folder / "mine.csv"
    table.write_text("target_id,Vmag,RAJ2000,DEJ2000\nTIC 43,9.1,84.0,-80.0\n")
    out = folder / "cubes"
    result = astro_assets("cutouts", "--list", table, "--side", "105", "--out", out, home=home)
    assert result.returncode == 0, result.stderr
    image, cube = sorted(out.iterdir(), key=lambda path: len(path.name))
    assert cube.name == image.name.replace(".fits", "_cube.fits")
    with fits.open(cube, checksum=True) as hdus:
        np.testing.assert_array_equal(hdus[0].data, flux[:, 1:6, 2:7])
        assert len(hdus["TIMES"].data) == 6
    table.write_text("target_id,ra,dec\nTIC 43,05:36:00,-80:00:00\n")
    unclear = astro_assets("cutouts", "--list", table, home=home)
    assert unclear.returncode == 2
    assert "mine.csv: line 2: TIC 43: '05:36:00' is in hours" in unclear.stderr
    large = astro_assets("cutouts", "TIC 43,84.0,-80.0", "--side", "14400", "--out", out, home=home)
    assert large.returncode == 0, large.stderr  # 687 pixels of TESS, most of them beyond the edge
    finer = astro_assets("cutouts", "TIC 7,150,2", "--side", "2060", home=home)
    assert finer.returncode == 1
    assert "failed TIC 7: SideError: image " in finer.stderr
    assert "from 3 to 1025 are cut out: ask for at most 2050 arcsec" in finer.stderr
    assert "no image shows" not in finer.stdout
    assert (
        astro_assets("cutouts", "TIC 7,150,2", "--side", "20", "--remove", "TIC 43", home=home).returncode
        == 0
    )


def test_a_place_whose_position_nobody_knows_is_refused(home: Home) -> None:
    result = astro_assets("cutouts", "TIC 99", home=home)
    assert result.returncode == 2
    assert "TIC 99: its position is not known here; give it as NAME,RA,DEC" in result.stderr


def test_places_that_are_not_clear_are_refused(home: Home) -> None:
    twice = astro_assets("cutouts", "M 67,1,2", "M 67,3,4", home=home)
    assert (twice.returncode, "M 67: two places have this name" in twice.stderr) == (2, True)
    unknown = astro_assets("cutouts", "--remove", "M 68", home=home)
    assert (unknown.returncode, "M 68: no place of this name" in unknown.stderr) == (2, True)


def test_a_place_keeps_its_side_and_can_be_taken_back(home: Home) -> None:
    again = astro_assets("cutouts", "edge,150.021,2.0", "--remove", "TIC 7", home=home)
    assert again.returncode == 0, again.stderr
    found = rows(home, CUTOUTS, "place", "side")
    assert found["place"].unique().to_list() == ["edge"]
    assert found["side"].unique().to_list() == [11]


def test_pages_show_the_night_and_the_gallery(home: Home) -> None:
    result = astro_assets("report", home=home)
    assert result.returncode == 0, result.stderr
    report = home.root / "report"
    gallery = (report / "images.html").read_text()
    assert "HD-1_2017-12-19_Clear_320x240" in gallery
    assert gallery.count("<img") > N_FRAMES
    assert "cube.fits" in gallery
    assert len(gallery) < 500_000
    assert "images.html" in (report / "index.html").read_text()
    page = (report / "targets" / "TIC-42.html").read_text()
    assert "Nights of photometry" in page
    assert "Mid-time of the dip" in page


def test_one_more_frame_costs_its_own_sources_and_its_night(home: Home, folder: Path) -> None:
    ledger = open_ledger(home, TABLES)
    before = ledger.open(FRAME_SOURCES).units(["key", "run_id"]).collect()
    frames = night(field(60), N_FRAMES + 1)
    last = list(frames.values())[-1]
    cards = {"OBJECT": "HD 1", "EXPTIME": 60.0, "FILTER": "Clear", "RA": 31.3, "DEC": 46.8}
    cards |= {"MJD-OBS": START + N_FRAMES * CADENCE_DAYS - 30 / SECONDS, "SITELAT": SITE.latitude_deg}
    cards |= {"SITELONG": SITE.longitude_deg, "SITEELEV": SITE.elevation_m}
    path = image_file(folder / "one.fits", last.image.astype(np.float32), **cards)
    assert astro_assets("run", "--observations", path, home=home).returncode == 0
    after = open_ledger(home, TABLES).open(FRAME_SOURCES).units(["key", "run_id"]).collect()
    assert after.height == before.height + 1
    assert after.join(before, on=["key", "run_id"], how="semi").height == before.height
    assert rows(home, PHOTOMETRIC_LIGHT_CURVES, "n_points")["n_points"].to_list() == [N_FRAMES + 1]
    node = lineage(open_ledger(home, TABLES), DETRENDED_LIGHT_CURVES, "TIC 42~photometry")
    raw = {one.key for _, one in node.walk() if one.table == "observations/raw_files"}
    assert len(raw) == N_FRAMES + 1
