"""The period that comes out is the one put in, on made curves and on labelled variables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from astro_assets.transits.detrend import Segment
from astro_assets.transits.variability import VariabilitySettings, measure_variability, variability_row
from astro_assets_tests.transits.stripe_82 import SETTINGS, Stripe82

TIME = 1325.0 + np.arange(0, 27, 10 / 1440)
ERROR = np.full(TIME.size, 1e-3)


def _noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 1e-3, TIME.size)


@pytest.mark.parametrize("period", [0.08, 0.7, 5.3])
def test_a_sinusoid_comes_out_with_its_period_and_amplitude(period: float) -> None:
    flux = 1 + 0.01 * np.sin(2 * np.pi * TIME / period) + _noise(1)
    found = measure_variability(TIME, flux, ERROR, VariabilitySettings())
    assert found.n_harmonics == 1
    # A period is known to its square over the data, over the signal-to-noise ratio.
    assert found.period_days == pytest.approx(period, abs=0.05 * period**2 / 27)
    assert found.sinusoid_period_days == pytest.approx(period, rel=0.15 * period / 27)
    assert found.amplitude == pytest.approx(0.01, rel=0.02)
    assert found.explained > 0.95
    assert found.log10_false_alarm < -100
    assert found.second_harmonic == 0.0


def test_a_binary_with_unequal_eclipses_has_its_whole_period() -> None:
    phase = (TIME / 1.3) % 1.0
    flux = 1 - 0.05 * np.exp(-(((phase - 0.5) / 0.06) ** 2)) - 0.02 * (np.exp(-((phase / 0.06) ** 2)))
    flux -= 0.02 * np.exp(-(((phase - 1) / 0.06) ** 2)) + 0.03 * np.cos(4 * np.pi * phase)
    found = measure_variability(TIME, flux + _noise(2), ERROR, VariabilitySettings())
    assert found.sinusoid_period_days == pytest.approx(0.65, rel=0.01)
    assert found.period_days == pytest.approx(1.3, rel=0.001)
    assert found.n_harmonics == 4
    assert found.second_harmonic > 1


def test_noise_is_a_likely_false_alarm() -> None:
    found = [
        measure_variability(TIME, 1 + _noise(seed), ERROR, VariabilitySettings()).log10_false_alarm
        for seed in range(10)
    ]
    assert sum(value > -2 for value in found) >= 9


def test_settings_bound_the_period() -> None:
    flux = 1 + 0.01 * np.sin(2 * np.pi * TIME / 0.5) + 0.002 * np.sin(2 * np.pi * TIME / 4.0) + _noise(3)
    shorter = VariabilitySettings(longest_period_days=1.5, shortest_period_days=0.2)
    longer = VariabilitySettings(shortest_period_days=2.6)
    assert measure_variability(TIME, flux, ERROR, shorter).period_days == pytest.approx(0.5, rel=0.01)
    assert measure_variability(TIME, flux, ERROR, longer).period_days == pytest.approx(4.0, rel=0.05)


def test_segments_are_stitched_and_overlaps_left_out() -> None:
    flux = 1 + 0.01 * np.sin(2 * np.pi * TIME / 0.7) + _noise(4)
    half = TIME.size // 2
    first, second = (
        Segment(k, 600.0, TIME[s], flux[s], ERROR[s]) for k, s in ((1, slice(half)), (2, slice(half, None)))
    )
    row = variability_row([second, first, first], VariabilitySettings())
    assert row["n_points"] == TIME.size
    assert row["baseline_days"] == pytest.approx(27, abs=0.01)
    assert row["amplitude_ppm"] == pytest.approx(1e4, rel=0.02)
    unknown = Segment(1, 600.0, TIME, flux, np.full(TIME.size, np.nan))
    assert variability_row([unknown], VariabilitySettings())["period_days"] == pytest.approx(0.7, rel=1e-3)
    with pytest.raises(ValueError, match="no segment"):
        variability_row([], VariabilitySettings())


def test_rr_lyrae_of_stripe_82_have_their_periods(shared_data: Path) -> None:
    right, n_stars = 0, 40
    with Stripe82(shared_data) as stripe:
        for star in stripe.stars[:: len(stripe.stars) // n_stars][:n_stars]:
            found = measure_variability(*stripe.curve(star), SETTINGS)
            right += abs(found.period_days / star.period_days - 1) < 1e-4
    assert right >= 0.9 * n_stars
