"""Files that another wing reads are passed on, and nothing else is."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astro_assets.observations import other_wings
from astro_assets.observations.identification import describe_file, identify
from astro_assets_tests.images.made_images import image_file, pixel_file, sky
from astro_assets_tests.observations.made_files import light_curve_file


@pytest.mark.parametrize("form", ["plain", "gzip", "tiles"])
def test_an_image_is_passed_on_however_it_is_packed(tmp_path: Path, form: str) -> None:
    identity = identify(image_file(tmp_path / "a.txt", form=form, OBJECT="M 67"))
    assert (identity.status, identity.product, identity.reason_code) == ("passed_on", "image", None)


def test_an_image_in_an_extension_is_passed_on(tmp_path: Path) -> None:
    assert identify(image_file(tmp_path / "a.fits", extension=True)).product == "image"


def test_pixels_over_time_are_passed_on_with_their_target(tmp_path: Path) -> None:
    path = pixel_file(tmp_path / "tpf.fits", np.ones((3, 4, 6)), TICID=42)
    identity = identify(path)
    assert (identity.status, identity.product, identity.target_id) == ("passed_on", "target_pixels", "TIC 42")


def test_packed_pixels_over_time_are_passed_on(tmp_path: Path) -> None:
    path = pixel_file(tmp_path / "tpf.fits", np.ones((3, 4, 6)), TICID=42)
    path.write_bytes(gzip.compress(path.read_bytes()))
    assert identify(path).product == "target_pixels"


def test_an_image_behind_a_table_is_passed_on(tmp_path: Path) -> None:
    table = fits.BinTableHDU.from_columns([fits.Column("X", "E", array=np.ones(3))], name="CATALOG")
    image = fits.ImageHDU(sky(), name="SCI")
    fits.HDUList([fits.PrimaryHDU(), table, image]).writeto(path := tmp_path / "a.fits")
    assert identify(path).product == "image"


def test_a_targets_csv_names_whose_image_it_is(tmp_path: Path) -> None:
    path = image_file(tmp_path / "a.fits")
    assert identify(path, '{"target_id": "tic 0042"}').target_id == "TIC 42"
    refused = identify(path, '{"target_id": "M 67"}')
    assert (refused.status, refused.reason_code) == ("refused", "description_invalid")
    assert "target_id of targets.csv: unknown catalogue" in str(refused.reason)


def test_simulated_images_say_so(tmp_path: Path) -> None:
    assert identify(image_file(tmp_path / "a.fits", SIMULATE=True)).origin == "simulated"


def test_a_light_curve_is_not_passed_on(tmp_path: Path) -> None:
    assert identify(light_curve_file(tmp_path / "a.fits")).status == "accepted"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (lambda good: gzip.compress(good)[:-40], "truncated"),
        (lambda good: gzip.compress(good)[:60] + b"\0" * 60, "damaged"),
        (lambda good: gzip.compress(good[:-2880]), "truncated"),
        (lambda good: gzip.compress(b"notes"), "compressed"),
    ],
)
def test_spoilt_images_in_gzip_are_refused(tmp_path: Path, content: object, code: str) -> None:
    good = image_file(tmp_path / "good.fits", sky(200, 200)).read_bytes()
    path = tmp_path / "spoilt.fits.gz"
    path.write_bytes(content(good))
    row = describe_file(path, "0" * 64, path.name)
    assert (row["status"], row["reason_code"]) == ("refused", code)


def test_a_light_curve_in_gzip_has_to_be_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "a.fits.gz"
    path.write_bytes(gzip.compress(light_curve_file(tmp_path / "a.fits").read_bytes()))
    assert identify(path).reason_code == "compressed"


def test_an_image_that_is_too_large_unpacked_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(other_wings, "MOST_UNPACKED_BYTES", 10_000)
    path = image_file(tmp_path / "a.fits", np.zeros((300, 300), "f4"), form="gzip")
    assert path.stat().st_size < 10_000
    assert identify(path).reason_code == "too_large"


def test_a_table_without_images_is_no_table_of_pixels(tmp_path: Path) -> None:
    table = fits.BinTableHDU.from_columns([fits.Column("FLUX", "E", array=np.ones(3))], name="OTHER")
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path := tmp_path / "a.fits")
    assert identify(path).status == "refused"


def test_images_may_be_larger_than_tables(tmp_path: Path) -> None:
    """The bytes are not there: what is told is how much is too much."""
    header = fits.Header({"SIMPLE": True, "BITPIX": -32, "NAXIS": 2, "NAXIS1": 10_000, "NAXIS2": 9_000})
    for n_rows, code in ((9_000, None), (20_000, "too_large")):
        header["NAXIS2"] = n_rows
        path = tmp_path / f"{n_rows}.fits"
        with path.open("wb") as file:
            file.write(header.tostring().encode())
            file.truncate(2880 * (1 + -(-4 * 10_000 * n_rows // 2880)))
        assert identify(path).reason_code == code
