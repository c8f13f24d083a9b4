"""The population has the fractions asked for, and a star depends on nothing but seed and number."""

from __future__ import annotations

from collections import Counter

import pytest

from astro_assets.observations.simulated_stars import Population, simulate_star


@pytest.mark.parametrize("seed", [0, 1, 2024])
def test_fractions_are_met_at_every_size(seed: int) -> None:
    kinds = [simulate_star(number, seed, Population()).kind for number in range(1, 201)]
    for size in (50, 200):
        counts = Counter(kinds[:size])
        for kind, fraction in {
            "planet": 0.3,
            "eclipsing_binary": 0.15,
            "variable": 0.2,
            "quiet": 0.35,
        }.items():
            assert abs(counts[kind] - fraction * size) <= 2, kind


def test_every_fraction_counts() -> None:
    for name, kind in {"planets": "planet", "binaries": "eclipsing_binary", "variables": "variable"}.items():
        only = Population(**{"planets": 0.0, "binaries": 0.0, "variables": 0.0, name: 1.0})
        assert simulate_star(5, 1, only).kind == kind
    lonely = Population(planets=1.0, binaries=0.0, variables=0.0, several_planets=0.0)
    assert {len(simulate_star(number, 1, lonely).signals) for number in range(1, 30)} == {1}
    crowded = Population(planets=1.0, binaries=0.0, variables=0.0, several_planets=1.0)
    assert {len(simulate_star(number, 1, crowded).signals) for number in range(1, 30)} == {1, 2}


@pytest.mark.parametrize(
    "fractions", [{"planets": -0.1}, {"planets": 0.9}, {"several_planets": 1.1}, {"several_planets": -0.1}]
)
def test_impossible_fractions_are_refused(fractions: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must be between 0 and 1"):
        Population(**fractions)


def test_seed_and_number_make_the_star() -> None:
    star = simulate_star(17, 1, Population())
    assert star == simulate_star(17, 1, Population())
    assert star.target_id == "SIM 17"
    assert 7 <= star.magnitude <= 13.5
    assert star.ra_deg != simulate_star(17, 2, Population()).ra_deg
    assert star.ra_deg != simulate_star(18, 1, Population()).ra_deg
