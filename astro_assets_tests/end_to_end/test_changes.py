"""Two nights of a field: a segmenter is trained on purpose, and a new source of the second night is found."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from astro_assets.images.change_pictures import best_anomalies, latest_differences
from astro_assets.images.change_tables import ANOMALIES, FRAME_CHANGES, REFERENCE_FRAMES
from astro_assets.images.segmenter_models import ANOMALY_SEGMENTER
from astro_assets.images.segmenter_tables import INJECTED_SCENES, SIMULATED_SCENES
from astro_assets.ledger.hashing import sha256_of
from astro_assets.ledger.home import Home, open_home
from astro_assets.ledger.model_tables import MODEL_MEMBERS
from astro_assets.ledger.model_versions import versions
from astro_assets.ledger.page_names import report_folder
from astro_assets.ledger.table import Table
from astro_assets.on_demand import asked_for
from astro_assets_tests.cli.commands import astro_assets
from astro_assets_tests.end_to_end.trainings import assert_recorded
from astro_assets_tests.images.made_images import image_file, wcs_cards
from astro_assets_tests.images.photometry.star_field import SHAPE, exposure, field, light, turned
from astro_assets_tests.orchestration import homes

pytestmark = pytest.mark.slow

#: Enough to find what is bright.
SMALL = (
    "scenes.rows=96", "scenes.columns=96", "scenes.transients=150", "scenes.asteroids=100",
    "scenes.snr=[8.0, 60.0]", "network.width=8", "network.blocks=1", "network.deep_blocks=0",
    "extraction.false_per_megapixel=20.0", "score.trees=30", "score.leaf_candidates=10", "epochs=6",
    "scenes_an_epoch=16", "validation_scenes=4", "score_scenes=12", "calibration_scenes=16",
    "test_scenes=6", "crowding=2.0", "learning_rate=1e-2", "averaging=0.9",
)  # fmt: skip
STARS = field(70)
#: Where the new source is on the first frame, and its light.
PLACE, ELECTRONS = np.array([[96.0, 141.0]]), np.array([9000.0])
RA_DEG, DEC_DEG, SCALE_ARCSEC = 150.0, 2.0, 2.0


def _frame(path: Path, night: int, number: int, *, is_new: bool, fwhm: float = 3.0) -> Path:
    shift = (1.7 * number + 4.0 * night, -0.9 * number)
    image = light(turned(STARS.positions, shift=shift), STARS.electrons, fwhm)
    if is_new:
        image += light(turned(PLACE, shift=shift), ELECTRONS, fwhm)
    pixels = exposure(image, 100 * night + number).image
    cards = {"OBJECT": "field 7", "FILTER": "r", "EXPTIME": 60.0, "GAIN": 2.0}
    cards |= {"MJD-OBS": 58107.1 + night + number / 400}
    rows, columns = SHAPE
    cards |= wcs_cards(RA_DEG, DEC_DEG, SCALE_ARCSEC, rows, columns)
    cards["CRPIX1"] += shift[0]
    cards["CRPIX2"] += shift[1]
    return image_file(path, pixels.astype(np.float32), **cards)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = open_home(tmp_path_factory.mktemp("changes") / "home", n_shards=homes.N_SHARDS)
    for number in range(4):
        fwhm = 2.8 if number == 2 else 3.0
        _frame(home.inbox / f"first{number}.fits", 0, number, is_new=False, fwhm=fwhm)
        if number < 2:
            _frame(home.inbox / f"second{number}.fits", 3, number, is_new=True)
    result = astro_assets("run", home=home)
    assert result.returncode == 0, result.stderr
    assert rows(home, REFERENCE_FRAMES, "frame_sha256").is_empty(), "nobody has asked for changes yet"
    changes = [part for setting in SMALL for part in ("--set", setting)]
    result = astro_assets("train", "anomaly_segmenter", "--mode", "custom", *changes, home=home)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "anomaly segmenter: epoch" in result.stderr.replace("\n", " "), "a training shows how far it is"
    return home


def rows(home: Home, table: Table, *columns: str) -> pl.DataFrame:
    return homes.ledger_of(home).open(table).rows(list(columns)).select("key", *columns).collect()


def test_the_version_names_the_scenes_that_it_was_trained_on(home: Home) -> None:
    (version,) = versions(homes.ledger_of(home), ANOMALY_SEGMENTER.name)
    assert (version["aliases"], version["origin"]) == (["champion"], "simulated")
    members = set(rows(home, MODEL_MEMBERS, "member_key")["member_key"])
    scenes = rows(home, SIMULATED_SCENES, "role", "n_scenes", "settings")
    pairs = homes.ledger_of(home).open(INJECTED_SCENES).rows([]).select("key", "origin").collect()
    assert pairs["origin"].to_list() == ["injected"] * 5, "every frame but the reference"
    assert {*scenes["key"], *pairs["key"]} == members
    assert version["figures"]["injected_pairs"] == 5
    assert dict(scenes.select("role", "n_scenes").iter_rows())["test"] == 6
    assert json.loads(scenes["settings"][0])["rows"] == 96
    card = astro_assets("model-card", "anomaly_segmenter", home=home).stdout
    for said in (version["model_version"], version["training_root"], "| bad subtraction |", "thresholding"):
        assert said in card
    assert version["model_version"] in astro_assets("models", home=home).stdout
    audit = json.loads(astro_assets("audit", "anomaly_segmenter", "--format", "json", home=home).stdout)
    assert audit["version"] == version["model_version"]
    assert_recorded(home, version)


def test_every_frame_is_compared_with_the_sharpest_of_the_first_night(home: Home, tmp_path: Path) -> None:
    pairs = rows(home, REFERENCE_FRAMES, "frame_sha256", "reference_sha256", "not_compared")
    sharpest = _frame(tmp_path / "again.fits", 0, 2, is_new=False, fwhm=2.8)
    assert pairs["reference_sha256"].to_list() == [sha256_of(sharpest)] * 5
    assert sha256_of(sharpest) not in set(pairs["frame_sha256"])
    assert pairs["not_compared"].is_null().all()


def test_the_new_source_is_found_where_it_is_on_the_sky(home: Home) -> None:
    changed = rows(home, FRAME_CHANGES, "series_id", "n_wanted", "not_compared", "missing_fraction")
    assert changed.height == 5
    assert changed["not_compared"].is_null().all()
    assert changed["missing_fraction"].max() < 0.3
    found = rows(home, ANOMALIES, "series_id", "ra_deg", "dec_deg", "snr", "kind")
    middle = np.array([SHAPE[1] - 1, SHAPE[0] - 1]) / 2
    offset = (PLACE[0] - middle) * SCALE_ARCSEC / 3600
    ra, dec = RA_DEG - offset[0] / np.cos(np.radians(DEC_DEG)), DEC_DEG + offset[1]
    near = found.filter(((pl.col("ra_deg") - ra).abs() < 4e-3) & ((pl.col("dec_deg") - dec).abs() < 4e-3))
    second = near.filter(pl.col("series_id").str.contains("12-22"))
    assert second.height == 2, found
    assert second["snr"].min() > 10
    assert near.height == second.height, "there was nothing in the first night"


def test_pictures_show_them(home: Home) -> None:
    ledger = homes.ledger_of(home)
    for draw in (best_anomalies, latest_differences):
        picture = draw(ledger)
        assert picture is not None
        assert picture.startswith(b"\x89PNG")


def test_a_new_frame_alone_is_compared(home: Home) -> None:
    assert set(asked_for(homes.ledger_of(home))) >= {"images/anomalies", "images/anomaly_segmenter"}
    before = rows(home, FRAME_CHANGES)["key"]
    _frame(home.inbox / "second2.fits", 3, 2, is_new=True)
    result = astro_assets("run", home=home)
    assert result.returncode == 0, result.stderr
    for table, others in ((REFERENCE_FRAMES, "6"), (FRAME_CHANGES, "5")):
        computed = next(line for line in result.stdout.splitlines() if table.name in line).split()
        assert computed[1:3] == ["1", others], "one computed, the others as they were"
    assert rows(home, FRAME_CHANGES).height == len(before) + 1


def test_anomalies_made_again_are_the_same_and_stay_where_a_star_of_their_frame_is_retracted(
    home: Home, tmp_path: Path
) -> None:
    before = hashes(home)
    assert len(before) > 1
    result = astro_assets("run", "--recompute", ANOMALIES.name, home=home)
    assert result.returncode == 0, result.stderr
    assert hashes(home) == before
    _frame(tmp_path / "of_a_star.fits", 3, 4, is_new=True)
    (tmp_path / "targets.csv").write_text("file,target_id\nof_a_star.fits,TIC 42\n")
    assert astro_assets("run", "--observations", tmp_path, home=home).returncode == 0
    with_it = hashes(home)
    assert len(with_it) > len(before)
    result = astro_assets("retract", "TIC 42", "--why", "blended", home=home)
    assert result.returncode == 0, result.stdout + result.stderr
    assert hashes(home) == with_it, "a frame is of many stars"


def hashes(home: Home) -> list[str]:
    units = homes.ledger_of(home).open(ANOMALIES).units(["row_hash"]).collect()
    return sorted(value for of_unit in units["row_hash"] for value in of_unit)


def test_files_are_compared_without_being_stored(home: Home, tmp_path: Path) -> None:
    reference = _frame(tmp_path / "deep.fits", 0, 2, is_new=False, fwhm=2.8)
    science = _frame(tmp_path / "new.fits", 3, 1, is_new=True)
    command = ("compare", science, "--reference", reference, "--format", "json")
    result = astro_assets(*command, home=home)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    shift = np.array([1.7 * 2, -0.9 * 2])
    places = np.array([[row["x"], row["y"]] for row in found])
    assert np.abs(places - (PLACE[0] + shift)).max(axis=1).min() < 1.0
    assert all(row["ra_deg"] is not None for row in found)

    (tmp_path / "cut.fits").write_bytes(science.read_bytes()[:20_000])
    flat = image_file(tmp_path / "flat.fits", np.full(SHAPE, 100, np.float32))
    result = astro_assets(*command, tmp_path / "cut.fits", flat, home=home)
    assert result.returncode == 1
    assert json.loads(result.stdout) == found, "the others are compared"
    assert "cut.fits: " in result.stderr
    assert "flat.fits: " in result.stderr
    assert "Traceback" not in result.stderr


def test_the_gallery_shows_them(home: Home) -> None:
    result = astro_assets("report", home=home)
    assert result.returncode == 0, result.stderr
    page = (report_folder(home) / "images.html").read_text()
    assert "<h2>Changes</h2>" in page
    assert "field-7_r_320x240, MJD 5811" in page
