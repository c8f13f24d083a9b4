"""Frames are placed by their stars, and star light is what photometry says it is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.images.photometry.pixels import above_the_sky
from astro_assets.images.photometry.settings import MeasuringSettings
from astro_assets.images.quality.matching import RADIUS_PIXELS, placed, star_light


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 1000), st.floats(-60, 60), st.floats(-60, 60), st.sampled_from([1, -1]))
def test_a_shift_is_found_whichever_stars_are_missing(seed, x, y, sign):
    rng = np.random.default_rng(seed)
    stars = rng.uniform(0, 500, (40, 2))
    other = sign * stars + (x, y) + rng.normal(0, 0.3, (40, 2))
    found = placed(stars[rng.permutation(40)[:15]], other, (500, 500))
    assert found is not None
    assert found.sign == sign
    np.testing.assert_allclose(found.shift, (x, y), atol=0.6)
    np.testing.assert_allclose(found.from_other(other), stars, atol=2)


@pytest.mark.parametrize("n", [0, 1, 2, 40])
def test_stars_of_another_field_are_not_placed(n):
    rng = np.random.default_rng(4)
    other = rng.uniform(0, 500, (40, 2))
    assert sum(placed(rng.uniform(0, 500, (n, 2)), other, (500, 500)) is not None for _ in range(20)) <= 1


def test_star_light_is_flux_and_signal_to_noise():
    rng = np.random.default_rng(2)
    y, x = np.mgrid[:129, :129]
    sigma, flux, noise = 1.7, 50_000.0, 12.0
    star = flux / (2 * np.pi * sigma**2) * np.exp(-((x - 64) ** 2 + (y - 64) ** 2) / 2 / sigma**2)
    image = (500 + star + rng.normal(0, noise, x.shape)).astype(np.float32)
    pixels = above_the_sky(image, MeasuringSettings())
    found, filtered = star_light(pixels, np.array([[64.2, 63.9], [5.0, 64.0]]))
    assert found[0] == pytest.approx(flux, rel=0.03)
    # Of a Gaussian the summed squares are 1 / (4 pi sigma^2); the star itself roughens the noise a little.
    assert filtered[0] == pytest.approx(flux / np.sqrt(4 * np.pi) / sigma / noise, rel=0.1)
    assert np.isnan(found[1])
    image[64 + RADIUS_PIXELS, 64] = np.nan
    assert np.isnan(star_light(above_the_sky(image, MeasuringSettings()), np.array([[64.0, 64.0]]))[0]).all()
