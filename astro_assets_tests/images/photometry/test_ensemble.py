"""The artificial comparison star."""

import numpy as np
import pytest

from astro_assets.images.photometry.ensemble import artificial_star
from astro_assets.images.photometry.settings import EnsembleSettings

SETTINGS = EnsembleSettings()


def night(n_stars=30, n_frames=80, seed=0, quiet=0.002, loud=0.01):
    """Return counts of stars behind clouds, the brightest and quietest first, and the noise of each."""
    rng = np.random.default_rng(seed)
    noise = np.geomspace(quiet, loud, n_stars)
    clouds = 1 - 0.6 * rng.random(n_frames) ** 3
    flux = 1e4 / noise[:, None] * clouds * (1 + noise[:, None] * rng.normal(size=(n_stars, n_frames)))
    return flux, noise, clouds


def test_weights_are_inverse_variances():
    flux, noise, _ = night()
    weights = artificial_star(flux, np.ones(30, bool), SETTINGS).weights
    assert weights.sum() == pytest.approx(1)
    expected = noise**-2 / np.sum(noise**-2)
    assert np.median(np.abs(np.log(weights / expected))) < 0.3


def test_clouds_that_dim_all_alike_leave_relative_fluxes():
    flux, noise, clouds = night()
    ensemble = artificial_star(flux, np.ones(30, bool), SETTINGS)
    relative = ensemble.relative(flux, 3)
    np.testing.assert_allclose(relative.std(axis=1), noise, rtol=0.35)
    again = artificial_star(flux / clouds, np.ones(30, bool), SETTINGS)
    np.testing.assert_allclose(again.relative(flux / clouds, 3), relative, atol=2e-4)


def test_a_star_is_not_compared_with_itself():
    flux, _, _ = night()
    dipped = flux.copy()
    dipped[0, 30:50] *= 0.95
    ensemble = artificial_star(dipped, np.ones(30, bool), EnsembleSettings(variable_ratio=100))
    relative = ensemble.relative(dipped, 3)
    assert np.mean(relative[0, :30]) / np.mean(relative[0, 30:50]) == pytest.approx(1 / 0.95, abs=0.002)


def test_variable_stars_are_thrown_out_and_outliers_do_not_count():
    flux, _, _ = night()
    flux[3] *= 1 + 0.05 * np.sin(np.arange(80) / 9)
    flux[5, 40] *= 1.5
    ensemble = artificial_star(flux, np.ones(30, bool), SETTINGS)
    assert ensemble.weights[3] == 0
    assert ensemble.weights[5] > 0
    assert ensemble.counted[5, 40] == 0
    patient = artificial_star(flux, np.ones(30, bool), EnsembleSettings(variable_ratio=100))
    assert patient.weights[3] > 0


def test_stars_that_are_missing_in_some_frames_do_not_shift_these():
    flux, _, clouds = night(quiet=1e-4, loud=1e-4)
    flux *= np.random.default_rng(1).uniform(1, 100, 30)[:, None]
    flux[:10, 60:] = np.nan
    flux[20:, :15] = np.nan
    zero = artificial_star(flux, np.ones(30, bool), SETTINGS).zero_points(3)[15]
    np.testing.assert_allclose(zero / zero.mean(), clouds / clouds.mean(), rtol=5e-4)


def test_frames_with_too_few_comparison_stars_have_no_zero_point():
    flux, _, _ = night(n_stars=6)
    flux[:4, 10] = np.nan
    zero = artificial_star(flux, np.ones(6, bool), SETTINGS).zero_points(3)
    assert np.isnan(zero[:, 10]).all()
    assert np.isfinite(np.delete(zero, 10, axis=1)).all()
    with pytest.raises(ValueError, match="2 stars can be compared with one another, 4 are needed"):
        artificial_star(flux, np.arange(6) < 2, SETTINGS)
