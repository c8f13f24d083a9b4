"""Fits against known transits, and the size of their errors."""

import numpy as np
import pytest

from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.trapezoid import fit_trapezoid
from astro_assets_tests.transits.synthetic import Planet, sector_times, transits

CADENCE = 2 / 1440
PLANET = Planet(2.9, 1326.2, 0.15, 0.004)


def curve(planet, seed=0, sigma=1e-3):
    time = sector_times(seed, CADENCE)
    noise = np.random.default_rng(seed).normal(0, sigma, time.size)
    return Curve(time, transits(time, [planet]) + noise, np.full(time.size, sigma), CADENCE)


def fit(data, box=None):
    return fit_trapezoid(data, box or Box(2.9005, 1326.19, 0.12), 0.0035, 1.0)


def test_the_truth_comes_out_of_good_data():
    found = fit(curve(PLANET, sigma=1e-4))
    assert found.period == pytest.approx(2.9, abs=1e-4)
    assert Box(2.9, 1326.2, 0.1).offset(np.array([found.epoch]))[0] == pytest.approx(0, abs=1e-3)
    assert found.duration == pytest.approx(0.15, rel=0.01)
    assert found.ingress == pytest.approx(0.15 / 7, rel=0.05)
    assert found.depth == pytest.approx(0.004, rel=0.01)


def test_errors_of_period_and_epoch_are_right():
    deviations = []
    for seed in range(60):
        found = fit(curve(PLANET, seed))
        number = np.round((found.epoch - 1326.2) / 2.9)
        deviations.append(
            (
                (found.period - 2.9) / found.period_err,
                (found.epoch - 1326.2 - number * 2.9) / found.epoch_err,
            )
        )
    # 60 stars: the standard deviation is known to 9 %, three of them are allowed.
    np.testing.assert_allclose(np.std(deviations, axis=0), 1.0, atol=0.28)
    np.testing.assert_allclose(np.mean(deviations, axis=0), 0.0, atol=0.45)


def test_errors_grow_away_from_the_middle():
    found = fit(curve(PLANET))
    time, error = found.near(4)
    assert time == pytest.approx(found.epoch + 4 * found.period)
    assert error > found.epoch_err
    assert error == pytest.approx(np.hypot(found.epoch_err, 4 * found.period_err))


def test_red_noise_enlarges_errors():
    data, box = curve(PLANET), Box(2.9005, 1326.19, 0.12)
    white, red = fit_trapezoid(data, box, 0.0035, 1.0), fit_trapezoid(data, box, 0.0035, 2.0)
    assert red.period_err == pytest.approx(2 * white.period_err)


def test_noise_without_a_transit_leaves_the_box():
    box = Box(2.9, 1327.5, 0.12)
    found = fit_trapezoid(curve(Planet(2.9, 1326.2, 0.15, -0.004)), Box(2.9, 1326.2, 0.12), 0.004, 1.0)
    assert np.isnan(found.period_err)
    assert (found.period, found.duration, found.depth) == (2.9, 0.12, 0.004)
    single = curve(PLANET)
    single = single.where(single.time < 1328)
    assert np.isnan(fit_trapezoid(single, box, 0.004, 1.0).epoch_err)
