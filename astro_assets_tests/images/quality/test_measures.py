"""Measures follow what was done to the sky, and what is unknown is NaN."""

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.images.photometry.sources import measure_frame
from astro_assets.images.quality.expectation import depth_of
from astro_assets.images.quality.measures import MEASURES, RELATIVE, quality_measures
from astro_assets_tests.images.quality.conftest import SMALL


@pytest.fixture(scope="module")
def measured(night, sources, expectation):
    return [
        quality_measures(one.frame, found, SMALL.measuring, expectation)[0]
        for one, found in zip(night, sources, strict=True)
    ]


def test_depth_is_the_signal_to_noise_ratio_that_is_kept(night, sources, measured):
    """The simulation knows it: the matched filter of its own PSF, sky and clouds."""
    kept = np.array([one.kept for one in night])
    depth = np.array([one.depth for one in measured])
    whole = np.array([not {"hot_columns", "vignetting"} & set(one.reasons) for one in night])
    known = np.isfinite(depth) & whole & (kept > 0.2)
    assert known.sum() >= 8
    best = int(np.argmax([depth_of(one.measures) for one in sources]))
    assert np.abs(depth - kept / kept[best])[known].max() < 0.15


def test_without_a_night_only_what_is_relative_is_unknown(night, sources, measured):
    alone, light = quality_measures(night[5].frame, sources[5], SMALL.measuring)
    assert light.size == 0
    for name in MEASURES:
        value = getattr(alone, name)
        if name in RELATIVE:
            assert np.isnan(value), name
        else:
            assert value == getattr(measured[5], name)
    np.testing.assert_array_equal(measured[5].alone().vector(), alone.vector())


def test_headers_are_told_and_what_is_unknown_is_nan(night, sources, expectation):
    frame = replace(night[5].frame, exposure_s=None, airmass=1.7)
    found, _ = quality_measures(frame, sources[5], SMALL.measuring, expectation)
    assert found.airmass == 1.7
    assert np.isnan(found.comparison_residual)
    assert np.isnan(found.exposure_s)
    assert np.isnan(found.background_rate)
    assert np.isnan(found.exposure_ratio)


def test_half_of_the_light_is_half_of_the_transparency(night, sources, expectation):
    at = int(np.argmax([one.kept for one in night]))
    frame = night[at].frame
    whole, light = quality_measures(frame, sources[at], SMALL.measuring, expectation)
    level = np.float32(np.median(frame.image))
    dimmed = replace(frame, image=((frame.image - level) / 2 + level).astype(np.float32))
    found = measure_frame(dimmed, SMALL.measuring)
    half, half_light = quality_measures(dimmed, found, SMALL.measuring, expectation)
    assert whole.transparency == pytest.approx(1, abs=0.1)
    assert half.transparency == pytest.approx(whole.transparency / 2, rel=0.03)
    assert half.relative_zero_point - whole.relative_zero_point == pytest.approx(-2.5 * np.log10(2), abs=0.05)
    assert np.nanmedian(half_light / light) == pytest.approx(0.5, abs=0.02)
    assert np.isnan(replace(half, transparency=0.0).relative_zero_point)


def test_odd_columns_are_counted(night, sources):
    frame = next(one.frame for one in night if one.reasons == ("clear",))
    image = frame.image.copy()
    image[:, [10, 50, 90]] += 500
    found = measure_frame(frame, SMALL.measuring)
    assert quality_measures(frame, found, SMALL.measuring)[0].odd_columns == 0
    spoilt, _ = quality_measures(replace(frame, image=image), found, SMALL.measuring)
    assert spoilt.odd_columns == pytest.approx(3 / image.shape[1])
