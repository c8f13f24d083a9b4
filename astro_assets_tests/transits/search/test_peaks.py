"""Peaks of made-up spectra."""

import numpy as np
import pytest

from astro_assets.transits.search.engine import Spectrum
from astro_assets.transits.search.peaks import (
    detrended_power,
    distinct_peaks,
    highest_of_groups,
    signal_detection_efficiency,
)

PERIODS = np.linspace(1, 10, 1000)


def spectrum(power, duration=0.1):
    return Spectrum(PERIODS, power, np.full(power.size, duration))


def test_one_signal_is_one_peak():
    power = np.exp(-(((PERIODS - 3) / 0.02) ** 2)) + 0.5 * np.exp(-(((PERIODS - 7) / 0.02) ** 2)) + 1e-3
    found = distinct_peaks(spectrum(power), power, 2, 27.0)
    np.testing.assert_allclose(PERIODS[found], [3, 7], atol=0.01)


def test_there_are_no_more_peaks_than_wanted_and_none_without_power():
    rng = np.random.default_rng(0)
    assert distinct_peaks(spectrum(rng.random(1000)), rng.random(1000), 5, 27.0).size == 5
    assert distinct_peaks(spectrum(np.zeros(1000)), np.zeros(1000), 5, 27.0).size == 0


def test_the_efficiency_counts_standard_deviations():
    power = np.random.default_rng(1).normal(5, 0.5, 1000)
    power[400] += 10
    sde = signal_detection_efficiency(detrended_power(power))
    assert np.argmax(sde) == 400
    assert sde[400] == pytest.approx(10 / np.hypot(0.5, 10 / np.sqrt(1000)), rel=0.1)
    assert (signal_detection_efficiency(np.zeros(1000)) == 0).all()


def test_a_slope_is_no_peak():
    power = np.linspace(3, 20, 1000)
    power[200] += 3
    assert np.argmax(detrended_power(power)) == 200


def test_thinning_keeps_the_highest_points():
    power = np.random.default_rng(3).random(1000)
    power[123] = 7
    periods, highest = highest_of_groups(PERIODS, power, 50)
    assert periods.size == 50
    assert highest.max() == 7
    assert periods[np.argmax(highest)] == PERIODS[123]
    everything, _ = highest_of_groups(PERIODS, power, 5000)
    np.testing.assert_array_equal(everything, PERIODS)
