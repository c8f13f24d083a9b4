"""The period that comes out is the one put in, on made curves and on labelled variables."""

from __future__ import annotations

import csv
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from astro_assets.transits.detrend import Segment
from astro_assets.transits.variability import VariabilitySettings, measure_variability, variability_row

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
    settings = VariabilitySettings(
        shortest_period_days=0.2,
        longest_period_days=1.0,
        n_candidates=15,
        alias_frequencies_per_day=(1.0, 1.0027379),
    )
    right, n_stars = 0, 40
    with tarfile.open(shared_data / "variable_stars" / "rrlyrae_s82" / "sesar2010_rrlyrae.tar.gz") as tar:
        text = _member(tar, "apj326724t2.txt").split("\n")
        stars = [line.split() for line in text if line[8:10].strip() in ("ab", "c")]
        for number, _, period, *_ in stars[:: len(stars) // n_stars][:n_stars]:
            time, magnitude, error = _all_bands(_member(tar, f"light-curves/{number}.csv"))
            found = measure_variability(time, magnitude, error, settings)
            right += abs(found.period_days / float(period) - 1) < 1e-4
    assert right >= 0.9 * n_stars


def _member(tar: tarfile.TarFile, name: str) -> str:
    stream = tar.extractfile(name)
    assert stream is not None
    return stream.read().decode()


def _all_bands(text: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Put the bands on one scale by the ratios of amplitudes of RR Lyrae (Sesar et al. 2010, table 2)."""
    ratios = {"u": 0.95, "g": 1.0, "r": 0.72, "i": 0.58, "z": 0.54}
    rows = [
        (float(row["time"]), float(row["mag"]), float(row["magerr"]), row["band"])
        for row in csv.DictReader(io.StringIO(text))
    ]
    parts = []
    for band, ratio in ratios.items():
        time, magnitude, error = np.array([row[:3] for row in rows if row[3] == band]).T
        good = (magnitude > 10) & (magnitude < 26) & (error > 0) & (error < 0.3)
        spread = np.hypot(error[good], 0.02)
        middle = np.average(magnitude[good], weights=spread**-2.0)
        parts.append((time[good], (magnitude[good] - middle) / ratio, spread / ratio))
    time, magnitude, error = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(time, kind="stable")
    return time[order], magnitude[order], error[order]
