"""False-alarm probabilities: uniform for noise, whatever its colour, and tiny for signals."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.false_alarms import N_BLOCKS, log10_false_alarm
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals
from astro_assets.transits.search.survey import SurveyEngine
from astro_assets.transits.tables import DETRENDED_LIGHT_CURVES
from astro_assets_tests.transits.computing import compute
from astro_assets_tests.transits.synthetic import Planet, red_noise, sector_times, transits

CADENCE = 30 / 1440
SIGMA = 1e-3
N_CURVES = 300


#: Quiet stars of which no light curve had a part in the choice of the constants.
NOT_FITTED = ("kepler_lc/kplr005899262-*_llc.fits", "kepler_lc/kplr008417738-*_llc.fits")


def noise(red):
    time = sector_times(cadence=CADENCE)
    curves = []
    for seed in range(N_CURVES):
        rng = np.random.default_rng([seed, 41])
        flux = 1 + rng.normal(0, SIGMA, time.size) + red_noise(time, 0.25, red * SIGMA, rng)
        curves.append(Curve(time, flux, np.full(time.size, SIGMA), CADENCE))
    return curves


def noise_spectra(red):
    settings = SearchSettings()
    return SurveyEngine(CADENCE)(noise(red), settings.period_range, settings.duration_factors)


def probabilities(spectra):
    """Return those of the highest peaks, and as if each trial period were one draw of a normal number."""
    highest = [spectrum.power.max() for spectrum in spectra]
    pairs = list(zip(spectra, highest, strict=True))
    calibrated = [10 ** log10_false_alarm(spectrum.power, peak) for spectrum, peak in pairs]
    naive = [-np.expm1(spectrum.power.size * stats.norm.logcdf(peak)) for spectrum, peak in pairs]
    return calibrated, naive


@pytest.mark.parametrize("red", [0.0, 0.3, 0.6])
def test_the_probabilities_of_the_highest_peaks_of_noise_are_uniform(red):
    calibrated, naive = probabilities(noise_spectra(red))
    assert stats.kstest(calibrated, "uniform").pvalue > 0.01
    assert stats.kstest(naive, "uniform").pvalue < 1e-6


def in_other_orders(curve):
    """Return a curve, and three with its days in another order, which keeps red noise."""
    days = (curve.time - curve.time[0]).astype(int)
    shuffles = [np.arange(days[-1] + 1)]
    shuffles += [np.random.default_rng([seed, days.size]).permutation(days[-1] + 1) for seed in range(3)]
    return [replace(curve, flux=curve.flux[np.argsort(shuffle[days], kind="stable")]) for shuffle in shuffles]


def test_they_are_uniform_for_real_stars_that_the_constants_were_not_fitted_to(real_light_curves):
    """Of light curves upside down: what dips there is no transit."""
    curves = []
    for row in (row for pattern in NOT_FITTED for row in real_light_curves(pattern)):
        (made,) = compute(DETRENDED_LIGHT_CURVES, "star", {"selected_files": [row]})
        time, flux, error = (made["light_curve"][name] for name in ("time", "flux", "flux_err"))
        curves += in_other_orders(Curve(time, 2 - flux, error, made["cadence_s"] / 86400))
    assert len(curves) == 12
    settings = SearchSettings()
    spectra = SurveyEngine(CADENCE)(curves, settings.period_range, settings.duration_factors)
    calibrated, naive = probabilities(spectra)
    assert stats.kstest(calibrated, "uniform").pvalue > 0.01
    assert stats.kstest(naive, "uniform").pvalue < 1e-6
    signals = [one for of_star in find_signals(curves, settings) for one in of_star]
    assert not any(settings.detects(one.detection_statistic, one.log10_false_alarm) for one in signals)


@pytest.mark.parametrize("red", [0.0, 0.3])
def test_candidates_of_noise_are_not_thought_rarer_than_they_are(red):
    """A search of what a candidate leaves does not know how high noise is where it has aliases."""
    found = find_signals(noise(red), SearchSettings(statistic_floor=3, max_signals=2))
    rare = sum(signals[0].log10_false_alarm < np.log10(0.05) for signals in found if signals)
    assert rare > 0
    assert stats.binomtest(rare, N_CURVES, 0.05, alternative="greater").pvalue > 0.05


def test_what_its_shape_takes_from_a_signal_makes_it_likelier_noise():
    """The depth is that of one transit: without the strongest, little is left."""
    time = sector_times(cadence=CADENCE)
    rng = np.random.default_rng(5)
    dips = [Planet(5.0, 1326.0, 0.2, SIGMA), Planet(1000.0, 1331.0, 0.2, 2 * SIGMA)]
    flux = transits(time, dips) + rng.normal(0, SIGMA, time.size)
    curve = Curve(time, flux, np.full(time.size, SIGMA), CADENCE)
    (signals,) = find_signals([curve], SearchSettings())
    first = signals[0]
    assert first.detection_statistic < 0.9 * first.statistics.snr
    assert first.log10_false_alarm > log10_false_alarm(first.power, first.peak)


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
