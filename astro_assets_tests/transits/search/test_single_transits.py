"""Dips that happened once: found where they are, not where a candidate is, and not in noise."""

import numpy as np
import pytest

from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.matched_filter import transit_shape
from astro_assets.transits.search.single_transits import SingleTransitSettings, find_single_transits
from astro_assets_tests.transits.synthetic import Planet, red_noise, sector_times, transits

CADENCE = 30 / 1440
SIGMA = 1e-3
SETTINGS = SingleTransitSettings()
TIME = sector_times(cadence=CADENCE)


def noise(seed, red=0.0):
    rng = np.random.default_rng([seed, 53])
    return rng.normal(0, SIGMA, TIME.size) + red_noise(TIME, 0.1, red * SIGMA, rng)


def curve_of(flux, time=TIME):
    return Curve(time, flux, np.full(time.size, SIGMA), CADENCE)


def dip(middle, hours, snr):
    """Return a transit whose depth has a signal-to-noise ratio in white noise."""
    shape = transit_shape((TIME - middle) / (hours / 24))
    return snr * SIGMA * shape / np.sqrt(np.sum(shape**2))


def test_dips_of_ratio_12_away_from_gaps_are_found_in_their_place_without_doubt():
    rng = np.random.default_rng(8)
    found = []
    for seed in range(100):
        hours, middle = rng.uniform(2, 10), rng.choice([1331.0, 1346.0]) + rng.uniform(-4, 4)
        events = find_single_transits(curve_of(1 + noise(seed) - dip(middle, hours, 12)), [], SETTINGS)
        found.append(any(event.doubt is None and abs(event.time - middle) < hours / 48 for event in events))
    assert np.mean(found) >= 0.95


@pytest.mark.parametrize("red", [0.0, 0.5])
def test_quiet_stars_have_at_most_one_event_in_a_hundred(red):
    events = [
        event
        for seed in range(200)
        for event in find_single_transits(curve_of(1 + noise(seed, red)), [], SETTINGS)
    ]
    assert len(events) <= 2


def test_the_event_says_when_how_long_and_how_deep():
    flux = transits(TIME, [Planet(100.0, 1333.3, 6 / 24, 5 * SIGMA)]) + noise(1)
    (event,) = find_single_transits(curve_of(flux), [], SETTINGS)
    assert event.time == pytest.approx(1333.3, abs=0.02)
    assert 24 * event.duration == pytest.approx(6, rel=0.36)
    assert event.depth == pytest.approx(5 * SIGMA, rel=0.2)


@pytest.mark.parametrize("hours", [1.0, 2.0, 4.0, 8.0])
def test_a_dip_that_the_data_end_in_is_inside_the_data_and_doubted(hours):
    # A bin of the grid may have its middle behind the last sample.
    for part in (0.0, 0.3, 0.6):
        time = TIME + part * CADENCE
        flux = 1 + noise(1) - 8 * SIGMA * (time > time[-1] - hours / 24)
        events = find_single_transits(curve_of(flux, time), [], SETTINGS)
        assert events
        assert all(time[0] <= event.time <= time[-1] for event in events)
        assert events[0].doubt == "at a gap"


def test_transits_of_a_candidate_are_no_events_and_hide_none():
    planet = Planet(3.0, 1326.0, 0.15, 6 * SIGMA)
    flux = transits(TIME, [planet]) + noise(2) - dip(1334.0 + 0.6, 6, 20)
    box = Box(planet.period, planet.epoch, planet.duration)
    assert len(find_single_transits(curve_of(flux), [], SETTINGS)) == SETTINGS.most
    (event,) = find_single_transits(curve_of(flux), [box], SETTINGS)
    assert event.time == pytest.approx(1334.6, abs=0.05)


def one_event(flux, time=TIME):
    events = find_single_transits(curve_of(flux, time), [], SETTINGS)
    return max(events, key=lambda event: event.snr)


def test_each_artefact_casts_its_doubt():
    good = 1 + noise(3) - dip(1331.0, 6, 20)
    assert one_event(good).doubt is None
    # Data stop in the dip.
    kept = (TIME < 1331.03) | (TIME > 1331.8)
    assert one_event(good[kept], TIME[kept]).doubt == "at a gap"
    assert one_event(good + dip(1345.0, 6, 20)).doubt == "brightening as strong"
    # Sudden, then slow, as after a hit of the detector.
    after = TIME - 1330.9
    sudden = np.where(after > 0, np.exp(-after.clip(min=0) / 0.15), 0.0)
    assert one_event(1 + noise(3) - 15 * SIGMA * sudden).doubt == "asymmetric"
    near = np.abs(TIME - 1331.0) < 2
    loud = np.random.default_rng(4).normal(0, 5 * SIGMA, TIME.size)
    assert one_event(1 + noise(3) - dip(1331.0, 6, 60) + np.where(near, loud, 0)).doubt == "scatter nearby"


def test_a_star_of_which_candidates_leave_nothing_has_no_events():
    box = Box(0.5, 1325.0, 0.2)
    assert find_single_transits(curve_of(1 + noise(5) - dip(1331, 6, 20)), [box], SETTINGS) == []


@pytest.mark.parametrize("changed", [0.0, 0.2])
def test_a_curve_that_is_mostly_one_value_has_no_events_that_are_no_numbers(changed):
    rng = np.random.default_rng(3)
    flux = 1 + SIGMA * rng.normal(size=TIME.size) * (rng.random(TIME.size) < changed)
    assert all(np.isfinite(event.snr) for event in find_single_transits(curve_of(flux), [], SETTINGS))
