"""A real night of 71 frames: those that lose most stars, counted by another program, rank worst."""

import numpy as np
import pytest
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


@pytest.fixture(scope="module")
def n_stars(frames):
    """Count stars by photutils' DAOFIND (Stetson 1987), once what does not move with the stars is subtracted.

    The camera has thousands of hot pixels, more than the field has stars: without a dark DAOFIND counts them.
    Stars drift by hundreds of pixels, so that the median of the night is one.
    """
    from photutils.detection import DAOStarFinder

    images = np.stack([frame.image - np.median(frame.image) for frame in frames]).astype(np.float32)
    images -= np.median(images, axis=0)
    found = []
    for image in images:
        above = image - np.median(image)
        noise = 1.4826 * float(np.median(np.abs(above)))
        found.append(len(DAOStarFinder(threshold=5 * noise, fwhm=2.2)(above.astype(np.float64))))
    return np.array(found)


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
    order = np.argsort(n_stars, kind="stable")
    rank = badness.argsort(kind="stable").argsort() / (len(badness) - 1)
    assert rank[order[:7]].mean() > rank[order[-7:]].mean() + 0.3
