"""Frames are laid upon one another by their stars alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.images.photometry.frame_sources import FrameMeasures, FrameSources
from astro_assets.images.photometry.registration import not_aligned, register
from astro_assets.images.photometry.settings import RegistrationSettings
from astro_assets_tests.images.photometry.star_field import SHAPE, turned

SETTINGS = RegistrationSettings()


def catalogue(positions, flux):
    """List sources of a frame as the first stage does: those inside, the brightest first."""
    inside = np.all((positions > 0) & (positions < np.array(SHAPE[::-1]) - 1), axis=1)
    positions, flux = positions[inside], flux[inside]
    order = np.argsort(-flux)
    x, y = positions[order].T
    ones = np.ones(x.size)
    nothing = FrameMeasures(x.size, 0, 3.0, 0.1, 1.0, 0.0, 0.0, 100.0, 5.0, 0.0, 0.0, 0.0)
    return FrameSources(
        x,
        y,
        flux[order],
        flux[order],
        3 * ones,
        ones,
        0 * ones,
        np.zeros(x.size, np.uint8),
        SHAPE,
        None,
        nothing,
    )


def field(rng, n_stars):
    positions = rng.uniform(-200, [SHAPE[1] + 200, SHAPE[0] + 200], (n_stars, 2))
    return positions, 10 ** rng.uniform(2, 4, n_stars)


@given(
    seed=st.integers(0, 10_000),
    degrees=st.one_of(st.floats(-3, 3), st.floats(177, 183), st.floats(-180, 180)),
    shift=st.tuples(st.floats(-110, 110), st.floats(-80, 80)),
    scale=st.floats(0.97, 1.03),
    is_mirrored=st.booleans(),
)
@settings(max_examples=60)
def test_any_shift_turn_flip_and_mirror_comes_back(seed, degrees, shift, scale, is_mirrored):
    rng = np.random.default_rng(seed)
    positions, flux = field(rng, 900)
    moved = turned(positions, degrees, shift, scale, is_mirrored) + rng.normal(0, 0.05, positions.shape)
    # One star in six is in one list only, and brightnesses are measured with noise.
    here, there = rng.random(900) > 0.15, rng.random(900) > 0.15
    reference = catalogue(positions[here], flux[here])
    found = register(catalogue(moved[there], (flux * rng.normal(1, 0.05, 900))[there]), reference, SETTINGS)
    assert found.is_aligned, found.reason
    inside = positions[np.all((moved > 0) & (moved < np.array(SHAPE[::-1])), axis=1)]
    expected = turned(inside, degrees, shift, scale, is_mirrored)
    assert np.abs(found.from_reference(inside) - expected).max() < 0.1
    np.testing.assert_allclose(found.to_reference(found.from_reference(inside)), inside, atol=1e-9)
    assert found.is_mirrored == is_mirrored
    assert found.scale == pytest.approx(1 / scale, rel=2e-3)
    assert found.rms_pixels < 0.3
    assert found.n_matched > 20


@given(seed=st.integers(0, 10_000), n_stars=st.integers(8, 15), degrees=st.floats(-180, 180))
@settings(max_examples=40)
def test_few_stars_are_enough_or_the_frame_says_why_not(seed, n_stars, degrees):
    rng = np.random.default_rng(seed)
    positions = rng.uniform(40, [SHAPE[1] - 40, SHAPE[0] - 40], (n_stars, 2))
    flux = 10 ** rng.uniform(2, 4, n_stars)
    moved = turned(positions, degrees, (4.0, -7.0))
    found = register(catalogue(moved, flux), catalogue(positions, flux), SETTINGS)
    if found.is_aligned:
        assert np.abs(found.from_reference(positions) - moved).max() < 0.1
    else:
        # Turned by much, a frame of few stars may lose those at its ends; else none is refused.
        inside = np.all((moved > 0) & (moved < np.array(SHAPE[::-1]) - 1), axis=1)
        assert found.reason
        assert inside.sum() < n_stars


@given(seed=st.integers(0, 10_000), n_stars=st.integers(0, 150))
@settings(max_examples=25)
def test_other_stars_are_never_aligned(seed, n_stars):
    rng = np.random.default_rng(seed)
    ours, theirs = (rng.uniform(0, [SHAPE[1], SHAPE[0]], (number, 2)) for number in (n_stars, 100))
    flux = 10 ** rng.uniform(2, 4, 150)
    found = register(catalogue(ours, flux[:n_stars]), catalogue(theirs, flux[:100]), SETTINGS)
    assert not found.is_aligned
    assert "star" in found.reason
    assert np.isnan(found.matrix).all()


@pytest.mark.parametrize(
    "change",
    [
        {"fewest_stars": 100},
        {"false_alarm_probability": 1e-300},
        {"match_pixels": 0.3},
        {"scale_tolerance": 0.01},
    ],
)
def test_settings_change_what_is_aligned(change):
    rng = np.random.default_rng(2)
    positions, flux = field(rng, 300)
    moved = turned(positions, 30.0, (20.0, 10.0), 1.04) + rng.normal(0, 0.2, positions.shape)
    ours, theirs = catalogue(moved, flux * rng.normal(1, 0.2, 300)), catalogue(positions, flux)
    usual, other = (register(ours, theirs, RegistrationSettings(**one)) for one in ({}, change))
    assert usual.is_aligned
    assert not other.is_aligned or other.n_matched < usual.n_matched


def test_alignments_follow_one_another():
    rng = np.random.default_rng(4)
    positions, flux = field(rng, 400)
    middle, far = turned(positions, 10, (50, 0)), turned(positions, 20, (120, 30))
    first = register(catalogue(far, flux), catalogue(middle, flux), SETTINGS)
    second = register(catalogue(middle, flux), catalogue(positions, flux), SETTINGS)
    together = second.after(first)
    inside = positions[:50]
    np.testing.assert_allclose(together.to_reference(turned(inside, 20, (120, 30))), inside, atol=0.05)
    assert not not_aligned("no stars").is_aligned
