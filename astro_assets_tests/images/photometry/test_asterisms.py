"""First guesses from triangles of neighbours."""

import numpy as np
import pytest

from astro_assets.images.photometry.asterisms import guesses
from astro_assets.images.photometry.settings import RegistrationSettings
from astro_assets_tests.images.photometry.star_field import turned

RNG = np.random.default_rng(0)
STARS = RNG.uniform(0, 300, (40, 2))


def test_most_triangles_vote_for_the_truth():
    found = guesses(turned(STARS, 25.0, (30.0, -10.0), 0.98), STARS, RegistrationSettings())
    assert found.turn[0] == pytest.approx(np.exp(-1j * np.radians(25)) / 0.98, abs=1e-6)
    assert not found.is_mirrored[0]
    assert found.n_votes[0] > 100
    assert (np.diff(found.n_votes) <= 0).all()


def test_a_mirror_image_is_seen_as_one():
    assert guesses(turned(STARS, is_mirrored=True), STARS, RegistrationSettings()).is_mirrored[0]


def test_more_neighbours_make_more_triangles():
    few, many = (
        guesses(STARS, STARS, RegistrationSettings(n_neighbours=number)).n_votes[0] for number in (3, 8)
    )
    assert many > 3 * few


@pytest.mark.parametrize("number", [0, 1, 2])
def test_too_few_stars_make_none(number):
    assert guesses(STARS[:number], STARS, RegistrationSettings()).turn.size == 0
