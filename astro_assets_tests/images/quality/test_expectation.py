"""A night's best frames are those that the simulation made best."""

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.images.frame import Frame
from astro_assets.images.photometry.sources import measure_frame
from astro_assets.images.quality.expectation import depth_of, expectation_of
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
    exposures = [one.exposure_s for one in frames]
    other = expectation_of(frames[::-1], sources[::-1], SMALL.measuring, exposures[::-1])
    assert other.flux.tobytes() == expectation.flux.tobytes()
    assert other.n_stars == expectation.n_stars


def test_a_night_without_stars_is_refused(night, sources):
    with pytest.raises(ValueError, match="alike"):
        expectation_of([], sources, SMALL.measuring, [])
    noise = np.random.default_rng(1).normal(100, 1, (64, 64)).astype(np.float32)
    empty = Frame(image=noise)
    with pytest.raises(ValueError, match="nothing can be expected"):
        expectation_of([empty], [measure_frame(empty, SMALL.measuring)], SMALL.measuring, [None])


def test_what_best_frames_show_is_told_as_in_the_usual_exposure(night, sources, expectation):
    """The best frame said to be four times as long as the others: a quarter of its light is expected."""
    frames = [one.frame for one in night]
    first = int(np.argmax([depth_of(one.measures) for one in sources]))
    exposures = [60.0] * len(frames)
    alike = expectation_of(frames, sources, SMALL.measuring, exposures)
    exposures[first] = 240.0
    other = expectation_of(frames, sources, SMALL.measuring, exposures)
    assert alike.exposure_s == other.exposure_s == 60
    np.testing.assert_allclose(other.flux, alike.flux / 4)
    np.testing.assert_allclose(other.filtered, alike.filtered / 2)
    assert other.background_level <= alike.background_level
    unknown = expectation_of(frames, sources, SMALL.measuring, [None] * len(frames))
    assert np.isnan(unknown.exposure_s)
    assert unknown.flux.tobytes() == alike.flux.tobytes()


@pytest.mark.parametrize("absurd", [{"background_level": 1e30}, {"background_noise": 1e12}, {"n_stars": 0}])
def test_a_frame_of_absurd_counts_is_no_best_frame(sources, absurd):
    assert depth_of(sources[0].measures) > 0
    assert depth_of(replace(sources[0].measures, **absurd)) == 0
