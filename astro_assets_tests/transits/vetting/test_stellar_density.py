"""The density of a star by its header, and how long transits are for it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from astro_assets.transits.search.periods import transit_duration_days
from astro_assets.transits.vetting.stellar_density import duration_over_star, stellar_density


def over_star(period_days, duration_hours, surface_gravity, radius_sun):
    density = np.array([stellar_density(surface_gravity, radius_sun)])
    return duration_over_star(duration_hours / 24 / transit_duration_days([period_days]), density)[0]


@pytest.mark.parametrize(
    ("surface_gravity", "radius_sun", "density"),
    [
        (4.438, 1.0, 1.0),
        (4.361, 1.155, 1.024 / 1.410),  # HD 209458, Torres et al. 2008, ApJ 677, 1324
        (4.341, 1.056, 1.068 / 1.410),  # Kepler-10, Batalha et al. 2011, ApJ 729, 27
        (2.543, 8.223, 0.0015),  # the giant KIC 5899262, by its header
    ],
)
def test_densities_are_those_of_the_literature(surface_gravity, radius_sun, density):
    assert stellar_density(surface_gravity, radius_sun) == pytest.approx(density, rel=0.04)


@pytest.mark.parametrize(
    ("period_days", "duration_hours", "surface_gravity", "radius_sun", "radius_ratio", "impact"),
    [
        (3.52474859, 3.07, 4.361, 1.155, 0.12086, 0.507),  # HD 209458 b
        (0.837495, 1.811, 4.341, 1.056, 0.01232, 0.339),  # Kepler-10 b
    ],
)
def test_planets_on_circular_orbits_take_as_long_as_their_impact_says(
    period_days, duration_hours, surface_gravity, radius_sun, radius_ratio, impact
):
    expected = np.sqrt((1 + radius_ratio) ** 2 - impact**2)
    found = over_star(period_days, duration_hours, surface_gravity, radius_sun)
    assert found == pytest.approx(expected, rel=0.03)


def test_what_eclipses_a_giant_is_far_too_long_for_a_dwarf():
    dwarf, giant = (4.5, 0.9), (2.543, 8.223)
    assert over_star(10.0, 30.0, *dwarf) > 7
    assert over_star(10.0, 30.0, *giant) < 1


@pytest.mark.parametrize(("surface_gravity", "radius_sun"), [(None, 1.0), (4.4, None), (None, None)])
def test_nothing_is_known_of_a_star_by_half(surface_gravity, radius_sun):
    assert np.isnan(over_star(10.0, 3.0, surface_gravity, radius_sun))


def test_few_planets_and_many_false_positives_are_too_long_for_their_star(shared_data: Path):
    """By the stars of the catalogue, which are those of Kepler's pipeline and not of the headers."""
    table = pl.read_csv(shared_data / "catalogs" / "koi_cumulative.csv", comment_prefix="#")
    names = ("koi_period", "koi_duration", "koi_slogg", "koi_srad")
    too_long = {
        disposition: np.mean([over_star(*row) > 1.3 for row in rows.select(names).drop_nulls().iter_rows()])
        for (disposition,), rows in table.group_by("koi_disposition")
    }
    assert too_long["CONFIRMED"] < 0.06
    assert too_long["FALSE POSITIVE"] > 0.35
