"""The period that comes out is the one put in, on made curves and on labelled variables."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from astro_assets.transits.stitching import Segment
from astro_assets.transits.variability import VariabilitySettings, measure_variability, variability_row
from astro_assets_tests.transits.asas import LEAST_BALANCED, measured, recalls_of
from astro_assets_tests.transits.stripe_82 import LEAST_RIGHT, SETTINGS, Stripe82

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


@pytest.mark.parametrize("longest", [5.0, 100.0])
def test_a_trend_has_no_period_beyond_the_bounds(longest: float) -> None:
    settings = VariabilitySettings(longest_period_days=longest)
    for slope in (1.0, -0.3):
        found = measure_variability(TIME, 1 + 1e-3 * slope * (TIME - TIME[0]) + _noise(5), ERROR, settings)
        bound = min(longest, (TIME[-1] - TIME[0]) / 2) * (1 + 1e-12)
        assert found.sinusoid_period_days <= bound
        assert found.period_days <= bound


@pytest.mark.parametrize("outside", [1.02, 1.5])
def test_periods_just_beyond_the_edges_are_not_reported(outside: float) -> None:
    settings = VariabilitySettings(shortest_period_days=0.5, longest_period_days=4.0)
    for period in (0.5 / outside, 4.0 * outside):
        flux = 1 + 0.01 * np.sin(2 * np.pi * TIME / period) + _noise(6)
        found = measure_variability(TIME, flux, ERROR, settings)
        assert 0.5 * (1 - 1e-12) <= found.period_days <= 4.0 * (1 + 1e-12)


def test_scatter_and_skewness_are_those_of_the_curve() -> None:
    dips = np.where((TIME % 2.0) < 0.1, 0.9, 1.0)
    found = measure_variability(TIME, dips + _noise(7), ERROR, VariabilitySettings())
    assert found.scatter == pytest.approx(0.1 * np.sqrt(0.05 * 0.95), rel=0.02)
    assert found.skewness == pytest.approx(-(0.95 - 0.05) / np.sqrt(0.05 * 0.95), rel=0.03)
    sinusoid = 1 + 0.01 * np.sin(3 * TIME) + _noise(8)
    assert abs(measure_variability(TIME, sinusoid, ERROR, VariabilitySettings()).skewness) < 0.05


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
    n_stars = 60
    with Stripe82(shared_data) as stripe:
        some = stripe.stars[:: len(stripe.stars) // n_stars][:n_stars]
        found = [measure_variability(*stripe.curve(star), SETTINGS).period_days for star in some]
    right = [abs(period / star.period_days - 1) < 1e-4 for period, star in zip(found, some, strict=True)]
    assert np.mean(right) >= LEAST_RIGHT


def test_classes_of_asas_are_separable(shared_data: Path) -> None:
    """The six largest classes, thinned out; the benchmark takes all nineteen."""
    features, names = measured(shared_data, every=4, fewest=50)
    recalls = recalls_of(features, names)
    assert len(recalls) == 6
    assert np.mean(list(recalls.values())) >= LEAST_BALANCED
    # The classes that a period and a shape define.
    assert min(recalls[name] for name in ("Classical_Cepheid", "RR_Lyrae_FM", "Mira", "W_Ursae_Maj")) >= 0.8
    mixed = recalls_of(np.random.default_rng(1).permutation(features), names)
    assert np.mean(list(mixed.values())) < 0.3
