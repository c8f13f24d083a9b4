"""The dip in a night's light curve is found where it was put, with errors that mean what they say."""

from __future__ import annotations

import batman
import numpy as np
import pytest

from astro_assets.images.photometry.dips import fitted_dip, trapezoid

TIME = 1107.57 + np.arange(71) / 240


def noise(seed: int, scatter: float = 4e-3) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, scatter, TIME.size)


def planet(mid: float, depth: float) -> np.ndarray:
    """Return the transit of a hot Jupiter with limb darkening."""
    parameters = batman.TransitParams()
    parameters.t0, parameters.per, parameters.rp = mid, 2.15, depth**0.5
    parameters.a, parameters.inc, parameters.ecc, parameters.w = 6.05, 88.9, 0.0, 90.0
    parameters.limb_dark, parameters.u = "quadratic", [0.3, 0.3]
    return np.asarray(batman.TransitModel(parameters, TIME).light_curve(parameters))


def test_a_planet_s_transit_is_found_with_its_depth_and_time() -> None:
    offsets, depths = [], []
    for seed in range(30):
        dip = fitted_dip(TIME, planet(1107.71, 0.022) + noise(seed), np.full(TIME.size, 4e-3))
        assert dip is not None
        assert dip.delta_bic > 50
        offsets.append((dip.mid - 1107.71) / dip.mid_error)
        depths.append(dip.depth)
    assert np.std(offsets) == pytest.approx(1, abs=0.45)  # 30 trials of a standard deviation
    # Limb darkening deepens the middle beyond the ratio of the areas, for noise as without it.
    clean = fitted_dip(TIME, planet(1107.71, 0.022), np.full(TIME.size, 4e-3))
    assert clean is not None
    assert clean.mid == pytest.approx(1107.71, abs=1e-4)
    assert 0.022 < clean.depth < 0.026
    assert np.mean(depths) == pytest.approx(clean.depth, rel=0.04)


def test_a_night_without_a_dip_prefers_none() -> None:
    found = [fitted_dip(TIME, 1 + noise(seed), np.full(TIME.size, 4e-3)) for seed in range(20)]
    strengths = [dip.delta_bic for dip in found if dip is not None]
    assert max(strengths, default=0) < 10


def test_a_half_seen_transit_is_told_with_a_larger_error() -> None:
    errors = []
    for mid in (1107.71, 1107.58):
        dip = fitted_dip(TIME, planet(mid, 0.022) + noise(1), np.full(TIME.size, 4e-3))
        assert dip is not None
        assert dip.mid == pytest.approx(mid, abs=0.03)
        errors.append(dip.mid_error)
    assert errors[1] > errors[0]


def test_the_scale_of_flux_does_not_matter() -> None:
    flux = planet(1107.71, 0.022) + noise(1)
    one = fitted_dip(TIME, flux, np.full(TIME.size, 4e-3))
    other = fitted_dip(TIME, 1000 * flux, np.full(TIME.size, 4.0))
    assert one is not None
    assert other is not None
    assert other.depth == pytest.approx(one.depth, rel=1e-3)


def test_too_few_points_tell_nothing() -> None:
    assert fitted_dip(TIME[:9], np.ones(9), np.ones(9)) is None


def test_a_trapezoid_is_flat_outside_and_inside() -> None:
    x = np.linspace(0, 1, 1001)
    flux = trapezoid(x, 2.0, 0.5, 0.1, 0.4, 0.25)
    assert set(np.unique(flux[(x < 0.299) | (x > 0.701)])) == {2.0}
    assert flux[(x > 0.401) & (x < 0.599)] == pytest.approx(1.9)
    # The area is the depth times the duration without one ingress.
    assert np.trapezoid(2 - flux, x) == pytest.approx(0.1 * 0.4 * (1 - 0.25), rel=1e-3)
