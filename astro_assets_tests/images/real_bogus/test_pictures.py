"""Sheets of triplets: a picture of each, what is no measurement in its own colour."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from astro_assets.images.real_bogus.pictures import mosaic, triplet_sheet
from astro_assets_tests.images.real_bogus.made_triplets import source


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def test_a_sheet_grows_with_what_is_shown():
    images = np.stack([source(i).images for i in range(6)])
    one, two = (pixels(triplet_sheet(images[:n], ["title"] * n, "heading")) for n in (4, 6))
    assert two.shape[0] > one.shape[0]
    assert two.shape[1] == one.shape[1]
    assert len(np.unique(one.reshape(-1, 3), axis=0)) > 50


def test_what_is_no_measurement_is_blue():
    images = source(0).images[None].copy()
    images[0, 0, :, 40:] = np.nan
    found = pixels(triplet_sheet(images, ["edge"]))
    assert (found == (0x4A, 0x7F, 0xC1)).all(axis=2).sum() > 500


@pytest.mark.parametrize("value", [np.nan, 0.0, 3e38])
def test_anything_can_be_shown(value):
    assert triplet_sheet(np.full((1, 3, 63, 63), value, np.float32), ["odd"]).startswith(b"\x89PNG")


def test_titles_and_triplets_go_together():
    with pytest.raises(ValueError, match="0 triplets and 1 titles"):
        triplet_sheet(np.zeros((0, 3, 63, 63)), ["a"])


def test_a_mosaic_has_science_first_and_marks_what_is_no_measurement():
    images = np.random.default_rng(0).normal(size=(3, 63, 63))
    images[0, 0, 0] = np.nan
    images[2, 31, 31] = 1000
    above, beside = mosaic(images), mosaic(images, beside=True)
    assert (above.shape, beside.shape) == ((191, 63), (63, 191))
    assert above[62, 0] == beside[62, 0] == 0, "the first row is the lowest"
    assert above[128 + 31, 31] == beside[31, 128 + 31] == 255
    assert (above == 0).sum() == 1 + 2 * 63
