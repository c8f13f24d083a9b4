"""A night's best frames are those that the simulation made best."""

import numpy as np
import pytest

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.sources import measure_frame
from astro_assets.images.quality.expectation import expectation_of
from astro_assets_tests.images.quality.conftest import SMALL


def test_the_expectation_is_that_of_good_frames(night, sources, expectation):
    good = [found for one, found in zip(night, sources, strict=True) if one.grade == "good"]
    widths = [found.measures.fwhm_pixels for found in good]
    counts = [found.measures.n_stars for found in good]
    assert min(widths) <= expectation.fwhm_pixels <= np.median(widths)
    assert np.median(counts) <= expectation.n_stars <= max(counts)
    assert len(expectation.flux) == len(expectation.measured) > 10


def test_order_does_not_matter(night, sources, expectation):
    frames = [one.frame for one in night]
    other = expectation_of(frames[::-1], sources[::-1], SMALL.measuring)
    assert other.flux.tobytes() == expectation.flux.tobytes()
    assert other.n_stars == expectation.n_stars


def test_a_night_without_stars_is_refused(night, sources):
    with pytest.raises(ValueError, match="alike"):
        expectation_of([], sources, SMALL.measuring)
    noise = np.random.default_rng(1).normal(100, 1, (64, 64)).astype(np.float32)
    empty = Frame(image=noise)
    with pytest.raises(ValueError, match="nothing can be expected"):
        expectation_of([empty], [measure_frame(empty, SMALL.measuring)], SMALL.measuring)
