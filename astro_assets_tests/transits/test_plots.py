"""Pictures are small PNGs that show what they are given."""

import struct

import numpy as np
import pytest

from astro_assets.transits.fold import FoldSettings, fold_views
from astro_assets.transits.plots import candidate_plot, detection_histogram, detrending_plot, sky_map
from astro_assets_tests.transits.synthetic import Planet, sector_times, transits

PLANET = Planet(3.1, 1326.0, 0.12, 0.01)


@pytest.fixture(scope="module")
def curve():
    time = sector_times()
    flux = transits(time, [PLANET]) + np.random.default_rng(0).normal(0, 1e-3, time.size)
    return time, flux.astype(np.float32)


def check(png):
    """Require a PNG of 480 x 240 pixels, and small."""
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (480, 240)
    assert len(png) <= 50_000


def test_detrending_plot(curve):
    time, flux = curve
    trend = (1 + 0.01 * np.sin(time)).astype(np.float32)
    one = detrending_plot("TIC 1", time, flux, trend, (time > 1335).astype(np.int32))
    check(one)
    assert one == detrending_plot("TIC 1", time, flux, trend, (time > 1335).astype(np.int32))
    assert one != detrending_plot("TIC 2", time, flux, trend, (time > 1335).astype(np.int32))


def test_detrending_plot_of_a_long_curve_stays_small():
    time = np.arange(0, 1470, 29.4 / 1440)
    flux = 1 + np.random.default_rng(0).normal(0, 1e-3, time.size)
    check(detrending_plot("KIC 1", time, flux, np.ones(time.size), (time // 90).astype(np.int32)))


@pytest.mark.parametrize("fraction", [0.2, np.nan])
def test_candidate_plot(curve, fraction):
    time, flux = curve
    views = fold_views(
        time, flux.astype(np.float64), PLANET.period, PLANET.epoch, PLANET.duration, 0.5, FoldSettings()
    )
    periods = np.geomspace(0.4, 13, 2000)
    candidate = {
        "candidate_id": "TIC 1.01",
        "period_days": PLANET.period,
        "duration_hours": 24 * PLANET.duration,
        "ingress_fraction": fraction,
        "depth_ppm": 1e4,
        "snr": 50.0,
        "periodogram": {"period_days": periods, "power": np.random.default_rng(0).random(2000)},
    }
    check(candidate_plot(candidate, views))


@pytest.mark.parametrize("statistics", [[], [6.5], [6.1, 7.0, 7.1, 9.0, 800.0]])
def test_detection_histogram(statistics):
    values = np.array(statistics)
    check(detection_histogram(values, values > 6.5, 7.1))


def test_detection_histogram_shows_the_threshold():
    statistics = np.array([6.1, 7.0, 7.5, 9.0])
    found = statistics > 7.1
    assert detection_histogram(statistics, found, 7.1) != detection_histogram(statistics, found, 8.0)


def test_detection_histogram_shows_what_is_detected_for_its_probability():
    statistics = np.array([6.1, 7.0, 7.5, 9.0])
    pictures = [detection_histogram(statistics, statistics > least, 7.1) for least in (6.5, 7.1)]
    assert pictures[0] != pictures[1]


def test_sky_map():
    ra, dec = np.array([0.0, 90.0, 359.9, np.nan]), np.array([-90.0, 0.0, 45.0, 0.0])
    check(sky_map(ra, dec, np.array([True, False, False, True])))
    check(sky_map(np.empty(0), np.empty(0), np.empty(0, bool)))


@pytest.mark.parametrize("n", [300, 1000, 20_000])
def test_the_sky_of_a_whole_survey_fits_an_event(n):
    rng = np.random.default_rng(n)
    dec = np.degrees(np.arcsin(rng.uniform(-1, 1, n)))
    png = sky_map(rng.uniform(0, 360, n), dec, rng.random(n) < 0.3)
    assert len(png) <= 50_000


def test_a_long_variable_curve_fits_an_event():
    rng = np.random.default_rng(5)
    time = np.linspace(0, 1400, 65_000)
    trend = 1 + 0.01 * np.sin(2 * np.pi * time / 8)
    flux = 1 + rng.normal(0, 1e-4, time.size)
    assert len(detrending_plot("KIC 1", time, flux, trend, (time // 90).astype(np.int32))) <= 50_000
