"""Counts and intervals of a completeness map, and which candidate is a planet that was put in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.completeness import (
    UnknownTargetError,
    asked_for,
    completeness_cells,
    found_at_its_period,
    is_recovered,
    summed,
    wilson_interval,
)
from astro_assets.transits.completeness_plots import completeness_plot
from astro_assets.transits.injection import InjectionSettings, Planet, Star, draw_planets
from astro_assets.transits.recovery import Found

SETTINGS = InjectionSettings(n_periods=3, n_radii=4)
PLANET = Planet(0, 4.0, 101.0, 2.0, 0.3)


def _candidate(period: float, epoch: float, *, is_detected: bool = True) -> tuple[Found, float]:
    return Found("SIM 1.01", 1, period, is_detected), epoch


@pytest.mark.parametrize(
    ("candidate", "is_it"),
    [
        (_candidate(4.0, 101.0), True),
        (_candidate(4.0005, 113.02), True),
        (_candidate(2.0, 103.0), True),
        (_candidate(8.0, 105.0), True),
        (_candidate(4.0, 101.0, is_detected=False), False),
        (_candidate(4.0, 102.0), False),
        (_candidate(4.1, 101.0), False),
        (_candidate(4 / 3, 101.0), False),
    ],
)
def test_a_candidate_is_the_planet_at_its_period_and_at_its_time(
    candidate: tuple[Found, float], is_it: bool
) -> None:
    """A signal of the star itself has neither."""
    others = [_candidate(1.7, 100.3), _candidate(4.0, 102.9)]
    assert is_recovered(PLANET, 0.1, 27.0, [*others, candidate]) is is_it


@pytest.mark.parametrize(
    ("candidate", "is_it"),
    [
        (_candidate(4.0, 101.0), True),
        (_candidate(4.0005, 113.02, is_detected=False), True),
        (_candidate(2.0, 103.0), False),
        (_candidate(8.0, 105.0), False),
        (_candidate(4.0, 102.0), False),
    ],
)
def test_an_example_is_at_the_planets_own_period_detected_or_not(
    candidate: tuple[Found, float], is_it: bool
) -> None:
    others = [_candidate(1.7, 100.3), _candidate(4.0, 102.9)]
    found = found_at_its_period(PLANET, 0.1, 27.0, [*others, candidate])
    assert found is (candidate[0] if is_it else None)


def test_each_planet_counts_in_its_cell() -> None:
    planets = draw_planets("SIM 1", 30, 0.0, SETTINGS)
    found = np.array([planet.radius > 2.0 for planet in planets])
    cells = completeness_cells(planets, found, SETTINGS)
    assert {values.shape for values in cells.values()} == {(12,)}
    assert cells["n_injected"].sum() == 30
    assert cells["n_recovered"].sum() == np.count_nonzero(found)
    for cell in range(12):
        inside = [
            planet
            for planet in planets
            if cells["period_days_from"][cell] <= planet.period <= cells["period_days_to"][cell]
            and cells["radius_earth_from"][cell] <= planet.radius <= cells["radius_earth_to"][cell]
        ]
        assert cells["n_injected"][cell] == len(inside)
        assert cells["n_recovered"][cell] == sum(planet.radius > 2.0 for planet in inside)


def test_maps_of_the_same_cells_are_added() -> None:
    some, other = (draw_planets(name, 24, 0.0, SETTINGS) for name in ("SIM 1", "SIM 2"))
    maps = [completeness_cells(planets, np.full(24, True), SETTINGS) for planets in (some, other)]
    older = completeness_cells(some, np.full(24, True), InjectionSettings(n_periods=4, n_radii=3))
    total = summed([older, *maps])
    assert total["n_injected"].tolist() == total["n_recovered"].tolist() == 12 * [4]
    np.testing.assert_array_equal(total["period_days_from"], maps[0]["period_days_from"])


def test_intervals_are_those_of_the_literature() -> None:
    """Newcombe (1998), Stat. Med. 17, 857, table I, method 3."""
    low, high = wilson_interval(np.array([81, 15, 0, 1]), np.array([263, 148, 20, 29]), 1.959964)
    np.testing.assert_allclose(low, [0.2553, 0.0624, 0.0, 0.0061], atol=5e-5)
    np.testing.assert_allclose(high, [0.3662, 0.1605, 0.1611, 0.1718], atol=5e-5)


@given(st.integers(0, 500), st.integers(0, 500))
def test_an_interval_holds_the_share_and_narrows(first: int, second: int) -> None:
    found, tried = sorted((first, second))
    (low, more), (high, less) = wilson_interval(np.array([found, 4 * found]), np.array([tried, 4 * tried]))
    assert 0 <= low <= high <= 1
    if tried:
        assert low - 1e-12 <= found / tried <= high + 1e-12
        assert less - more < high - low
    else:
        assert (low, high) == (0, 1)


def test_targets_are_asked_for_by_name_or_by_what_is_searched_of_them() -> None:
    searched = [("KIC 1", "KIC 1"), ("KIC 2~a", "KIC 2"), ("KIC 2~b", "KIC 2")]
    star = Star(0.5, 0.6)
    assert list(asked_for(searched, ["KIC 2"], 10, star)) == ["KIC 2~a", "KIC 2~b"]
    assert asked_for(searched, ["KIC 2~b"], 10, star) == {
        "KIC 2~b": {
            "search_id": "KIC 2~b", "target_id": "KIC 2", "n_injected": 10,
            "star_radius_sun": 0.5, "star_mass_sun": 0.6,
        }
    }  # fmt: skip
    assert asked_for(searched, [], 10, star) == {}
    with pytest.raises(UnknownTargetError, match="KIC 3 is not searched"):
        asked_for(searched, ["KIC 1", "KIC 3"], 10, star)


@pytest.mark.parametrize(("n_periods", "n_radii", "n"), [(1, 1, 5), (5, 10, 20), (5, 10, 500), (30, 30, 900)])
def test_maps_of_any_size_are_drawn_small_and_the_same_every_time(
    n_periods: int, n_radii: int, n: int
) -> None:
    settings = InjectionSettings(n_periods=n_periods, n_radii=n_radii)
    planets = draw_planets("SIM 1", n, 0.0, settings)
    cells = completeness_cells(planets, np.array([planet.radius > 3 for planet in planets]), settings)
    picture = completeness_plot(cells, "Found of them")
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 50_000
    assert picture == completeness_plot(cells, "Found of them")
