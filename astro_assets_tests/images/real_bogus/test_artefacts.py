"""Artefacts: something positive in the middle of the difference, as it comes about."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.images.real_bogus.artefacts import KINDS, artefact
from astro_assets_tests.images.real_bogus.test_injection import empty


def made(kind, seed):
    return artefact(empty(seed), kind, np.random.default_rng((1, seed)))


@pytest.mark.parametrize("kind", KINDS)
def test_an_alert_could_be_there(kind):
    peaks = []
    for seed in range(12):
        images = made(kind, seed)
        assert (images.shape, images.dtype) == ((3, 63, 63), np.float32)
        middle = images[2, 29:34, 29:34]
        assert np.isfinite(middle).any()
        peaks.append(np.nanmax(middle))
    assert np.median(peaks) > 2.5 * 4.0


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_seed_gives_the_same_artefact(kind):
    np.testing.assert_array_equal(made(kind, 3), made(kind, 3))
    assert not np.array_equal(made(kind, 3), made(kind, 4), equal_nan=True)


@pytest.mark.parametrize("kind", ["cosmic ray", "hot pixel", "noise", "streak", "diffuse"])
def test_what_hits_the_detector_is_not_in_the_template(kind):
    """But for the move by a few pixels that brings its peak into the middle."""
    found, noise = made(kind, 5), empty(5).images[1]
    assert found[1].std() == pytest.approx(noise.std(), rel=0.05)


@pytest.mark.parametrize("kind", ["dipole", "bad kernel", "torn star"])
def test_bad_subtractions_are_of_stars_and_have_both_signs(kind):
    for seed in range(8):
        images = made(kind, seed)
        assert images[1, 25:38, 25:38].max() > 5 * 4.0
        part = images[2, 24:39, 24:39]
        assert -part.min() > 0.04 * part.max()


def test_hits_are_sharper_than_the_seeing():
    image = made("hot pixel", 2)[2]
    assert image[31, 31] > 2.5 * np.median(np.abs(image[29:34, 29:34]))


def test_edges_end_the_detector():
    share = [np.isnan(made("edge", seed)).mean() for seed in range(20)]
    assert any(one > 0.3 for one in share)
    assert any(one == 0 for one in share), "some are steps of the level"
