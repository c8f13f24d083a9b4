"""Centres and shapes by weighted moments."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.images.photometry.moments import FWHM_TO_SIGMA, windowed_moments
from astro_assets_tests.images.photometry.star_field import light


@given(x=st.floats(60, 61), y=st.floats(80, 81), fwhm=st.floats(2.2, 6), elongation=st.floats(1.15, 1.8))
@settings(max_examples=30)
def test_centre_and_shape_of_a_star_do_not_depend_on_where_it_lies_in_a_pixel(x, y, fwhm, elongation):
    image = light(np.array([[x, y]]), [1e5], fwhm, elongation).astype(np.float32)
    found = windowed_moments(image, np.array([x + 0.4]), np.array([y - 0.4]), fwhm / FWHM_TO_SIGMA)
    assert np.hypot(found.x[0] - x, found.y[0] - y) < 0.03
    # A pixel widens a star by 1/12 of its variance, which is a fifth of that of the narrowest.
    assert found.fwhm_pixels[0] == pytest.approx(np.hypot(fwhm, FWHM_TO_SIGMA / 12**0.5), rel=0.06)
    assert found.elongation[0] == pytest.approx(elongation, rel=0.12)
    assert abs(np.degrees(found.angle[0])) < 5


def test_what_has_no_peak_has_no_centre():
    empty = np.random.default_rng(0).normal(-1, 0.1, (100, 100)).astype(np.float32)
    found = windowed_moments(empty, np.array([50.0]), np.array([50.0]), 1.5)
    assert np.isnan(found.x[0])
    assert np.isnan(found.fwhm_pixels[0])
