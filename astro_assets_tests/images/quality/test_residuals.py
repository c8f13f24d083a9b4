"""Comparison-star residuals are the scatter of stars, whatever light a frame or a star has in common."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.images.quality.expectation import ReferenceStars
from astro_assets.images.quality.measures import MEASURES, QualityMeasures
from astro_assets.images.quality.residuals import (
    FEWEST_STARS,
    N_COMPARED,
    carried,
    residuals,
    with_residuals,
)


def night_light(rng, scatters, n_stars=40):
    """Return light of stars of many magnitudes through a sky that dims each frame as it likes."""
    stars = np.sort(10 ** rng.uniform(3, 6, n_stars))[::-1]
    sky = 10 ** rng.uniform(-1, 0, len(scatters))
    return (
        stars
        * sky[:, None]
        * np.exp(rng.normal(0, 1, (len(scatters), n_stars)) * np.array(scatters)[:, None])
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 19), st.floats(0.05, 0.3))
def test_the_scatter_of_each_frame_is_found_beside_the_others(seed, at, bad):
    scatters = np.full(20, 0.01)
    scatters[at] = bad
    found = residuals(night_light(np.random.default_rng(seed), scatters))
    assert found.argmax() == at
    assert 0.5 * bad < found[at] < 1.7 * bad
    assert np.median(found) == pytest.approx(0.01, rel=0.3)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 10**6), st.floats(0.01, 100), st.integers(0, 9), st.integers(0, 29))
def test_clouds_over_a_frame_and_a_brighter_star_change_nothing(seed, factor, frame, star):
    rng = np.random.default_rng(seed)
    light = night_light(rng, np.full(10, 0.02))
    light[rng.random(light.shape) < 0.1] = np.nan
    expected = residuals(light)
    order = rng.permutation(10)
    assert residuals(light[order]).tobytes() == expected[order].tobytes()
    light[frame] *= factor
    light[:, star] *= factor
    np.testing.assert_allclose(residuals(light), expected, rtol=1e-6, atol=1e-9)


def test_frames_of_which_each_lacks_another_star_are_compared():
    light = night_light(np.random.default_rng(4), np.full(12, 0.01), n_stars=12)
    light[np.arange(12), np.arange(12)] = np.nan
    found = residuals(light)
    assert np.median(found) == pytest.approx(0.01, rel=0.3)
    assert found.max() < 0.03


def test_a_star_that_varies_and_a_frame_without_light_do_not_make_others_bad():
    rng = np.random.default_rng(3)
    light = night_light(rng, np.full(15, 0.01))
    quiet = residuals(light)
    light[:, 2] *= np.linspace(0.3, 3, 15)
    light[4] = np.nan
    light[5, FEWEST_STARS - 1 :] = np.nan
    light[6, :3] = -5
    found = residuals(light)
    assert np.isnan(found[[4, 5]]).all()
    others = np.setdiff1d(np.arange(15), [4, 5])
    assert found[others].max() < 2 * quiet.max()
    assert np.isnan(residuals(np.full((3, 8), np.nan))).all()
    assert np.isnan(residuals(np.zeros((3, 0)))).all()
    assert residuals(light[:, :N_COMPARED]).tobytes() == found.tobytes()


def test_measures_of_a_night_get_theirs():
    light = night_light(np.random.default_rng(5), [0.01] * 9 + [0.2])
    measures = [QualityMeasures(*np.arange(len(MEASURES), dtype=float))] * 10
    found = with_residuals(measures, list(light))
    assert [one.comparison_residual for one in found] == residuals(light).tolist()
    assert replace(found[3], comparison_residual=measures[3].comparison_residual) == measures[3]
    assert with_residuals([], []) == []


@pytest.mark.parametrize("sign", [1, -1])
def test_light_goes_over_to_the_stars_of_another_reference(sign):
    rng = np.random.default_rng(8)
    sky = rng.uniform(20, 480, (50, 2))
    other = sign * (sky - 250) + 250 + (7.3, -12.1) + rng.normal(0, 0.2, sky.shape)
    old, new = np.arange(40), np.arange(10, 50)[::-1]

    def reference(positions):
        return ReferenceStars(positions, positions, np.ones(len(positions)), np.ones(len(positions)))

    light = np.stack([old, 1000 + old]).astype(np.float64)
    found = carried(light, reference(sky[old]), reference(other[new]), (500, 500))
    np.testing.assert_array_equal(found[0], np.where(new < 40, new, np.nan))
    np.testing.assert_array_equal(found[1], found[0] + 1000)
    nothing = carried(light, reference(sky[old]), reference(rng.uniform(0, 500, (30, 2))), (500, 500))
    assert nothing.shape == (2, 30)
    assert np.isnan(nothing).all()
    assert np.isnan(carried(np.zeros((2, 0)), None, reference(other), (500, 500))).all()
