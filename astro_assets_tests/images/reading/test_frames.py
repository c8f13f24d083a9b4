"""Whole files of images: what is read of them, and why others are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astro_assets.images.frame import Site
from astro_assets.images.reading import images
from astro_assets.images.reading.frames import described, read_frame
from astro_assets.images.refusals import REASONS, FrameRefusedError
from astro_assets_tests.images.made_images import CARDS, image_file, pixel_file, sky, wcs_cards


@pytest.mark.parametrize("form", ["plain", "gzip", "tiles"])
def test_an_image_is_read_however_it_is_packed(tmp_path: Path, form: str) -> None:
    pixels = np.round(sky()).astype(np.int16)
    path = image_file(tmp_path / "a.fits", pixels, form=form, **CARDS, **wcs_cards())
    read = read_frame(path, "image")
    np.testing.assert_array_equal(read.frame.image, pixels.astype(np.float32))
    assert read.frame.image.dtype == np.float32
    frame = read.frame
    assert (frame.exposure_s, frame.filter_name, frame.gain) == (60.0, "V", 1.5)
    assert (frame.read_noise_electrons, frame.saturation) == (8.0, 60000.0)
    assert read.series_id == "HD-1_2024-03-05_V_Small_Camera_80x60"
    assert read.area is not None
    assert (read.area.ra_deg, read.area.dec_deg) == pytest.approx((150.0, 2.0), abs=1e-6)


def test_pixels_without_a_value_are_nan_never_zero(tmp_path: Path) -> None:
    pixels = sky()
    pixels[3, 4], pixels[5, 6] = np.nan, np.inf
    image = read_frame(image_file(tmp_path / "a.fits", pixels), "image").frame.image
    assert np.isnan(image[3, 4])
    assert np.isnan(image[5, 6])
    whole = np.round(sky()).astype(np.int16)
    whole[3, 4] = -32768
    path = image_file(tmp_path / "b.fits", whole, BLANK=-32768)
    image = read_frame(path, "image").frame.image
    assert np.flatnonzero(np.isnan(image)).tolist() == [3 * 80 + 4]


def test_the_first_image_counts_unless_another_is_asked_for(tmp_path: Path) -> None:
    one, two = sky(seed=1), sky(seed=2)
    hdus = [fits.PrimaryHDU(), fits.ImageHDU(np.zeros((60, 80), "i2"), name="MASK")]
    hdus += [fits.ImageHDU(one, name="SCI"), fits.ImageHDU(two, name="OTHER")]
    fits.HDUList(hdus).writeto(path := tmp_path / "a.fits")
    assert read_frame(path, "image").hdu == 2
    np.testing.assert_array_equal(read_frame(path, "image", hdu="other").frame.image, two)
    np.testing.assert_array_equal(read_frame(path, "image", hdu="2").frame.image, one)
    with pytest.raises(
        FrameRefusedError, match="no image 'B'; HDUs with pixels: 1 MASK, 2 SCI, 3 OTHER"
    ) as caught:
        read_frame(path, "image", hdu="B")
    assert caught.value.code == "no_image"


def test_nights_begin_at_noon_where_the_telescope_stands(tmp_path: Path) -> None:
    def series(date: str, **cards: Any) -> str | None:
        told = CARDS | {"DATE-OBS": date} | cards
        return read_frame(image_file(tmp_path / "a.fits", **told), "image").series_id

    evening, morning = "2024-03-05T20:00:00", "2024-03-06T04:00:00"
    assert series(evening) == series(morning) == "HD-1_2024-03-05_V_Small_Camera_80x60"
    # In Arizona it is noon at 19:24 in Greenwich: what ends a night there and what begins the next.
    arizona = {"LATITUDE": 31.68, "LONGITUD": -110.88}
    assert series("2024-03-05T19:00:00", **arizona) == "HD-1_2024-03-04_V_Small_Camera_80x60"
    assert series(evening, **arizona) == "HD-1_2024-03-05_V_Small_Camera_80x60"
    assert series("never") is None


def test_what_a_targets_csv_says_of_one_frame_does_not_part_it_from_its_night(tmp_path: Path) -> None:
    path = image_file(tmp_path / "a.fits", **CARDS | {"DATE-OBS": "2020-01-01T09:30:00"})
    cells = {"target_id": "TIC 1", "target_x": "5", "target_y": "5"}
    told = json.dumps(cells | {"latitude_deg": "-30", "longitude_deg": "150"})
    with_site, without = read_frame(path, "image", told), read_frame(path, "image")
    assert with_site.frame.site == Site(-30.0, 150.0)
    assert with_site.series_id == without.series_id
    # In Australia a night lies around 14 UT: where headers tell no site, the observatory's is a setting.
    site = Site(-30.0, 150.0)
    evening = read_frame(path, "image", observatory=site)
    late = image_file(tmp_path / "b.fits", **CARDS | {"DATE-OBS": "2020-01-01T18:30:00"})
    assert evening.frame.site == site
    assert evening.series_id == read_frame(late, "image", observatory=site).series_id
    assert read_frame(late, "image").series_id != without.series_id


def test_a_night_needs_a_time_and_no_object(tmp_path: Path) -> None:
    cards = {name: value for name, value in CARDS.items() if name != "OBJECT"}
    read = read_frame(image_file(tmp_path / "a.fits", **cards), "image")
    assert read.series_id == "no-object_2024-03-05_V_Small_Camera_80x60"
    untimed = image_file(tmp_path / "b.fits", OBJECT="HD 1")
    assert read_frame(untimed, "image").series_id is None
    told = '{"target_id": "TIC 1", "target_x": "5", "target_y": "5"}'
    with pytest.raises(FrameRefusedError, match="does not tell the middle of its exposure"):
        read_frame(untimed, "image", told)


def test_blank_pixels_of_unsigned_images_are_nan(tmp_path: Path) -> None:
    """16 bits, unsigned by BZERO, are what most cameras write."""
    pixels = np.round(sky()).astype(np.uint16)
    path = image_file(tmp_path / "a.fits", pixels)
    content = path.read_bytes()
    card = b"BZERO   =                32768"
    assert content.count(card) == 1
    place = content.index(b"END" + b" " * 77)
    blank = b"BLANK   =               -32768".ljust(80)
    content = content[:place] + blank + content[place : place + 2880 - place % 2880 - 80] + content[2880:]
    data = bytearray(content)
    data[2880:2882] = (-32768).to_bytes(2, "big", signed=True)
    path.write_bytes(bytes(data))
    image = read_frame(path, "image").frame.image
    assert np.flatnonzero(np.isnan(image)).tolist() == [0]
    assert image[0, 1] == pixels[0, 1]


def test_a_camera_s_setting_is_no_gain(tmp_path: Path) -> None:
    assert read_frame(image_file(tmp_path / "a.fits", GAIN=120, EGAIN=0.8), "image").frame.gain == 0.8
    assert read_frame(image_file(tmp_path / "a.fits", GAIN=120), "image").frame.gain is None


def cube(tmp_path: Path) -> Path:
    hdus = [fits.PrimaryHDU(np.zeros((3, 60, 80), "f4"))]
    fits.HDUList(hdus).writeto(path := tmp_path / "cube.fits")
    return path


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (cube, "not_one_image"),
        (lambda folder: image_file(folder / "a.fits", np.full((60, 80), np.nan, "f4")), "no_finite_pixel"),
        (lambda folder: image_file(folder / "a.fits", np.ones((4, 80), "f4")), "too_small"),
        (lambda folder: image_file(folder / "a.fits", np.zeros(80, "f4")), "no_image"),
    ],
)
def test_what_is_no_image_is_refused_with_its_reason(tmp_path: Path, make: Any, code: str) -> None:
    with pytest.raises(FrameRefusedError) as caught:
        read_frame(make(tmp_path), "image")
    assert caught.value.code == code
    assert code in REASONS


def test_a_size_is_looked_at_before_the_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = image_file(tmp_path / "a.fits", form="tiles")
    content = path.read_bytes()
    assert content.count(b"ZNAXIS1 =                   80") == 1
    path.write_bytes(content.replace(b"ZNAXIS1 =                   80", b"ZNAXIS1 =           8000000000"))
    with pytest.raises(FrameRefusedError) as caught:
        read_frame(path, "image")
    assert caught.value.code in ("too_large", "damaged")
    monkeypatch.setattr(images, "MOST_PIXELS", 1000)
    with pytest.raises(FrameRefusedError, match="at most 1000 are read"):
        read_frame(image_file(tmp_path / "b.fits"), "image")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["plain", "gzip", "tiles"]),
    st.lists(st.tuples(st.integers(0, 8639), st.integers(0, 255)), min_size=1, max_size=20),
)
def test_a_spoilt_image_is_read_or_refused(tmp_path: Path, form: str, flips: list[tuple[int, int]]) -> None:
    good = tmp_path / f"{form}.fits"
    if not good.exists():
        image_file(good, np.round(sky()).astype(np.int16), form=form, **CARDS, **wcs_cards())
    content = bytearray(good.read_bytes())
    for place, value in flips:
        content[place % len(content)] = value
    (tmp_path / "spoilt.fits").write_bytes(content)
    try:
        shape = read_frame(tmp_path / "spoilt.fits", "image").frame.image.shape
    except FrameRefusedError as refused:
        shape = (0, 0) if refused.code in REASONS and str(refused).isprintable() else ()
    assert len(shape) == 2


def test_a_targets_csv_says_where_the_target_is_and_the_telescope_stands() -> None:
    told = described(
        json.dumps(
            {"target_id": "TIC 1", "target_x": "424.1", "target_y": "286", "latitude_deg": "31.7",
             "longitude_deg": "249.12", "elevation_m": "1268"}
        )
    )  # fmt: skip
    assert (told.target_id, told.target_x, told.target_y) == ("TIC 1", 424.1, 286.0)
    assert told.site is not None
    assert (told.site.latitude_deg, round(told.site.longitude_deg, 2)) == (31.7, -110.88)


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({"target_id": "TIC 1", "target_x": "a", "target_y": "2"}, "target_x of targets.csv is no number"),
        ({"target_id": "TIC 1", "target_x": "1"}, "target_x and target_y of targets.csv go together"),
        ({"target_x": "1", "target_y": "2"}, "and with a target_id"),
        ({"latitude_deg": "31"}, "latitude_deg and longitude_deg of targets.csv are no place"),
        ({"latitude_deg": "91", "longitude_deg": "0"}, "are no place"),
        ({"": "the list says two things of it"}, "the list says two things"),
    ],
)
def test_a_targets_csv_that_says_too_little_or_nonsense(cells: dict[str, str], said: str) -> None:
    with pytest.raises(FrameRefusedError, match=said) as caught:
        described(json.dumps(cells))
    assert caught.value.code == "description_invalid"


def test_pixels_over_time_become_the_median_of_the_good_cadences(tmp_path: Path) -> None:
    flux = np.full((5, 4, 6), 10.0)
    flux[0], flux[1], flux[2, 0, 0] = 1e6, 0.0, 40.0
    flux[:, 3, 5] = np.nan
    quality = np.array([4, 0, 0, 0, 0], "i4")
    read = read_frame(pixel_file(tmp_path / "tpf.fits", flux, quality=quality), "target_pixels")
    image = read.frame.image
    assert (read.n_images, read.product, read.series_id) == (
        3,
        "target_pixels",
        None,
    )  # 0.0 stands for nothing
    assert np.isnan(image[3, 5])
    assert np.nanmax(image) == np.nanmin(image) == 10
    assert read.area is not None
    assert (read.area.ra_deg, read.area.dec_deg) == pytest.approx((84, -80), abs=1e-6)
    assert read.area.scale_arcsec == pytest.approx(21, rel=1e-4)
    assert (read.start_btjd, read.end_btjd) == pytest.approx((1500 + 2 / 48, 1500 + 4 / 48))


def test_pixels_over_time_without_a_good_cadence_are_refused(tmp_path: Path) -> None:
    path = pixel_file(tmp_path / "tpf.fits", np.ones((2, 4, 6)), quality=np.ones(2, "i4"))
    with pytest.raises(FrameRefusedError, match="no cadence without a quality flag") as caught:
        read_frame(path, "target_pixels")
    assert caught.value.code == "no_finite_pixel"


def test_real_images_of_many_telescopes(shared_data: Path) -> None:
    folder = shared_data / "fits_images"
    plate = read_frame(folder / "photutils" / "M6707HH.fits", "image")
    assert plate.area is not None
    assert (plate.area.ra_deg, plate.area.dec_deg) == pytest.approx((132.834, 11.812), abs=1e-3)
    assert plate.frame.exposure_s == 3000  # 50 minutes
    assert plate.frame.mid_mjd_utc == pytest.approx(33979.5222, abs=1e-3)
    galaxy = read_frame(folder / "photutils" / "M51.fits", "image")
    assert (galaxy.frame.exposure_s, galaxy.frame.airmass) == (600.0, pytest.approx(1.08, abs=0.01))
    night = sorted((folder / "hatp32_microobservatory").glob("*.fits.gz"))
    frames = [read_frame(path, "image") for path in (night[0], night[-1])]
    assert {frame.series_id for frame in frames} == {"HATP-32_2017-12-19_Clear_Cecilia_Main_650x500"}
    assert frames[0].frame.mid_mjd_utc == pytest.approx(58107.06543, abs=1e-5)
    assert frames[0].frame.site is not None
    assert frames[0].frame.site.longitude_deg == pytest.approx(-110.88)  # the header leaves out the sign
    cube = read_frame(next((folder / "tpf").glob("*.fits")), "target_pixels")
    assert cube.area is not None
    assert (cube.area.ra_deg, cube.area.dec_deg) == pytest.approx((84.268, -80.467), abs=0.01)
