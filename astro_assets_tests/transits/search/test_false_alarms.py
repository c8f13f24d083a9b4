"""False-alarm probabilities: uniform for noise, whatever its colour, and tiny for signals."""

import numpy as np
import pytest
from scipy import stats

from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.false_alarms import N_BLOCKS, log10_false_alarm
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals
from astro_assets.transits.search.survey import SurveyEngine
from astro_assets_tests.transits.synthetic import Planet, red_noise, sector_times, transits

CADENCE = 30 / 1440
SIGMA = 1e-3
N_CURVES = 300


def noise_spectra(red):
    time = sector_times(cadence=CADENCE)
    curves = []
    for seed in range(N_CURVES):
        rng = np.random.default_rng([seed, 41])
        flux = 1 + rng.normal(0, SIGMA, time.size) + red_noise(time, 0.25, red * SIGMA, rng)
        curves.append(Curve(time, flux, np.full(time.size, SIGMA), CADENCE))
    settings = SearchSettings()
    return SurveyEngine(CADENCE)(curves, settings.period_range, settings.duration_factors)


@pytest.mark.parametrize("red", [0.0, 0.3, 0.6])
def test_the_probabilities_of_the_highest_peaks_of_noise_are_uniform(red):
    spectra = noise_spectra(red)
    highest = [spectrum.power.max() for spectrum in spectra]
    calibrated = [
        10 ** log10_false_alarm(spectrum.power, peak) for spectrum, peak in zip(spectra, highest, strict=True)
    ]
    assert stats.kstest(calibrated, "uniform").pvalue > 0.01
    # As if each trial period were one draw of a normal distribution.
    naive = [
        -np.expm1(spectrum.power.size * stats.norm.logcdf(peak))
        for spectrum, peak in zip(spectra, highest, strict=True)
    ]
    assert stats.kstest(naive, "uniform").pvalue < 1e-6


def test_a_planet_is_no_false_alarm():
    time = sector_times(cadence=CADENCE)
    rng = np.random.default_rng(5)
    flux = transits(time, [Planet(3.3, 1326.0, 0.12, 1.5 * SIGMA)]) + rng.normal(0, SIGMA, time.size)
    curve = Curve(time, flux, np.full(time.size, SIGMA), CADENCE)
    (signals,) = find_signals([curve], SearchSettings())
    assert signals[0].box.period == pytest.approx(3.3, rel=2e-3)
    assert signals[0].log10_false_alarm < -4


def test_the_probability_falls_with_height_and_never_underflows():
    noise = np.random.default_rng(1).gumbel(3, 0.3, 20 * N_BLOCKS)
    values = [log10_false_alarm(noise, peak) for peak in (0.0, 5.0, 6.0, 8.0, 20.0, 1e4)]
    assert np.all(np.diff(values) < 0)
    assert values[0] == pytest.approx(0, abs=1e-6)
    assert np.isfinite(values[-1])


def test_a_spectrum_of_few_trials_says_nothing():
    assert np.isnan(log10_false_alarm(np.ones(N_BLOCKS - 1), 5.0))
