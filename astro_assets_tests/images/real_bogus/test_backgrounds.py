"""Backgrounds: real triplets without their source, and with all else."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.images.real_bogus.backgrounds import background_of, moved, noise_of, seeing_pixels
from astro_assets_tests.images.real_bogus.made_triplets import source


def fitted(image, sigma):
    """Sum of the middle over its noise."""
    part = image[27:36, 27:36] - np.median(image)
    return part.sum() / sigma / 9


@pytest.mark.parametrize("is_positive", [True, False])
def test_the_source_is_gone_and_the_template_stays(is_positive):
    one = source(3, is_positive=is_positive)
    found = background_of(one, np.random.default_rng(0))
    sigma = noise_of(one.images.astype(float))[2]
    assert fitted(one.images[2], sigma) > 15
    assert abs(fitted(found.images[2], sigma)) < 4
    np.testing.assert_array_equal(found.images[1], one.images[1])
    before = np.median(one.images[0]) - np.mean(one.images[0, 28:35, 28:35])
    after = np.median(found.images[0]) - np.mean(found.images[0, 28:35, 28:35])
    taken = np.mean(one.images[2, 28:35, 28:35])
    assert after - before == pytest.approx(taken if is_positive else -taken, rel=0.2)


def test_outside_of_the_disc_nothing_changes():
    one = source(4)
    found = background_of(one, np.random.default_rng(0))
    at = np.arange(63) - 31
    is_outside = np.hypot(at[:, None], at[None, :]) > 10
    np.testing.assert_array_equal(found.images[:, is_outside], one.images[:, is_outside])


def test_the_noise_in_the_middle_is_that_of_elsewhere():
    stds = []
    for number in range(12):
        found = background_of(source(number), np.random.default_rng(number))
        stds.append(found.images[2, 28:35, 28:35].std() / found.sigma[2])
    assert np.median(stds) == pytest.approx(1, abs=0.25)


def test_moving_keeps_the_middle_real():
    found = background_of(source(5), np.random.default_rng(0))
    other = moved(found, np.random.default_rng(1), most_pixels=10)
    window = other.images[:, 10:53, 10:53]
    places = [
        (row, column)
        for row in range(21)
        for column in range(21)
        if np.array_equal(found.images[:, row : row + 43, column : column + 43], window)
    ]
    assert len(places) == 1
    assert places != [(10, 10)]


@pytest.mark.parametrize(("told", "used"), [(2.5, 2.5), (1.1, 2.1), (80.0, 2.1), (np.nan, 2.1)])
def test_a_width_that_is_no_seeing_is_not_believed(told, used):
    assert seeing_pixels(told) == used


def test_nan_stays_nan_and_absurd_values_become_it():
    one = source(6)
    one.images[:, :20] = np.nan
    one.images[0, 40, 40] = 1e30
    found = background_of(one, np.random.default_rng(0))
    assert np.isnan(found.images[:, :20]).all()
    assert np.isnan(found.images[0, 40, 40])
    assert np.isfinite(found.images[2, 25:]).all()
