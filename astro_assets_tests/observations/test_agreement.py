"""Curves of one star agree and those of two do not, by their variation or else by their noise."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.observations.agreement import agreement

CADENCE = 1800 / 86400
TIME = np.arange(0, 80, CADENCE)
SIGMA = 1e-4
Curve = dict[str, np.ndarray]


def _noise(number: int, sigma: float = SIGMA) -> np.ndarray:
    return np.random.default_rng([5, number]).normal(0, sigma, len(TIME))


def _curve(star: int, noise: int, scale: float = 1.0, sigma: float = SIGMA) -> Curve:
    """Star that changes within two hours."""
    knots = np.random.default_rng(star).normal(0, 1e-3, 1000)
    return {
        "time": TIME,
        "flux": 1 + scale * np.interp(12 * TIME, np.arange(1000), knots) + _noise(noise, sigma),
    }


def _quiet(noise: int, sigma: float = SIGMA) -> Curve:
    return {"time": TIME, "flux": 1 + _noise(noise, sigma)}


def _agreement(first: Curve, second: Curve) -> tuple[float, float]:
    coefficient, error = agreement(first, second, CADENCE)
    swapped = agreement(second, first, CADENCE)
    np.testing.assert_allclose((coefficient, error), swapped, rtol=1e-12)
    return coefficient, error


@pytest.mark.parametrize("sigma", [SIGMA, 2 * SIGMA, 20 * SIGMA])
def test_one_star_agrees_whatever_the_noise_of_the_other_product(sigma: float) -> None:
    coefficient, error = _agreement(_curve(1, 1), _curve(1, 2, sigma=sigma))
    assert coefficient > 1 - 3 * error
    assert error < 0.1
    assert _agreement(_curve(1, 1), _curve(1, 1))[0] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("star", range(2, 12))
def test_two_variable_stars_do_not(star: int) -> None:
    coefficient, error = _agreement(_curve(1, 1), _curve(star, 2))
    assert abs(coefficient) < 4 * error
    assert error < 0.05


@pytest.mark.parametrize("noise", range(2, 12))
def test_a_variable_and_a_quiet_star_do_not(noise: int) -> None:
    coefficient, error = _agreement(_curve(1, 1), _quiet(noise))
    assert abs(coefficient) < 4 * error
    assert error < 0.01


@pytest.mark.parametrize("ratio", [0.2, 1, 2, 5])
@pytest.mark.parametrize("seed", range(10))
def test_quiet_stars_are_told_apart_by_their_noise(ratio: float, seed: int) -> None:
    first, second = _quiet(seed), _quiet(seed + 100, ratio * SIGMA)
    coefficient, error = _agreement(first, second)
    assert coefficient + 2 * error < 0.2
    second["flux"] = second["flux"] + ratio * (first["flux"] - 1)
    for later in (0, 1, -1):  # the times of one product may be off by a cadence
        shifted = {**second, "time": second["time"] + later * CADENCE}
        assert _agreement(first, shifted)[0] == pytest.approx(0.5**0.5, abs=0.06)


def test_the_noise_of_few_bins_of_rounded_fluxes_and_of_a_far_louder_curve_tells_nothing() -> None:
    few = {name: values[:300] for name, values in _quiet(1).items()}
    rounded = {"time": TIME, "flux": np.round(_quiet(1)["flux"], 3)}
    for other in (few, rounded, _quiet(1, 20 * SIGMA)):
        assert np.isnan(_agreement(_quiet(2), other)[0])


def test_a_noisy_curve_cannot_tell() -> None:
    coefficient, error = _agreement(_curve(1, 1), _quiet(2, 300 * SIGMA))
    assert coefficient + 2 * error > 0.2


@pytest.mark.parametrize("times", [1 / 60, 1 / 8, 8, 60])
def test_a_diluted_star_does_not_agree_with_itself(times: float) -> None:
    """Light of a neighbour in the aperture: the same eclipses, some per cent as deep."""
    diluted = _curve(1, 2, scale=times, sigma=SIGMA * min(times, 1))
    coefficient, error = _agreement(_curve(1, 1, sigma=SIGMA / 100), diluted)
    assert coefficient == pytest.approx(min(times, 1 / times), abs=3 * error + 0.03)


def test_the_opposite_does_not_agree() -> None:
    coefficient, error = _agreement(_curve(1, 1), _curve(1, 2, scale=-1))
    assert coefficient < -1 + 3 * error


def test_what_one_product_adds_does_not_count_if_the_photons_are_the_same() -> None:
    """Fluxes that follow a pointing that turns every six hours, as K2's, and the same without that."""
    turning = 1e-3 * np.sin(2 * np.pi * TIME / 0.25)
    for star in (_quiet(1), _curve(1, 1)):
        following = {"time": TIME, "flux": star["flux"] + turning + _noise(2, SIGMA / 3)}
        assert _agreement(star, following)[0] > 0.8


def test_slow_changes_and_offsets_do_not_count() -> None:
    drifting = _curve(1, 2)
    drifting["flux"] = drifting["flux"] + 0.05 * np.sin(TIME / 10) + 0.3
    assert _agreement(_curve(1, 1), drifting)[0] > 0.6


def test_cadences_of_minutes_and_of_half_an_hour_compare() -> None:
    coarse = _curve(1, 1)
    fine_time = (TIME[:, None] + (np.arange(15) - 7) / 15 * CADENCE).ravel()
    fine = {"time": fine_time, "flux": np.repeat(_curve(1, 2)["flux"], 15)}
    assert _agreement(fine, coarse)[0] > 0.9


def test_too_little_in_common_is_no_answer() -> None:
    late = _curve(1, 1)
    late["time"] = late["time"] + 79.9
    few = {name: values[:5] for name, values in _curve(1, 1).items()}
    apart = {name: values[::2] for name, values in _curve(1, 1).items()}
    for other in (late, few, apart):
        coefficient, error = _agreement(_curve(1, 1), other)
        assert np.isnan(coefficient)
        assert np.isinf(error)
    flat = {"time": TIME, "flux": np.ones(len(TIME))}
    assert np.isnan(_agreement(_quiet(1), flat)[0])
    assert _agreement(_curve(1, 1), flat) == (0.0, 0.0), "a constant shows nothing of a variable star"
