"""Noise figures against known noise and against lightkurve."""

import lightkurve
import numpy as np
import pytest

from astro_assets.transits.noise import cdpp_ppm, point_scatter, red_noise_factor, robust_scatter
from astro_assets.transits.noise_loops import boxes
from astro_assets_tests.transits.synthetic import TWO_MINUTES, Planet, red_noise, sector_times, transits

SIGMA = 1e-3


@pytest.fixture(scope="module")
def white():
    time = sector_times()
    return time, 1 + np.random.default_rng(1).normal(0, SIGMA, time.size)


@pytest.mark.parametrize("hours", [1.0, 2.0, 6.0])
def test_cdpp_of_white_noise_falls_with_the_root_of_the_samples(white, hours):
    expected = 1e6 * SIGMA / np.sqrt(hours * 30)
    # Boxes overlap: about 27 d / hours of them are independent; 3 standard errors of a MAD.
    tolerance = 3 * 1.17 / np.sqrt(2 * 27 * 24 / hours)
    assert cdpp_ppm(*white, TWO_MINUTES, hours)[0] == pytest.approx(expected, rel=max(tolerance, 0.05))


def test_cdpp_agrees_with_lightkurve(white):
    time, flux = white
    flux = flux + red_noise(time, 0.01, 0.3 * SIGMA, np.random.default_rng(2))
    theirs = lightkurve.LightCurve(time=time, flux=flux).estimate_cdpp(
        transit_duration=30, savgol_window=541, savgol_polyorder=2
    )
    # Theirs is a standard deviation after a Savitzky-Golay filter, ours is robust and not filtered again.
    assert cdpp_ppm(time, flux, TWO_MINUTES, 1.0)[0] == pytest.approx(float(theirs.value), rel=0.25)


def test_cdpp_ignores_gaps_and_rare_transits(white):
    time, flux = white
    (before,) = cdpp_ppm(time, flux, TWO_MINUTES, 1.0)
    dipped = flux * transits(time, [Planet(5.0, time[0] + 1.0, 0.15, 0.01)])
    assert cdpp_ppm(time, dipped, TWO_MINUTES, 1.0)[0] == pytest.approx(before, rel=0.1)
    holes = np.random.default_rng(3).random(time.size) < 0.9
    assert cdpp_ppm(time[holes], flux[holes], TWO_MINUTES, 1.0)[0] == pytest.approx(before, rel=0.15)


def test_cdpp_is_nan_where_there_is_too_little():
    time = np.arange(5) * TWO_MINUTES
    assert np.isnan(cdpp_ppm(time, np.ones(5), TWO_MINUTES, 6.0)[0])


def test_scatter_measures_agree_with_the_truth_and_survive_outliers(white):
    _, flux = white
    flux = flux.copy()
    flux[::50] = 1.5
    assert robust_scatter(flux) == pytest.approx(SIGMA, rel=0.05)
    assert point_scatter(flux) == pytest.approx(SIGMA, rel=0.1)
    assert np.isnan(robust_scatter(np.empty(0)))
    assert np.isnan(point_scatter(np.ones(2)))


def test_point_scatter_does_not_see_slow_variations(white):
    time, flux = white
    assert point_scatter(flux + 0.05 * np.sin(time)) == pytest.approx(SIGMA, rel=0.05)


def test_boxes_are_half_open():
    time = np.array([0.0, 1.0, 2.0, 4.0])
    starts, ends = boxes(time, 2.0, 0.0)
    assert starts.tolist() == [0, 1, 2, 3]
    assert ends.tolist() == [2, 3, 3, 4]
    starts, ends = boxes(time, 2.0, 1.5)
    assert starts.tolist() == [0, 2, 3]
    assert ends.tolist() == [2, 3, 4]


def test_noise_of_boxes_is_that_of_sums_made_one_by_one(white):
    time, flux = white
    weight = np.random.default_rng(5).uniform(0.5, 2.0, time.size) * SIGMA**-2
    width, level = 0.1, np.average(flux, weights=weight)
    ratios = []
    for start in time:
        box = (start <= time) & (time < start + width * (1 - 1e-6))
        if np.count_nonzero(box) >= 0.5 * width / TWO_MINUTES:
            ratios.append(np.sum(weight[box] * (flux[box] - level)) / np.sqrt(np.sum(weight[box])))
    expected = max(1.0, robust_scatter(np.array(ratios)))
    assert red_noise_factor(time, flux, weight, TWO_MINUTES, width) == pytest.approx(expected, rel=1e-9)


def test_red_noise_factor_is_one_for_white_noise_and_right_for_correlated_noise(white):
    time, flux = white
    weight = np.full(time.size, SIGMA**-2)
    assert red_noise_factor(time, flux, weight, TWO_MINUTES, 0.1) == pytest.approx(1.0, abs=0.08)
    # Noise that is constant over a box of n samples: variance of the sum is n sigma^2 + n^2 red^2.
    red = flux + red_noise(time, 5.0, 0.2 * SIGMA, np.random.default_rng(4))
    expected = np.sqrt(1 + 0.1 / TWO_MINUTES * 0.2**2)
    assert red_noise_factor(time, red, weight, TWO_MINUTES, 0.1) == pytest.approx(expected, rel=0.3)


def test_red_noise_factor_needs_boxes():
    time = np.arange(4) * TWO_MINUTES
    assert red_noise_factor(time, np.ones(4), np.ones(4), TWO_MINUTES, 0.1) == 1.0
