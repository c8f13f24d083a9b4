"""The noise of boxes beside that of the samples, 16 stars at once."""

import numpy as np

from astro_assets.transits.noise import red_noise_factor
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.grid import gridded
from astro_assets.transits.search.noise_lanes import noise_factors
from astro_assets_tests.transits.synthetic import red_noise, sector_times

CADENCE = 10 / 1440
WIDTHS = (2, 6, 14)


def curve(seed, amplitude=0.0):
    # Not at the edges of bins, where rounding decides.
    time = sector_times(0, CADENCE) + 0.3 * CADENCE
    rng = np.random.default_rng(seed)
    flux = 1 + rng.normal(0, 1e-3, time.size) + red_noise(time, 0.2, amplitude, rng)
    return Curve(time, flux, np.full(time.size, 1e-3), CADENCE)


def factors(curves):
    grids = [gridded(one, CADENCE) for one in curves]
    residuals = np.zeros((grids[0].residual.size, 16), np.float32)
    weights = np.zeros_like(residuals)
    for lane, grid in enumerate(grids):
        residuals[:, lane], weights[:, lane] = grid.residual, grid.seen
    out = np.zeros(48, np.float32)
    noise_factors(residuals.reshape(-1), weights.reshape(-1), residuals.shape[0], WIDTHS, out)
    return out.reshape(3, 16)


def test_white_noise_has_none():
    np.testing.assert_allclose(factors([curve(n) for n in range(16)]), 1.0, atol=0.2)


def test_red_noise_is_that_of_the_samples_and_grows_with_the_width():
    curves = [curve(n, 1e-3) for n in range(16)]
    found = factors(curves)
    assert (np.diff(found, axis=0) > 0).all()
    for lane, one in enumerate(curves):
        expected = [red_noise_factor(one.time, one.flux, one.weight, CADENCE, w * CADENCE) for w in WIDTHS]
        np.testing.assert_allclose(found[:, lane], expected, rtol=0.1)


def test_lanes_do_not_depend_on_each_other():
    curves = [curve(n, 2e-4 * n) for n in range(16)]
    together = factors(curves)
    assert together[:, 5].tobytes() == factors([curves[5]])[:, 0].tobytes()


def test_too_little_to_tell_is_white():
    short = curve(0, 1e-2)
    short = short.where(short.time < short.time[0] + 0.05)
    np.testing.assert_array_equal(factors([short]), 1.0)
