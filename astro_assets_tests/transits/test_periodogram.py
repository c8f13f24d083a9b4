"""Periodograms are those of astropy, and the false-alarm probability is the share of noise that peaks so."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.timeseries import LombScargle

from astro_assets.transits.periodogram import log10_false_alarm, periodogram


def _curve(n: int, seed: int, amplitude: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    time = np.sort(rng.uniform(1325.0, 1352.0, n))
    error = rng.uniform(0.5, 1.5, n)
    return time, 1 + amplitude * np.sin(2 * np.pi * time / 1.7) + error * rng.standard_normal(n), error


@pytest.mark.parametrize(("n", "amplitude"), [(30, 0.0), (400, 0.3), (5000, 3.0)])
def test_power_is_that_of_astropy(n: int, amplitude: float) -> None:
    time, flux, error = _curve(n, seed=n, amplitude=amplitude)
    ours = periodogram(time, flux, error, 0.05, 20.0)
    theirs = LombScargle(time - time[0], flux, error).power(ours.frequency, method="cython")
    np.testing.assert_allclose(ours.power, theirs, rtol=0, atol=1e-5 + 0.01 / n)
    assert 1 / ours.frequency[0] == pytest.approx((time[-1] - time[0]) / 2)
    assert ours.last <= 20 * (1 + 1e-8) < ours.last + ours.step


@pytest.mark.parametrize("gap", [0.5, 20.0])
def test_power_is_that_of_astropy_in_evenly_sampled_curves_with_gaps(gap: float) -> None:
    """To the highest frequency that the sampling tells: there a sine may vanish at all samples."""
    time = np.arange(0, 27, 10 / 1440)
    time = time[(time < 3) | (time > 3 + gap)]
    flux = 1 + 0.3 * np.sin(2 * np.pi * time / 0.9) + np.random.default_rng(1).standard_normal(time.size)
    error = np.ones(time.size)
    ours = periodogram(time, flux, error, 20 / 1440, 20.0)
    theirs = LombScargle(time, flux, error).power(ours.frequency, method="cython")
    np.testing.assert_allclose(ours.power[:-3], theirs[:-3], rtol=0, atol=1e-5 + 0.01 / time.size)
    assert (ours.power >= 0).all()
    assert (ours.power < 0.1).all()


def test_frequencies_are_as_dense_as_asked_for() -> None:
    time, flux, error = _curve(300, seed=1)
    coarse, fine = (periodogram(time, flux, error, 0.05, 5.0, density) for density in (5.0, 10.0))
    longest = 1 / (time[-1] - time[0])
    assert 0.95 * longest / 5 < coarse.step <= longest / 5
    assert 0.95 * longest / 10 < fine.step <= longest / 10
    assert coarse.frequency[0] == pytest.approx(1 / 5.0)


@pytest.mark.parametrize("power", [0.01, 0.05, 0.2, 0.6])
def test_the_false_alarm_probability_is_that_of_astropy(power: float) -> None:
    time, flux, error = _curve(200, seed=2)
    star = LombScargle(time, flux, error)
    theirs = star.false_alarm_probability(power, method="baluev", maximum_frequency=10.0)
    _, highest = star.autofrequency(maximum_frequency=10.0, return_freq_limits=True)
    ours = log10_false_alarm(power, time, error, highest)
    assert ours == pytest.approx(np.log10(theirs), abs=1e-6)


def test_tiny_probabilities_do_not_vanish() -> None:
    time, _, error = _curve(5000, seed=3)
    values = [log10_false_alarm(power, time, error, 10.0) for power in (0.0, 0.3, 0.9, 0.99, 1.0)]
    assert values[0] == 0.0
    assert values[-1] == -np.inf
    assert all(np.diff(values) < 0)
    assert values[2] < -1000


def test_shuffled_noise_peaks_as_often_as_the_probability_says() -> None:
    time, flux, _ = _curve(120, seed=4)
    error, rng = np.ones(120), np.random.default_rng(5)
    peaks = []
    for _ in range(1000):
        shuffled = flux[rng.integers(0, 120, 120)]
        peaks.append(periodogram(time, shuffled, error, 0.1, 20.0).power.max())
    for share in (0.3, 0.1, 0.03):
        power = float(np.quantile(peaks, 1 - share))
        # An upper limit that is close where it is small; 1,000 draws of 3 % are known to 18 %.
        claimed = 10 ** log10_false_alarm(power, time, error, 10.0)
        assert 0.7 * share < claimed < 2.0 * share


@pytest.mark.parametrize(
    ("change", "message"),
    [("few", "too few"), ("constant", "constant"), ("short", "tell no period")],
)
def test_what_has_no_period_is_refused(change: str, message: str) -> None:
    time, flux, error = _curve(15 if change == "few" else 100, seed=6)
    if change == "constant":
        flux[:] = 1.0
    if change == "short":
        time = time[0] + (time - time[0]) / 1000
    with pytest.raises(ValueError, match=message):
        periodogram(time, flux, error, 0.05, 20.0)
