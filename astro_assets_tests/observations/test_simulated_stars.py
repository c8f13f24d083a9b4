"""The population has the fractions asked for, and a star depends on nothing but seed and number."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from astro_assets.observations.simulated_orbits import density_by_orbit
from astro_assets.observations.simulated_stars import KINDS, Population, simulate_star
from astro_assets.observations.simulated_telescopes import KEPLER_LIKE, TESS_LIKE

#: Names of the fractions, in the order of the kinds.
FRACTIONS = ("planets", "binaries", "background_binaries", "pulsators", "rotators", "flare_stars")


@pytest.mark.parametrize("seed", [0, 1, 2024])
def test_fractions_are_met_at_every_size(seed: int) -> None:
    population = Population()
    kinds = [simulate_star(number, seed, population, TESS_LIKE).kind for number in range(1, 201)]
    for size in (50, 200):
        counts = Counter(kinds[:size])
        for name, kind in zip(FRACTIONS, KINDS, strict=True):
            assert abs(counts[kind] - getattr(population, name) * size) <= 2, kind
        assert abs(counts["quiet"] - 0.3 * size) <= 2


def test_every_fraction_counts() -> None:
    nothing = dict.fromkeys(FRACTIONS, 0.0)
    for name, kind in zip(FRACTIONS, KINDS, strict=True):
        assert simulate_star(5, 1, Population(**{**nothing, name: 1.0}), TESS_LIKE).kind == kind
    for several, expected in ((0.0, {1}), (1.0, {1, 2})):
        population = Population(**{**nothing, "planets": 1.0}, several_planets=several)
        stars = [simulate_star(number, 1, population, TESS_LIKE) for number in range(1, 30)]
        assert {len(star.eclipses) for star in stars} == expected


@pytest.mark.parametrize(
    "fractions", [{"planets": -0.1}, {"planets": 0.9}, {"several_planets": 1.1}, {"several_planets": -0.1}]
)
def test_impossible_fractions_are_refused(fractions: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be between 0 and 1"):
        Population(**fractions)


def test_seed_and_number_make_the_star() -> None:
    star = simulate_star(17, 1, Population(), TESS_LIKE)
    assert star == simulate_star(17, 1, Population(), TESS_LIKE)
    assert star.target_id == "SIM 17"
    assert 7 <= star.magnitude <= 13.5
    assert star.ra_deg != simulate_star(17, 2, Population(), TESS_LIKE).ra_deg
    assert star.ra_deg != simulate_star(18, 1, Population(), TESS_LIKE).ra_deg


def test_gravity_and_radius_give_the_density_of_the_orbit() -> None:
    stars = [simulate_star(number, 1, Population(), TESS_LIKE) for number in range(1, 400)]
    told = {star.number: star.logg - 4.438 - np.log10(star.radius_sun) for star in stars}
    off = [told[s.number] - np.log10(density_by_orbit(s.eclipses[0])) for s in stars if s.eclipses]
    assert len(off) > 100
    assert np.std(off) == pytest.approx(0.05, abs=0.01)
    assert np.mean(off) == pytest.approx(0, abs=0.015)
    others = [10 ** told[star.number] for star in stars if not star.eclipses]
    assert 0.2 < min(others) < max(others) < 8, "of the main sequence"


@pytest.mark.parametrize("kind", [*KINDS, "quiet"])
def test_the_light_shows_what_the_star_is(kind: str) -> None:
    star = simulate_star(1_000_003, 5, Population(), KEPLER_LIKE, kind=kind)
    time = KEPLER_LIKE.first_start_btjd + np.arange(4400) * KEPLER_LIKE.cadence_days
    light = star.light(time, 1)
    np.testing.assert_array_equal(light.flux, star.light(time, 1).flux)
    assert np.isfinite(light.flux).all()
    assert (np.ptp(light.column_shift) > 0) == (kind == "background_binary")
    assert (len(light.flares) > 0) == (kind == "flare_star")
    rough = np.ptp(light.flux)
    assert rough < 0.006 if kind == "quiet" else rough > 4e-4
