"""The search of synthetic stars with known signals, and with none."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from astro_assets.transits.search import signals
from astro_assets.transits.search.engine import Curve, Spectrum
from astro_assets.transits.search.settings import DETECTION_THRESHOLD, STATISTIC_FLOOR, SearchSettings
from astro_assets.transits.search.signals import _ranked
from astro_assets_tests.transits.synthetic import Planet, red_noise, sector_times, transits

CADENCE = 10 / 1440
SIGMA = 4e-4
SETTINGS = SearchSettings()


def find_signals(data, settings):
    return signals.find_signals([data], settings)[0]


def is_detected(signal):
    return SETTINGS.detects(signal.detection_statistic, signal.log10_false_alarm)


def curve(planets, seed=0, time=None, extra=0.0, cadence=CADENCE):
    time = sector_times(seed, cadence) if time is None else time
    noise = np.random.default_rng(seed).normal(0, SIGMA, time.size)
    return Curve(time, transits(time, planets) + noise + extra, np.full(time.size, SIGMA), cadence)


@pytest.mark.parametrize(
    "planet",
    [
        Planet(0.53, 1325.3, 0.05, 0.0008),
        Planet(1.7, 1326.2, 0.09, 0.0012),
        Planet(4.4, 1327.0, 0.14, 0.0015),
        Planet(11.9, 1328.3, 0.2, 0.003),
    ],
)
def test_an_injected_planet_is_found_with_its_parameters(planet):
    found, *others = find_signals(curve([planet]), SETTINGS)
    assert found.detection_statistic > DETECTION_THRESHOLD
    assert abs(found.box.period - planet.period) < 4 * found.transit.period_err
    cycles = (found.box.epoch - planet.epoch) / planet.period
    assert abs(cycles - round(cycles)) * planet.period < 4 * found.epoch_err
    assert found.transit.depth == pytest.approx(planet.depth, rel=0.2)
    assert found.transit.duration == pytest.approx(planet.duration, rel=0.25)
    # The middle is in a gap of half a day on both sides.
    assert abs(found.box.epoch - 1338.7) < planet.period + 0.5
    assert not any(is_detected(other) for other in others)


def test_each_of_several_planets_is_found_strongest_first():
    planets = [
        Planet(3.1, 1326.0, 0.12, 0.003),
        Planet(7.9, 1329.0, 0.18, 0.0025),
        Planet(1.24, 1325.7, 0.08, 0.0008),
    ]
    found = [s for s in find_signals(curve(planets), SETTINGS) if s.detection_statistic > DETECTION_THRESHOLD]
    assert sorted(s.box.period for s in found) == pytest.approx([1.24, 3.1, 7.9], rel=1e-3)
    assert found[0].box.period == pytest.approx(3.1, rel=1e-3)
    assert [s.harmonic for s in found] == [None, None, None]


def test_resonant_planets_are_two_signals_and_their_relation_is_told():
    planets = [Planet(3.0, 1326.0, 0.12, 0.004), Planet(6.0, 1327.1, 0.15, 0.003)]
    first, second = find_signals(curve(planets), SETTINGS)[:2]
    assert first.box.period == pytest.approx(3.0, rel=1e-3)
    assert second.box.period == pytest.approx(6.0, rel=1e-3)
    assert second.harmonic == (0, Fraction(2))


@pytest.mark.parametrize("longest", [20.0, 40.0])
@pytest.mark.parametrize("is_interrupted", [False, True])
def test_the_planets_of_k2_3_have_their_own_periods(longest, is_interrupted):
    """Longer than all that is searched are two of three, and every second time of one falls into a gap."""
    planets = [
        Planet(10.05449, 1980.42, 0.1062, 1.4e-3),
        Planet(24.6454, 1979.28, 0.1342, 0.8e-3),
        Planet(44.5576, 1993.23, 0.158, 0.66e-3),
    ]
    time = 1977 + np.arange(0, 80, 30 / 1440)
    if is_interrupted:
        time = time[np.abs(time - 2015.75) > 0.75]
    noise = 4e-5
    flux = transits(time, planets) + np.random.default_rng(0).normal(0, noise, time.size)
    curve = Curve(time, flux, np.full(time.size, noise), 30 / 1440)
    (found,) = signals.find_signals([curve], SearchSettings(longest_period_days=longest))
    periods = [signal.box.period for signal in found]
    np.testing.assert_allclose(periods, [planet.period for planet in planets], rtol=2e-3)
    for signal in found:
        assert signal.sde > 5
        assert signal.log10_false_alarm < -10


def test_a_single_transit_is_not_periodic():
    for epoch in (1328.0, 1333.3, 1345.0):
        found = find_signals(curve([Planet(100.0, epoch, 0.2, 0.01)]), SETTINGS)
        assert not found


def test_a_planet_is_found_beside_a_deeper_single_transit():
    planets = [Planet(2.9, 1326.2, 0.12, 0.002), Planet(1000.0, 1333.0, 0.25, 0.05)]
    found = find_signals(curve(planets), SETTINGS)[0]
    assert found.box.period == pytest.approx(2.9, rel=1e-3)
    assert found.detection_statistic > DETECTION_THRESHOLD


def test_quiet_stars_are_silent():
    for seed in range(24):
        time = sector_times(seed, CADENCE)
        red = red_noise(time, 0.15, 0.4 * SIGMA, np.random.default_rng(seed + 100))
        assert not [s for s in find_signals(curve([], seed, extra=red), SETTINGS) if is_detected(s)]


@pytest.mark.parametrize("period", [0.45, 0.8, 1.7, 3.2])
def test_sinusoids_are_silent(period):
    time = sector_times(0, CADENCE)
    sine = 0.004 * np.sin(2 * np.pi * time / period)
    found = find_signals(curve([], extra=sine), SETTINGS)
    assert not [s for s in found if is_detected(s)]


def test_fine_cadence_is_searched_coarsely_and_measured_finely():
    planet = Planet(3.3, 1326.4, 0.11, 0.002)
    found = find_signals(curve([planet], cadence=2 / 1440), SETTINGS)[0]
    assert found.box.period == pytest.approx(3.3, abs=4 * found.transit.period_err)
    assert found.statistics.n_points > 400


def test_a_long_curve_is_searched_as_a_whole():
    cadence = 29.4244 / 1440
    time = np.arange(0, 250, cadence)
    time = time[np.sin(time / 15) > -0.95]
    planet = Planet(6.7, 2.2, 0.17, 6e-4)
    settings = SearchSettings(shortest_period_days=3.0, max_signals=1)
    (found,) = find_signals(curve([planet], time=time, cadence=cadence), settings)
    assert found.box.period == pytest.approx(6.7, abs=4 * found.transit.period_err)
    assert found.transit.period_err < 1e-3
    assert found.statistics.n_transits > 25


def test_short_curves_have_no_signals():
    data = curve([Planet(0.5, 1325.2, 0.05, 0.01)])
    assert find_signals(data.where(data.time < 1325.7), SETTINGS) == []
    assert find_signals(data.where(data.time < 0), SETTINGS) == []


def test_the_result_is_the_same_every_time():
    data = curve([Planet(3.1, 1326.0, 0.12, 0.002)])
    one, other = find_signals(data, SETTINGS)[0], find_signals(data, SETTINGS)[0]
    assert one.box == other.box
    assert one.transit == other.transit
    assert one.power.tobytes() == other.power.tobytes()


def test_the_floor_is_below_the_threshold():
    assert STATISTIC_FLOOR < DETECTION_THRESHOLD
    assert SETTINGS.detection_threshold == DETECTION_THRESHOLD


def test_signals_are_ranked_by_strength_whatever_the_order_in_which_they_were_found():
    planets = [Planet(3.0, 1326.0, 0.12, 0.004), Planet(6.0, 1327.1, 0.15, 0.003)]
    first, second = find_signals(curve(planets), SETTINGS)[:2]
    swapped = _ranked([replace(second, harmonic=None), first], 27.0)
    assert [s.box.period for s in swapped] == [first.box.period, second.box.period]
    assert [s.harmonic for s in swapped] == [None, (0, Fraction(2))]


def test_a_spectrum_that_is_high_without_a_high_peak_has_no_signal():
    periods = np.linspace(1.0, 13.0, 5000)
    power = np.where(periods < 7.0, 1.0, 5.5)
    power[100:2400:100] = 4.0

    def engine(curves, period_range, duration_factors, wholes):
        return [Spectrum(periods, power, np.full(periods.size, 0.1))]

    assert signals.find_signals([curve([])], SETTINGS, engine) == [[]]


@pytest.mark.parametrize(
    "settings",
    [
        SearchSettings(longest_period_days=3, bin_minutes=60),
        SearchSettings(longest_period_days=1, bin_minutes=40),
        SearchSettings(longest_duration_factor=1, longest_period_days=2, bin_minutes=30),
    ],
)
def test_bins_too_wide_for_any_transit_find_nothing(settings):
    assert find_signals(curve([Planet(1.7, 1326.2, 0.09, 0.0012)]), settings) == []


def test_long_cadences_end_no_search():
    time = 1325 + np.arange(0, 27.4, 2 / 24)
    assert find_signals(curve([], time=time, cadence=2 / 24), SETTINGS) == []


@pytest.mark.parametrize("days", [0.805, 0.807, 0.809, 0.812, 0.82, 0.85, 2.000000001])
def test_data_hardly_longer_than_two_periods_end_no_search(days):
    time = 1325 + np.arange(0, days, 2 / 1440)
    dips = -0.02 * (np.abs((time - 1325.1) % 0.4 - 0.0) < 0.03)
    find_signals(curve([], time=time, extra=dips, cadence=2 / 1440), SETTINGS)
    find_signals(curve([], time=time, cadence=2 / 1440), SearchSettings(shortest_period_days=1.0))


@pytest.mark.filterwarnings("error")
def test_a_curve_that_is_mostly_one_value_is_searched():
    time = sector_times(0, 30 / 1440)
    flux = np.where(np.abs((time - 1326) % 3.0 - 0.1) < 0.06, 0.998, 1.0)
    found = find_signals(Curve(time, flux, np.full(time.size, 1e-3), 30 / 1440), SETTINGS)
    assert all(np.isfinite(one.detection_statistic) for one in found)
    assert find_signals(Curve(time, np.ones(time.size), np.full(time.size, 1e-3), 30 / 1440), SETTINGS) == []
