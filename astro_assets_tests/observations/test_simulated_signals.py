"""Simulated signals have the depths, durations and statistics they claim."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.observations.simulated_signals import (
    Signal,
    Variability,
    draw_binary,
    draw_planets,
    draw_variability,
    red_noise,
)


def test_a_transit_is_a_trapezoid_at_its_place() -> None:
    signal = Signal("planet", 4.0, 1000.0, duration_days=0.2, ingress_days=0.05, depth=0.01)
    since = np.array([0.0, 0.05, -0.05, 0.075, 0.1, 0.11, 2.0])
    expected = 1 - 0.01 * np.array([1, 1, 1, 0.5, 0, 0, 0])
    for epoch in (1000.0, 1400.0, 600.0):
        np.testing.assert_allclose(signal.flux(epoch + since), expected, atol=1e-12)


def test_the_secondary_eclipse_has_its_own_phase_and_depth() -> None:
    signal = Signal("eclipsing_binary", 4.0, 1000.0, 0.2, 0.1, 0.3, secondary_depth=0.1, secondary_phase=0.4)
    np.testing.assert_allclose(signal.flux(np.array([1000.0, 1001.6, 1002.0])), [0.7, 0.9, 1.0])


def test_stretched_stars_are_brightest_at_quadrature() -> None:
    signal = Signal("eclipsing_binary", 4.0, 1000.0, 0.2, 0.1, 0.3, ellipsoidal=0.02)
    np.testing.assert_allclose(signal.flux(np.array([1001.0, 1002.0, 1003.0])), [1.02, 0.98, 1.02])


@pytest.mark.parametrize("seed", range(40))
def test_drawn_orbits_are_possible(seed: int) -> None:
    rng = np.random.default_rng(seed)
    planets = draw_planets(rng, 1325.0, several=0.5)
    for signal in (*planets, draw_binary(rng, 1325.0)):
        assert 1325.0 <= signal.epoch_btjd < 1325.0 + signal.period_days
        assert 0 < 2 * signal.ingress_days <= signal.duration_days * (1 + 1e-12)
        assert signal.duration_days < signal.period_days / 3
        assert 0 < signal.secondary_depth + 1e-9 <= signal.depth + 1e-9 < 0.55
        assert signal.flux(np.array([signal.epoch_btjd])) == pytest.approx(
            1 - signal.depth - signal.ellipsoidal
        )
    assert all(2e-2**2 <= planet.depth <= 0.12**2 for planet in planets)
    if len(planets) == 2:
        assert planets[1].period_days >= 1.5 * planets[0].period_days


def test_an_earth_transits_the_sun_for_thirteen_hours() -> None:
    from astro_assets.observations.simulated_signals import _SCALED_AXIS_ONE_DAY, _contacts

    axis = _SCALED_AXIS_ONE_DAY * 365.25 ** (2 / 3)
    assert axis == pytest.approx(215.0, rel=1e-3)  # an astronomical unit in solar radii
    total, ingress = _contacts(365.25, 0.00917, 0.0, axis)
    assert total * 24 == pytest.approx(13.1, abs=0.1)
    assert ingress * 24 == pytest.approx(total * 24 * 0.00917 / 1.00917, rel=1e-2)


def test_red_noise_has_unit_variance_and_an_exponential_correlation() -> None:
    rng = np.random.default_rng(3)
    noise = np.stack([red_noise(2000, 0.1, rng) for _ in range(200)])
    assert noise.var() == pytest.approx(1.0, abs=0.03)
    for lag in (5, 10, 20):
        assert np.mean(noise[:, lag:] * noise[:, :-lag]) == pytest.approx(np.exp(-0.1 * lag), abs=0.05)


def test_variability_is_as_strong_as_drawn() -> None:
    time = np.arange(20000) / 720
    quiet = [draw_variability(np.random.default_rng(seed), strong=False) for seed in range(30)]
    strong = [draw_variability(np.random.default_rng(seed), strong=True) for seed in range(30)]
    assert max(star.amplitudes[0] for star in quiet) <= 1e-3 <= min(star.amplitudes[0] for star in strong)
    assert {min(star.periods_days) < 0.2 for star in strong} == {True, False}
    star = Variability(periods_days=(2.0,), amplitudes=(0.01,), phases=(0.0,))
    flux = star.flux(time, np.random.default_rng(0))
    assert flux.std() == pytest.approx(0.01 / np.sqrt(2), rel=0.02)
    noisy = Variability(red_noise=1e-3, red_noise_days=0.2).flux(time, np.random.default_rng(0))
    assert noisy.std() == pytest.approx(1e-3, rel=0.25)
