"""Sky, hot pixels and saturation of single frames."""

import numpy as np
import pytest

from astro_assets.images.photometry.pixels import above_the_sky, saturation_of, white_part
from astro_assets.images.photometry.settings import MeasuringSettings
from astro_assets_tests.images.photometry.star_field import (
    GAIN,
    READ_NOISE,
    SHAPE,
    SKY,
    exposure,
    field,
    light,
)

SETTINGS = MeasuringSettings()


def image(seed=1, fwhm=3.0):
    stars = field(60)
    return exposure(light(stars.positions, stars.electrons, fwhm), seed).image


def test_level_and_noise_of_the_sky_are_those_put_in():
    pixels = above_the_sky(image(), SETTINGS)
    assert np.median(pixels.background) == pytest.approx(SKY / GAIN + 100, abs=1)
    assert np.median(pixels.noise) == pytest.approx(np.sqrt(SKY + READ_NOISE**2) / GAIN, rel=0.05)


def test_masked_pixels_count_as_nothing():
    whole = image()
    holed = whole.copy()
    holed[100:110, 50:60] = np.nan
    pixels = above_the_sky(holed, SETTINGS)
    assert pixels.is_masked.sum() == 100
    assert (pixels.signal[pixels.is_masked] == 0).all()
    # Were they zeros instead, the sky around would sink by tens of counts.
    np.testing.assert_allclose(
        pixels.background[80:130, 30:80], above_the_sky(whole, SETTINGS).background[80:130, 30:80], atol=1.5
    )


def test_what_stands_alone_is_hot_and_stars_are_not():
    sharp = image(fwhm=1.8)
    sharp[40, 60] += 400
    sharp[200, 300] += 60_000
    pixels = above_the_sky(sharp, SETTINGS)
    assert set(zip(*np.nonzero(pixels.is_hot), strict=True)) == {(40, 60), (200, 300)}
    assert abs(pixels.signal[200, 300]) < 100
    tolerant = above_the_sky(sharp, MeasuringSettings(hot_pixel_contrast=0.01))
    assert tolerant.is_hot.sum() < 2


def test_saturation_is_a_ceiling_that_several_pixels_share():
    full = np.minimum(image(), 2000.0).astype(np.float32)
    assert saturation_of(full, above_the_sky(full, SETTINGS)) == 2000
    free = image()
    assert saturation_of(free, above_the_sky(free, SETTINGS)) is None


def test_a_sky_without_faint_stars_is_white():
    rng = np.random.default_rng(3)
    white = above_the_sky(rng.normal(500, 8, SHAPE).astype(np.float32), SETTINGS)
    assert white_part(white, np.ones(SHAPE, bool)) == pytest.approx(1, abs=0.03)
    positions = rng.uniform(0, [SHAPE[1], SHAPE[0]], (6000, 2))
    crowded = light(positions, np.full(6000, 300.0)) + rng.normal(500, 8, SHAPE)
    rough = above_the_sky(crowded.astype(np.float32), SETTINGS)
    assert white_part(rough, np.ones(SHAPE, bool)) * np.median(rough.noise) < 0.85 * np.median(rough.noise)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.zeros((10, 100), np.float32), "two sides of"),
        (np.zeros((40, 40, 3), np.float32), "two sides of"),
        (np.full((40, 40), np.nan, np.float32), "no measurements"),
    ],
)
def test_what_is_no_frame_is_refused(bad, message):
    with pytest.raises(ValueError, match=message):
        above_the_sky(bad, SETTINGS)
