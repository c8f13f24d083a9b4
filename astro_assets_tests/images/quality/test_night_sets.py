"""Nights differ as telescopes do, and no night is in two sets."""

import numpy as np

from astro_assets.images.quality.night_sets import frames_of, night_settings
from astro_assets_tests.images.quality.conftest import SMALL


def test_nights_of_all_roles_and_seeds_differ():
    keys = [(0, "network", 0), (0, "forest", 0), (0, "calibration", 0), (0, "test", 0), (1, "test", 0)]
    first = [next(frames_of(SMALL, seed, role, number)).frame.image for seed, role, number in keys]
    assert len({image.tobytes() for image in first}) == len(keys)
    again = next(frames_of(SMALL, 0, "forest", 0)).frame.image
    assert again.tobytes() == first[1].tobytes()


def test_telescopes_and_fields_cover_their_ranges():
    drawn = [night_settings(SMALL, (0, number)) for number in range(60)]
    for name, low, high in (("best_fwhm_pixels", 1.8, 4.0), ("exposure_s", 20, 180)):
        values = np.array([getattr(one, name) for one in drawn])
        assert low <= values.min() < values.max() <= high
        assert values.max() - values.min() > 0.7 * (high - low)
    troubled = night_settings(SMALL.model_copy(update={"troubles": 3.0, "frames": 5}), (0, 1))
    assert (troubled.troubles, troubled.frames) == (3.0, 5)
    assert all(110 <= one.rows <= 130 for one in drawn)
