"""Files of cutouts keep world coordinates and say why a pixel has no value; cubes keep times and flags."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from astro_assets.images import cutout_files
from astro_assets.images.cutout_files import CubeTooLargeError, cube_file, cutout_file
from astro_assets.images.cutout_tables import compute_cutouts, place_row
from astro_assets.images.reading.frames import read_frame
from astro_assets.ledger.table import Config
from astro_assets_tests.images.made_images import image_file, pixel_file, sky, wcs_cards


def cut(path: Path, product: str, ra: float, dec: float, side_arcsec: float) -> dict[str, Any]:
    """Return the one cutout of a file."""
    read = read_frame(path, product)
    rows, columns = read.frame.image.shape
    told = dict.fromkeys(("filter_name", "exposure_s", "mid_mjd_utc"))
    frame = {"sha256": path, "frame_sha256": "a" * 64, "product": product, "hdu": read.hdu, **told}
    frame |= {"n_columns": columns, "n_rows_of_pixels": rows, "wcs": json.dumps(dict(read.wcs_header))}
    parents = {"cutout_places": [place_row("Läßt ☆", None, ra, dec, side_arcsec)], "frame_cells": [frame]}
    (row,) = compute_cutouts("x", parents, Config())
    return row


def opened(content: bytes) -> fits.HDUList:
    return fits.open(io.BytesIO(content), checksum=True)


def test_a_file_says_why_pixels_have_no_value(tmp_path: Path) -> None:
    image = sky()
    image[30, 39] = np.nan
    path = image_file(tmp_path / "a.fits", image, **wcs_cards())
    row = cut(path, "image", 150.0219, 2.0, 20.0)
    near = cut(path, "image", 150.0, 2.0, 20.0)
    for of, n_outside, n_missing in ((row, 55, 0), (near, 0, 1)):
        pixels = of["pixels"]["value"].reshape(11, 11)
        with opened(cutout_file(of, pixels)) as hdus:
            np.testing.assert_array_equal(hdus[0].data, pixels)
            mask = hdus["MASK"].data
            assert (np.count_nonzero(mask == 1), np.count_nonzero(mask == 2)) == (n_outside, n_missing)
            np.testing.assert_array_equal(mask != 0, np.isnan(hdus[0].data))
            place = WCS(hdus[0].header).pixel_to_world(of["x"], of["y"])
            assert (place.ra.deg, place.dec.deg) == pytest.approx((of["ra_deg"], of["dec_deg"]), abs=1e-7)
            assert hdus[0].header["OBJECT"] == "L??t ?"


def test_a_cube_has_every_time_with_its_flag(tmp_path: Path) -> None:
    flux = np.random.default_rng(1).normal(100, 1, (5, 7, 9)).astype(np.float32)
    flux[2] = 0  # the camera did not see
    flux[3, 1, 1] = np.nan
    quality = np.array([0, 8, 0, 0, 0], "i4")
    path = pixel_file(tmp_path / "p.fits", flux, quality=quality)
    row = cut(path, "target_pixels", 84.0, -80.0 - 3 * 21 / 3600, 5 * 21)
    with opened(cube_file(row, path)) as hdus:
        cube, mask, times = hdus[0].data, hdus["MASK"].data, hdus["TIMES"]
        assert (cube.shape, mask.shape) == ((5, 5, 5), (5, 5, 5))
        np.testing.assert_array_equal(times.data["TIME"], 1500 + np.arange(5) / 48)
        np.testing.assert_array_equal(times.data["QUALITY"], quality)
        assert times.header["BJDREFI"] == 2457000
        first = row["first_row"]
        assert first < 0
        np.testing.assert_array_equal(cube[:2, -first:], flux[:2, : 5 + first, 2:7])
        assert set(np.unique(mask[0])) == {0, 1}
        assert set(np.unique(mask[2, -first:])) == {2}
        np.testing.assert_array_equal(mask != 0, np.isnan(cube))
        own = WCS(hdus[0].header)
        place = own.celestial.pixel_to_world(row["x"], row["y"])
        assert place.dec.deg == pytest.approx(row["dec_deg"], abs=1e-7)
        assert own.pixel_n_dim == 3
    with opened(cutout_file(row, row["pixels"]["value"].reshape(5, 5))) as hdus:
        inside = np.s_[-first:]
        np.testing.assert_allclose(hdus[0].data[inside], np.nanmedian(cube[[0, 3, 4]][:, inside], axis=0))
        assert np.isnan(hdus[0].data[:-first]).all()


def test_a_cube_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = pixel_file(tmp_path / "p.fits", np.ones((5, 7, 9), np.float32))
    row = cut(path, "target_pixels", 84.0, -80.0, 5 * 21)
    monkeypatch.setattr(cutout_files, "MOST_CUBE_PIXELS", 5 * 25 - 1)
    with pytest.raises(CubeTooLargeError, match="a cube of 5 images of 5 x 5 pixels has more than 124"):
        cube_file(row, path)


def test_a_cutout_of_tesscut_is_a_cube_with_the_place_in_its_middle(shared_data: Path) -> None:
    (path,) = (shared_data / "fits_images" / "tpf").glob("*.fits")
    row = cut(path, "target_pixels", 84.29119, -80.46917, 105.0)
    with fits.open(path) as raw, opened(cube_file(row, path)) as hdus:
        flux = raw["PIXELS"].data["FLUX"]
        assert hdus[0].data.shape == (len(flux), 5, 5)
        np.testing.assert_array_equal(hdus["TIMES"].data["QUALITY"], raw["PIXELS"].data["QUALITY"])
        # pi Men is the brightest star there.
        median = np.nanmedian(hdus[0].data, axis=0)
        assert np.hypot(*(np.array(np.unravel_index(np.nanargmax(median), (5, 5))) - 2)) <= 1.5
        seen = (flux != 0).any(axis=(1, 2))
        column, first = row["first_column"], row["first_row"]
        part = flux[:, max(first, 0) : first + 5, max(column, 0) : column + 5]
        assert np.nansum(hdus[0].data[seen]) == pytest.approx(np.nansum(part[seen]), rel=1e-4)
