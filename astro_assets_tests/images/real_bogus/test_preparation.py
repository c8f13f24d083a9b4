"""What the network sees: the same of one triplet in training and scoring, whatever its company and unit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from astro_assets.images.real_bogus.preparation import prepared
from astro_assets_tests.images.real_bogus.made_triplets import source

IMAGES = np.stack([source(i).images for i in range(3)])


def test_stamps_are_in_units_of_their_noise():
    noise = np.random.default_rng(0).normal(100, 7, (1, 3, 63, 63))
    found = prepared(noise)
    assert (found.shape, found.dtype) == ((1, 4, 63, 63), np.float32)
    np.testing.assert_allclose(np.sinh(found[0, :3]).std(axis=(1, 2)) * 3, 1, atol=0.03)
    assert found[0, 3].min() == 1


@settings(max_examples=30)
@given(st.floats(1e-3, 1e3), st.floats(-1e3, 1e3))
def test_neither_unit_nor_level_matters(scale, level):
    other = IMAGES.astype(np.float64) * scale + level
    np.testing.assert_allclose(prepared(other), prepared(IMAGES.astype(np.float64)), atol=2e-4)


def test_what_is_no_measurement_is_marked_and_moves_nothing():
    torn = IMAGES.copy()
    torn[0, 1, :, 40:] = np.nan
    torn[0, 2, 0, 0] = np.inf
    found = prepared(torn)
    assert (found[0, 3, :, 40:] == 0).all()
    assert found[0, 3, 0, 0] == 0
    assert (found[0, 1, :, 40:] == 0).all()
    np.testing.assert_array_equal(found[0, 0], prepared(IMAGES)[0, 0])
    np.testing.assert_array_equal(found[1:], prepared(IMAGES)[1:])


def test_a_triplet_does_not_depend_on_its_company():
    together = prepared(IMAGES)
    for i in range(3):
        np.testing.assert_array_equal(prepared(IMAGES[i : i + 1])[0], together[i])


@settings(max_examples=30)
@given(
    arrays.arrays(
        np.float32, (1, 3, 63, 63), elements=st.floats(width=32), fill=st.sampled_from([0.0, np.nan, 1.0])
    )
)
def test_anything_becomes_finite(images):
    assert np.isfinite(prepared(images)).all()


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match=r"not \(1, 63, 63, 3\)"):
        prepared(np.zeros((1, 63, 63, 3)))
