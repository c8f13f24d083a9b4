"""Drawn orbits are possible ones, and a background binary moves the centre of light."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.observations.simulated_orbits import (
    SCALED_AXIS_ONE_DAY,
    density_by_orbit,
    draw_background,
    draw_binary,
    draw_planets,
)

LIMB = (0.3, 0.25)


@pytest.mark.parametrize("seed", range(40))
def test_drawn_orbits_are_possible(seed: int) -> None:
    rng = np.random.default_rng(seed)
    planets = draw_planets(rng, 1325.0, 0.5, 12.0, LIMB)
    binary = draw_binary(rng, 1325.0, LIMB)
    for signal in (*planets, binary):
        assert 1325.0 <= signal.epoch_btjd < 1325.0 + signal.period_days
        assert 0 < 2 * signal.ingress_days <= signal.duration_days * (1 + 1e-12)
        assert signal.duration_days < signal.period_days / 3
        assert 0 <= signal.secondary_depth <= signal.depth < 0.75
        assert signal.scaled_axis * (1 - signal.eccentricity) > 1 + signal.radius_ratio
    assert all(planet.period_days <= 12 for planet in planets)
    if len(planets) == 2:
        assert planets[1].period_days >= 1.5 * planets[0].period_days


@pytest.mark.parametrize("seed", range(20))
def test_orbits_of_one_star_have_one_density(seed: int) -> None:
    rng = np.random.default_rng(seed)
    planets = draw_planets(rng, 1325.0, 0.5, 12.0, LIMB)
    densities = [density_by_orbit(planet) for planet in planets]
    assert densities == pytest.approx(len(planets) * [densities[0]])
    assert 0.3 <= densities[0] <= 2.0
    binary = draw_binary(rng, 1325.0, LIMB)
    assert 0.6 <= density_by_orbit(binary) <= 1.5
    # Kepler III, with the mass of both.
    axis = SCALED_AXIS_ONE_DAY * binary.period_days ** (2 / 3)
    both = density_by_orbit(binary) * (1 + binary.radius_ratio)
    assert binary.scaled_axis == pytest.approx(axis * both ** (1 / 3))


def test_binaries_differ_at_half_their_period_unless_they_are_twins() -> None:
    rng = np.random.default_rng(1)
    ratios = np.array([(b := draw_binary(rng, 0.0, LIMB)).secondary_depth / b.depth for _ in range(200)])
    assert 0.1 < np.mean(ratios > 0.7) < 0.4
    assert np.mean(ratios < 0.3) > 0.2


@pytest.mark.parametrize("seed", range(5))
def test_a_background_binary_is_diluted_and_shifts_the_light(seed: int) -> None:
    behind = draw_background(np.random.default_rng(seed), 1325.0, LIMB)
    binary, time = behind.eclipses, np.array([behind.eclipses.epoch_btjd, 0.0])
    time[1] = time[0] + 0.25 * binary.period_days
    total, share = behind.blend(np.ones(2), time, 0.0)
    assert 1 - total[0] == pytest.approx(behind.depth + behind.share * binary.ellipsoidal, rel=1e-6)
    assert behind.depth == pytest.approx(behind.share * binary.depth)
    assert 0.003 <= behind.share <= 0.1
    # Less light from the binary: the centre moves away from it.
    moved = np.array(behind.offset_pixels) * (share[0] - behind.share)
    np.testing.assert_allclose(moved, behind.shift_pixels, rtol=0.05)
    assert np.dot(moved, behind.offset_pixels) < 0
