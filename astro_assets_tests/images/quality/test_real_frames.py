"""A real night of 71 frames: those that lose most stars, counted without this package, rank worst."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, maximum_filter, median_filter
from scipy.stats import spearmanr

from astro_assets.images.photometry.sources import measure_frame
from astro_assets.images.quality.nights import assess_night
from astro_assets_tests.images.photometry import real_night
from astro_assets_tests.images.quality.conftest import SMALL

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def frames(shared_data):
    found = list(real_night.read_frames(shared_data / real_night.FOLDER).values())
    assert len(found) == 71
    return found


@pytest.fixture(scope="module")
def verdicts(assessor, frames):
    sources = [measure_frame(frame, SMALL.measuring) for frame in frames]
    return assess_night(assessor, frames, sources, [frame.exposure_s for frame in frames])


def peaks(image):
    """Count what rises above the sky on the scale of a star, by nothing but filters of scipy."""
    image = image.astype(np.float64)
    around = median_filter(image, 3)
    noise = scatter(image - around)
    clean = np.where(image - around > 8 * noise, around, image)  # the camera has thousands of hot pixels
    above = clean - gaussian_filter(clean, 15)
    smooth = gaussian_filter(above, 1)
    return np.count_nonzero((smooth == maximum_filter(smooth, 5)) & (smooth > 6 * scatter(smooth)))


def scatter(values):
    return 1.4826 * np.median(np.abs(values - np.median(values)))


@pytest.fixture(scope="module")
def n_stars(frames):
    return np.array([peaks(frame.image) for frame in frames])


def test_every_frame_of_the_night_is_compared_with_its_best(verdicts):
    for name in ("depth", "transparency", "relative_zero_point", "comparison_residual"):
        assert np.isfinite([getattr(one.measures, name) for one in verdicts]).all(), name
    residuals = np.array([one.measures.comparison_residual for one in verdicts])
    # Thirty of the brightest stars of a clear night, in counts of a camera without flat fields.
    assert 0.002 < np.median(residuals) < 0.05


def test_frames_of_which_stars_are_lost_rank_worst(verdicts, n_stars):
    badness = np.array([one.p_not_good + one.p_bad for one in verdicts])
    depth = np.array([one.measures.depth for one in verdicts])
    assert spearmanr(depth, n_stars).statistic > 0.7
    assert spearmanr(badness, n_stars).statistic < -0.5
    worst = np.argsort(n_stars, kind="stable")[:7]
    best = np.argsort(-n_stars, kind="stable")[:7]
    assert badness[worst].min() > np.median(badness[best])
    rank = badness.argsort().argsort() / (len(badness) - 1)
    assert rank[worst].mean() > 0.7
    assert rank[best].mean() < 0.4
