"""Thumbnails show faint and bright, and what is missing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astro_assets.images.thumbnails import shrunk, thumbnail
from astro_assets_tests.images.made_images import sky


def test_faint_and_bright_sources_are_both_seen() -> None:
    image = sky(100, 120)
    image[20, 30], image[70, 90] = 1300, 50_000
    small = thumbnail(image)
    background = np.median(small)
    assert small.shape == image.shape
    assert background < small[20, 30] - 40 < small[70, 90]
    assert small[70, 90] == 255


def test_what_is_missing_is_zero_and_nothing_else_is() -> None:
    image = sky(100, 120)
    image[:10] = np.nan
    small = thumbnail(image)
    assert (small[:10] == 0).all()
    assert (small[10:] > 0).all()
    assert not thumbnail(np.full((20, 20), np.nan, np.float32)).any()


def test_an_image_of_one_value_is_drawn() -> None:
    assert np.unique(thumbnail(np.full((20, 20), 7, np.float32))).size == 1


@pytest.mark.parametrize(
    ("shape", "small"), [((1059, 1059), (152, 152)), ((500, 650), (100, 130)), ((3, 7), (3, 7))]
)
def test_large_images_are_shrunk(shape: tuple[int, int], small: tuple[int, int]) -> None:
    assert thumbnail(sky(*shape)).shape == small


@given(
    hnp.arrays(
        np.float32,
        hnp.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=40),
        elements=st.floats(-1e6, 1e6, width=32) | st.just(np.nan),
    ),
    st.integers(1, 20),
)
def test_shrinking_keeps_mean_and_size(image: np.ndarray, side: int) -> None:
    small = shrunk(image, side)
    block = -(-max(image.shape) // side)
    assert max(small.shape) <= side
    corner = image[:block, :block]
    known = corner[np.isfinite(corner)]
    if known.size:
        assert small[0, 0] == pytest.approx(known.astype(float).mean(), rel=1e-5, abs=1e-2)
    else:
        assert np.isnan(small[0, 0])
