"""Shifts, measured and undone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.images.alignment import laid_upon, measured_shift, shifted
from astro_assets.images.frame import Frame
from astro_assets.images.photometry.registration import Alignment, not_aligned
from astro_assets.images.simulation.psf import Psf, add_point_sources


def field(shift=(0.0, 0.0), seed=0) -> Frame:
    rng = np.random.default_rng(42)
    rows, columns, fluxes = (
        rng.uniform(-40, 190, 80),
        rng.uniform(-40, 200, 80),
        10 ** rng.uniform(3, 4.5, 80),
    )
    image = np.random.default_rng(seed).normal(200, 4, (150, 160)).astype(np.float32)
    add_point_sources(image, Psf(3.0), rows + shift[0], columns + shift[1], fluxes, 0.1)
    return Frame(image=image)


@settings(max_examples=15)
@given(st.floats(-35, 35), st.floats(-35, 35))
def test_a_shift_is_measured_to_a_fifth_of_a_pixel(rows, columns):
    found = measured_shift(field((rows, columns), 1), onto=field())
    assert found == (pytest.approx(-rows, abs=0.2), pytest.approx(-columns, abs=0.2))


def test_a_shifted_frame_lies_on_the_other_and_lost_pixels_are_missing():
    moved = shifted(field((3.4, -2.3), 1), -3.4, 2.3)
    assert np.isnan(moved.image[-3:]).all()
    assert np.isnan(moved.image[:, :2]).all()
    inside = np.s_[6:-6, 6:-6]
    difference = moved.image[inside] - field().image[inside]
    assert np.isfinite(difference).all()
    assert np.median(np.abs(difference)) < 5


def test_missing_pixels_stay_missing():
    frame = field()
    frame.image[50, 60] = np.nan
    moved = shifted(frame, 10.0, 20.0)
    assert np.isnan(moved.image[60, 80])
    assert np.isfinite(moved.image[60, 83])


def test_a_pixel_that_stands_alone_is_missing_and_stars_are_not():
    frame = field()
    frame.image[70, 80] += 900
    moved = shifted(frame, 0.5, 0.5)
    assert np.isnan(moved.image[70:72, 80:82]).all()
    assert np.isnan(moved.image[1:, 1:]).sum() < 10


def placed(matrix, shift) -> Alignment:
    return Alignment(np.array(matrix, float), np.array(shift, float), 50, 0.1)


def test_a_frame_is_laid_upon_another_that_is_turned_and_shifted():
    reference = field()
    # The camera turned by half a turn and moved by (3, -4): reference = 159 + 3 - x, 149 - 4 - y.
    science = Frame(image=field(seed=5).image[::-1, ::-1].copy())
    laid = laid_upon(science, placed([[-1, 0], [0, -1]], [159.0, 149.0]), (150, 160))
    inside = np.s_[4:-4, 4:-4]
    assert np.median(np.abs(laid.image[inside] - reference.image[inside])) < 5
    moved = laid_upon(reference, placed([[1, 0], [0, 1]], [3.0, -4.0]), (150, 160))
    np.testing.assert_allclose(moved.image[10:100, 20:100], reference.image[14:104, 17:97], atol=0.01)
    assert np.isnan(moved.image[:, :3]).all()
    assert np.isnan(moved.image[-4:]).all()


def test_a_scale_keeps_the_light_of_a_star():
    image = np.zeros((80, 80), np.float32)
    add_point_sources(image, Psf(4.0), np.array([40.0]), np.array([40.0]), np.array([1e4]), 0.01)
    laid = laid_upon(Frame(image=image), placed([[2, 0], [0, 2]], [0.0, 0.0]), (160, 160))
    assert np.nansum(laid.image) == pytest.approx(image.sum(), rel=0.01)
    assert np.unravel_index(np.nanargmax(laid.image), laid.image.shape) == (80, 80)


def test_saturated_and_missing_pixels_are_lost_where_they_come_to_lie():
    frame = field()
    frame.image[50, 60] = np.nan
    frame.image[70, 80] = 60_000
    saturating = Frame(image=frame.image, saturation=50_000.0)
    laid = laid_upon(saturating, placed([[1, 0], [0, 1]], [2.0, 1.0]), (150, 160))
    assert np.isnan(laid.image[51, 62])
    assert np.isnan(laid.image[71, 82])
    assert np.isfinite(laid.image[51, 66])


def test_a_frame_that_is_not_aligned_cannot_be_moved():
    with pytest.raises(ValueError, match="clouds"):
        laid_upon(field(), not_aligned("clouds"), (150, 160))


@pytest.mark.parametrize(
    "image", [np.zeros((50, 50)), np.random.default_rng(1).normal(0, 1, (50, 50)).clip(-2, 2)]
)
def test_frames_without_sources_cannot_be_aligned(image):
    frame = Frame(image=image.astype(np.float32))
    with pytest.raises(ValueError, match="without"):
        measured_shift(frame, frame)


def test_shapes_must_agree():
    with pytest.raises(ValueError, match="shape"):
        measured_shift(field(), Frame(image=np.zeros((5, 5), np.float32)))
