"""Eclipses have the depths, durations and phases they claim."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.observations.simulated_orbits import SCALED_AXIS_ONE_DAY
from astro_assets.observations.simulated_signals import Eclipses

PLANET = Eclipses("planet", 4.0, 1000.0, 0.1, 10.0, 0.3, (0.3, 0.25))
BINARY = Eclipses(
    "eclipsing_binary", 5.0, 1000.0, 0.6, 8.0, 0.1, (0.3, 0.25), light_ratio=0.2, eccentricity=0.2,
    periastron_deg=40.0,
)  # fmt: skip
TIME = 1000.0 + np.linspace(-0.5, 0.5, 100001)


def test_a_transit_is_as_deep_as_limb_darkening_makes_it() -> None:
    # Light of a point at distance 0.3 from the middle over the mean of the disc, times the covered area.
    cosine = np.sqrt(1 - 0.3**2)
    point = 1 - 0.3 * (1 - cosine) - 0.25 * (1 - cosine) ** 2
    expected = 0.01 * point / (1 - 0.3 / 3 - 0.25 / 6)
    assert PLANET.depth == pytest.approx(expected, rel=0.01)
    for epoch in (1000.0, 1400.0, 600.0):
        flux = PLANET.flux(epoch + np.array([0.0, 1.0, 2.0]))
        np.testing.assert_allclose(flux, [1 - PLANET.depth, 1.0, 1.0], atol=1e-9)


@pytest.mark.parametrize("orbit", [PLANET, BINARY, replace(PLANET, impact=0.95)])
def test_contacts_are_where_light_starts_to_go(orbit: Eclipses) -> None:
    flux = replace(orbit, light_ratio=0.0).flux(TIME)
    dark = TIME[flux < 1 - 1e-9]
    # A circular orbit at the speed of conjunction is a few per mille off for eccentric ones.
    assert np.ptp(dark) == pytest.approx(orbit.duration_days, rel=0.01)
    assert 0 < 2 * orbit.ingress_days <= orbit.duration_days


def test_an_earth_transits_the_sun_for_thirteen_hours() -> None:
    axis = SCALED_AXIS_ONE_DAY * 365.25 ** (2 / 3)
    assert axis == pytest.approx(215.0, rel=1e-3)  # an astronomical unit in solar radii
    earth = Eclipses("planet", 365.25, 1000.0, 0.00917, axis, 0.0, (0.3, 0.25))
    assert earth.duration_days * 24 == pytest.approx(13.1, abs=0.1)
    assert earth.ingress_days == pytest.approx(earth.duration_days * 0.00917 / 1.00917, rel=1e-2)


def test_the_secondary_eclipse_has_its_own_phase_and_depth() -> None:
    assert BINARY.secondary_depth == pytest.approx(0.2 / 1.2)  # all of the smaller star
    middle = 1000.0 + BINARY.secondary_phase * 5.0
    flux = BINARY.flux(middle + np.linspace(-0.6, 0.6, 2401))
    dark = np.flatnonzero(flux < 1 - 0.99 * BINARY.secondary_depth)
    assert (dark[0] + dark[-1]) / 2 == pytest.approx(1200, abs=12)
    # Winn (2010), equation 33, to first order in e.
    assert BINARY.secondary_phase - 0.5 == pytest.approx(2 / np.pi * 0.2 * np.cos(np.radians(40)), abs=0.02)
    assert replace(BINARY, eccentricity=0.0).secondary_phase == pytest.approx(0.5)
    assert PLANET.secondary_depth == 0


def test_at_half_the_period_odd_and_even_eclipses_differ() -> None:
    circular = replace(BINARY, eccentricity=0.0)
    odd, even = 1 - circular.flux(np.array([1000.0, 1002.5]))
    assert odd > even > 0


def test_long_exposures_smear_a_transit() -> None:
    sharp, smeared = PLANET.flux(TIME), PLANET.flux(TIME, 0.0204)
    assert np.count_nonzero(smeared < 1) > np.count_nonzero(sharp < 1)
    assert smeared.sum() == pytest.approx(sharp.sum(), rel=1e-5)


def test_stretched_stars_are_brightest_at_quadrature() -> None:
    stretched = replace(PLANET, ellipsoidal=0.02)
    np.testing.assert_allclose(stretched.flux(np.array([1001.0, 1002.0, 1003.0])), [1.02, 0.98, 1.02])
