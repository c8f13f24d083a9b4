"""Shifts, measured and undone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.images.alignment import measured_shift, shifted
from astro_assets.images.frame import Frame
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
