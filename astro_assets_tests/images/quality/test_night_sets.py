"""Nights differ as telescopes do, and no night is in two sets."""

import numpy as np

from astro_assets.images.quality.night_sets import (
    ROLES,
    NightRecipe,
    frames_of,
    night_settings,
    recipe_of,
    recipes_of,
)
from astro_assets_tests.images.quality.conftest import SMALL


def test_nights_of_all_roles_and_seeds_differ():
    keys = [(0, "network", 0), (0, "forest", 0), (0, "calibration", 0), (0, "test", 0), (1, "test", 0)]
    recipes = [recipe_of(SMALL.model_copy(update={"seed": seed}), *place) for seed, *place in keys]
    first = [next(frames_of(recipe)).frame.image for recipe in recipes]
    assert len({image.tobytes() for image in first}) == len(keys)
    again = next(frames_of(recipe_of(SMALL, "forest", 0))).frame.image
    assert again.tobytes() == first[1].tobytes()


def test_a_recipe_is_all_that_a_night_needs():
    recipes = recipes_of(SMALL)
    counts = {role: sum(one.role == role for one in recipes) for role in ROLES}
    assert counts == {"network": 4, "forest": 10, "calibration": 5, "test": 4}
    for one in (recipes[0], recipes[-1]):
        again = NightRecipe.model_validate_json(one.model_dump_json())
        assert again == one
        assert next(frames_of(again)).frame.image.tobytes() == next(frames_of(one)).frame.image.tobytes()


def test_telescopes_and_fields_cover_their_ranges():
    drawn = [night_settings(SMALL, (0, number)) for number in range(60)]
    for name, low, high in (("best_fwhm_pixels", 1.8, 4.0), ("exposure_s", 20, 180)):
        values = np.array([getattr(one, name) for one in drawn])
        assert low <= values.min() < values.max() <= high
        assert values.max() - values.min() > 0.7 * (high - low)
    troubled = night_settings(SMALL.model_copy(update={"troubles": 3.0, "frames": 5}), (0, 1))
    assert (troubled.troubles, troubled.frames) == (3.0, 5)
    assert all(110 <= one.rows <= 130 for one in drawn)
