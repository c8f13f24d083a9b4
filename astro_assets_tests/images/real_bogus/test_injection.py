"""Injected sources: where and as bright as they were meant to be."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.images.real_bogus.backgrounds import Background
from astro_assets.images.real_bogus.injection import SNR_RANGE, drawn_snr, injected_source
from astro_assets.images.real_bogus.point_spread import moffat


def empty(seed=0, sigma=4.0, fwhm=2.4):
    noise = np.random.default_rng(seed).normal(0, sigma, (3, 63, 63))
    return Background(noise, (sigma, sigma, sigma), fwhm, "object")


def test_a_matched_filter_finds_the_signal_that_was_put_in():
    ratios = []
    for seed in range(60):
        images, snr = injected_source(empty(seed), np.random.default_rng(seed))
        profile = moffat(63, 31, 31, 2.4)
        found = (images[2] * profile).sum() / np.sqrt((profile**2).sum()) / 4.0
        ratios.append(found / snr)
    assert np.median(ratios) == pytest.approx(0.97, abs=0.06), "a little is lost between pixels"


def test_it_is_in_the_middle_of_difference_and_of_science_or_template():
    fading = 0
    for seed in range(40):
        background = empty(seed)
        images, snr = injected_source(background, np.random.default_rng(seed))
        added = images - background.images
        peak = np.unravel_index(np.argmax(added[2]), (63, 63))
        assert np.hypot(peak[0] - 31, peak[1] - 31) < 2.5
        has_faded = added[1].max() > 1
        fading += has_faded
        assert (added[0].max() > 1) != has_faded
        assert snr >= SNR_RANGE[0]
    assert 3 < fading < 25


def test_most_are_faint():
    rng = np.random.default_rng(0)
    drawn = np.array([drawn_snr(rng) for _ in range(2000)])
    assert (drawn >= SNR_RANGE[0]).all()
    assert (drawn <= SNR_RANGE[1]).all()
    assert 0.6 < (drawn < 15).mean() < 0.85


def test_the_same_seed_gives_the_same_source():
    one, other = (injected_source(empty(), np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one[0], other[0])
    assert one[1] == other[1]


def test_a_bright_host_makes_it_brighter_for_the_same_signal_to_noise():
    """Its photon noise counts."""
    host = empty()
    host.images[0] += 5000 * moffat(63, 31, 31, 6.0)
    plain, bright = (
        injected_source(one, np.random.default_rng(3))[0] - one.images for one in (empty(), host)
    )
    assert bright[2].max() > 1.2 * plain[2].max()
