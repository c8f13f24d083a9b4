"""Simulated curves are as noisy, as red and as often interrupted as real ones of their magnitudes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from astro_assets_tests.observations.realism import (
    HOURS,
    MISSIONS,
    Measured,
    by_magnitude,
    real_curves,
    simulated_curves,
    spread,
    stars,
    twins_over_star,
)


@pytest.fixture(scope="module")
def real(shared_data: Path) -> list[Measured]:
    return real_curves(shared_data)


@pytest.fixture(scope="module")
def simulated(real: list[Measured]) -> list[Measured]:
    found = simulated_curves(real, {"TESS": 8, "Kepler": 3}, same_aperture=True)
    assert len(found) >= 50
    return found


@pytest.mark.parametrize("mission", MISSIONS)
def test_noise_agrees_in_every_bin_of_one_magnitude(
    real: list[Measured], simulated: list[Measured], mission: str
) -> None:
    bins = by_magnitude(stars(real, mission), stars(simulated, mission))
    assert len(bins) >= 4
    for group in bins:
        assert group.ratios == pytest.approx(np.ones(len(HOURS)), abs=0.25), group.magnitude


@pytest.mark.parametrize("mission", MISSIONS)
def test_noise_of_nearly_every_calm_star_agrees(
    real: list[Measured], simulated: list[Measured], mission: str
) -> None:
    calm = [star for star in stars(real, mission) if not star.is_restless]
    ratios = np.array([twins_over_star(star, stars(simulated, mission)) for star in calm])
    agree = (np.abs(ratios - 1) <= 0.25).all(axis=1)
    assert np.mean(agree) >= 0.8


@pytest.mark.parametrize("mission", MISSIONS)
@pytest.mark.parametrize(("figure", "tolerance"), [("missing", 0.001), ("red_noise", 0.0)])
def test_gaps_and_red_noise_of_stars_are_within_the_real_quartiles(
    real: list[Measured], simulated: list[Measured], mission: str, figure: str, tolerance: float
) -> None:
    true, made = ([getattr(star, figure) for star in stars(curves, mission)] for curves in (real, simulated))
    assert spread(true, made, tolerance).holds(tolerance)
