"""Curves of one star agree, those of two do not, nor does a star with itself much diluted."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.observations.agreement import agreement

CADENCE = 1800 / 86400
TIME = np.arange(0, 80, CADENCE)


def _curve(star: int, noise: int, scale: float = 1.0, sigma: float = 1e-4) -> dict[str, np.ndarray]:
    signal = np.random.default_rng(star).normal(0, 1e-3, len(TIME))
    flux = 1 + scale * signal + np.random.default_rng([5, noise]).normal(0, sigma, len(TIME))
    return {"time": TIME, "flux": flux}


def test_one_star_agrees_up_to_the_noise() -> None:
    coefficient, error = agreement(_curve(1, 1), _curve(1, 2), CADENCE)
    assert coefficient == pytest.approx(1 / (1 + 0.01), abs=0.01)
    assert error == pytest.approx(1 / np.sqrt(len(TIME)), rel=0.01)
    assert agreement(_curve(1, 1), _curve(1, 1), CADENCE)[0] == pytest.approx(1, abs=1e-12)


@pytest.mark.parametrize("star", [2, 3, 4])
def test_two_stars_do_not(star: int) -> None:
    coefficient, error = agreement(_curve(1, 1), _curve(star, 2), CADENCE)
    assert abs(coefficient) < 4 * error


def test_a_diluted_star_does_not_agree_with_itself() -> None:
    """The coefficient of curves that differ by a factor k alone is 2 k / (1 + k^2)."""
    diluted = _curve(1, 1, scale=1 / 60, sigma=0)
    pure = _curve(1, 1, sigma=0)
    assert agreement(pure, diluted, CADENCE)[0] == pytest.approx(2 / 60 / (1 + 1 / 3600), rel=1e-3)


def test_slow_changes_and_offsets_do_not_count() -> None:
    drifting = _curve(1, 2)
    drifting["flux"] = drifting["flux"] + 0.05 * np.sin(TIME / 10) + 0.3
    assert agreement(_curve(1, 1), drifting, CADENCE)[0] > 0.8


def test_cadences_of_minutes_and_of_half_an_hour_compare() -> None:
    coarse = _curve(1, 1)
    fine_time = (TIME[:, None] + (np.arange(15) - 7) / 15 * CADENCE).ravel()
    fine = {"time": fine_time, "flux": np.repeat(_curve(1, 2)["flux"], 15)}
    assert agreement(fine, coarse, CADENCE)[0] > 0.9
    assert agreement(fine, coarse, CADENCE) == agreement(coarse, fine, CADENCE)


def test_too_little_in_common_is_no_answer() -> None:
    late = _curve(1, 1)
    late["time"] = late["time"] + 79.9
    flat = {"time": TIME, "flux": np.ones(len(TIME))}
    for other in (late, flat):
        coefficient, error = agreement(_curve(1, 1), other, CADENCE)
        assert np.isnan(coefficient)
        assert np.isinf(error)
