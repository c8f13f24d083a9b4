"""Spots, pulsations, flares and noise have the statistics they claim."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.observations.simulated_variability import (
    Flares,
    Pulsation,
    Rotation,
    draw_flares,
    draw_pulsation,
    draw_rotation,
    flare,
    red_noise,
)

TIME = np.arange(20000) / 720


def test_red_noise_has_unit_variance_and_an_exponential_correlation() -> None:
    rng = np.random.default_rng(3)
    noise = np.stack([red_noise(2000, 0.1, rng) for _ in range(200)])
    assert noise.var() == pytest.approx(1.0, abs=0.03)
    for lag in (5, 10, 20):
        assert np.mean(noise[:, lag:] * noise[:, :-lag]) == pytest.approx(np.exp(-0.1 * lag), abs=0.05)


def test_spots_repeat_with_the_rotation_and_have_the_amplitude() -> None:
    star = Rotation(period_days=2.0, amplitude=0.01, quality=10.0, mix=0.2)
    flux = np.stack([star.flux(TIME, 0.0, np.random.default_rng(seed)) for seed in range(40)])
    assert flux.std() == pytest.approx(0.01, rel=0.1)
    one, half = 1440, 720
    again = np.mean(flux[:, one:] * flux[:, :-one]) / flux.var()
    opposite = np.mean(flux[:, half:] * flux[:, :-half]) / flux.var()
    assert again > 0.6
    assert opposite < 0


def test_spots_do_not_depend_on_how_long_one_looks() -> None:
    star = Rotation(2.0, 0.01, 10.0, 0.2)
    whole = star.flux(TIME, -5.0, np.random.default_rng(1))
    part = star.flux(TIME[:7000], -5.0, np.random.default_rng(1))
    np.testing.assert_array_equal(whole[:7000], part)


def test_pulsations_are_smeared_by_long_exposures() -> None:
    star = Pulsation((0.05,), (0.01,), (0.3,))
    assert star.flux(TIME, 0.0).std() == pytest.approx(0.01 / np.sqrt(2), rel=0.01)
    assert np.ptp(star.flux(TIME, 0.0204)) == pytest.approx(0.02 * np.sinc(0.0204 / 0.05), rel=0.01)


def test_a_flare_rises_fast_and_decays_slowly() -> None:
    since = np.linspace(-3, 35, 4000)
    light = flare(since)
    assert light.max() == pytest.approx(1.0, abs=0.02)
    assert abs(since[np.argmax(light)]) < 0.02
    assert light[since < -1].max() == light[since > 30].max() == 0
    half = since[light > 0.5]
    assert half[-1] - half[0] == pytest.approx(1.0, abs=0.1)  # in half-durations
    assert half[-1] > -half[0]


def test_flares_come_at_their_rate_and_are_positive() -> None:
    star = Flares(rate_per_day=0.5, smallest=0.005)
    counts = []
    for seed in range(60):
        light = star.flux(TIME, 120 / 86400, np.random.default_rng(seed))
        counts.append(len(light))
        assert light.shape == (len(light), len(TIME))
        assert light.min(initial=0.0) >= 0
        assert (light.max(axis=1) > 0.0025).all()
    assert np.mean(counts) == pytest.approx(0.5 * TIME[-1], rel=0.15)


def test_long_exposures_keep_the_light_of_flares() -> None:
    star = Flares(rate_per_day=0.5, smallest=0.005)
    short = np.arange(20000) / 720
    long = (np.arange(20000 // 15) + 0.5) / 48 - 0.5 / 720  # of the same moments
    sums = [
        star.flux(time, float(np.diff(time[:2])[0]), np.random.default_rng(1)).sum() * np.diff(time[:2])[0]
        for time in (short, long)
    ]
    assert sums[1] == pytest.approx(sums[0], rel=0.02)


def test_stars_are_as_variable_as_drawn() -> None:
    quiet, strong = (
        [draw_rotation(np.random.default_rng(seed), strong=flag) for seed in range(30)]
        for flag in (False, True)
    )
    assert max(star.amplitude for star in quiet) < 2e-3 <= min(star.amplitude for star in strong)
    modes = draw_pulsation(np.random.default_rng(0))
    assert list(modes.amplitudes) == sorted(modes.amplitudes, reverse=True)
    assert 0.1 <= draw_flares(np.random.default_rng(0)).rate_per_day <= 1
