"""Planets that are put in: where they are drawn, and that they take the light they should."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.injection import (
    EARTH_RADIUS_SUN,
    InjectionSettings,
    Planet,
    Star,
    draw_planets,
    transit_light,
)

SETTINGS = InjectionSettings()
SUN = Star()
MINUTE = 1 / 1440


def test_the_earth_takes_thirteen_hours_and_84_ppm_of_the_sun() -> None:
    earth = Planet(0, 365.256, 0.0, 1.0, 0.0)
    assert 24 * earth.duration_days(SUN) == pytest.approx(13.1, abs=0.1)
    assert earth.axis(SUN) == pytest.approx(215.03, abs=0.05)
    light = transit_light(earth, SUN, np.arange(-1, 1, MINUTE), MINUTE)
    assert light.max() == 1
    # Deeper than the ratio of the discs where the star is brightest.
    assert 1 - light.min() == pytest.approx(EARTH_RADIUS_SUN**2 / (1 - 0.36 / 3 - 0.22 / 6), rel=0.01)
    assert np.count_nonzero(light < 1) * MINUTE == pytest.approx(earth.duration_days(SUN), abs=2 * MINUTE)


@given(st.floats(0.5, 30), st.floats(1, 16), st.floats(0, 0.99), st.floats(0.2, 1.2))
def test_light_is_lost_for_the_duration_around_each_transit(
    period: float, radius: float, impact: float, mass: float
) -> None:
    star = Star(mass, mass)
    planet = Planet(0, period, 1.3, radius, impact)
    time = np.arange(0, 40, 10 * MINUTE)
    light = transit_light(planet, star, time, 0.0)
    offset = np.abs((time - 1.3 + period / 2) % period - period / 2)
    assert (light[offset > planet.duration_days(star) / 2 + 1e-9] == 1).all()
    assert (light <= 1 + 1e-6).all()  # to what batman promises
    inside = offset < planet.duration_days(star) / 2 * 0.9
    assert (light[inside] < 1).all()


def test_long_exposures_smear_a_transit_and_keep_its_light() -> None:
    planet = Planet(0, 3.0, 1.0, 10.0, 0.2)
    fine = np.arange(0.5, 1.5, MINUTE)
    sharp, smeared = (transit_light(planet, SUN, fine, exposure) for exposure in (0.0, 60 * MINUTE))
    assert np.count_nonzero(smeared < 1) > np.count_nonzero(sharp < 1) + 50
    assert np.sum(1 - smeared) == pytest.approx(np.sum(1 - sharp), rel=0.01)


def test_as_many_are_drawn_in_each_cell_and_nothing_but_the_name_decides_which() -> None:
    planets = draw_planets("TIC 1", 205, 1000.0, SETTINGS)
    counts = np.bincount([planet.cell for planet in planets], minlength=50)
    assert counts.tolist() == 5 * [5] + 45 * [4]
    for planet in planets:
        in_period, in_radius = divmod(planet.cell, SETTINGS.n_radii)
        assert SETTINGS.period_edges[in_period] <= planet.period <= SETTINGS.period_edges[in_period + 1]
        assert SETTINGS.radius_edges[in_radius] <= planet.radius <= SETTINGS.radius_edges[in_radius + 1]
        assert 1000 <= planet.epoch < 1000 + planet.period
        assert 0 <= planet.impact < 1
    assert draw_planets("TIC 1", 60, 1000.0, SETTINGS) == planets[:60]
    assert draw_planets("TIC 2", 60, 1000.0, SETTINGS) != planets[:60]


@pytest.mark.parametrize("name", ["period_days", "radius_earth"])
def test_cells_without_width_are_refused(name: str) -> None:
    low, high = ("shortest", "longest") if name == "period_days" else ("smallest", "largest")
    with pytest.raises(ValueError, match=f"{low}_{name} must be below {high}_{name}"):
        InjectionSettings(**{f"{low}_{name}": 5.0, f"{high}_{name}": 5.0})
