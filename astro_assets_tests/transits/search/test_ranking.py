"""Evidence: what single transits add up to at a period, and which period it prefers."""

import numpy as np
import pytest

from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.event_folding import strongest_repetition
from astro_assets.transits.search.matched_filter import single_events
from astro_assets.transits.search.ranking import Evidence, event_durations
from astro_assets_tests.transits.synthetic import Planet, sector_times, transits

CADENCE = 15 / 1440
SIGMA = 1e-3
TIME = sector_times(cadence=CADENCE)
FACTORS = (0.25, 1.8)


def evidence_of(flux):
    curve = Curve(TIME, flux, np.full(TIME.size, SIGMA), CADENCE)
    durations = event_durations((0.4, 13.0), FACTORS, CADENCE)
    return Evidence(single_events(curve, durations, CADENCE), FACTORS, 2)


def test_the_strongest_repetition_is_that_of_plain_sums():
    rng = np.random.default_rng(3)
    strength = rng.normal(0, 3, 200).astype(np.float32)
    information = rng.uniform(1, 5, 200).astype(np.float32)
    information[50:70] = strength[50:70] = 0
    best = 0.0
    for phase in range(13):
        places = np.array([phase + int(number * 12.4 + 0.5) for number in range(17)])
        places = places[places < 200]
        known = information[places] > 0
        if known.sum() >= 2:
            best = max(best, strength[places].sum() / np.sqrt(information[places].sum()))
    found = strongest_repetition(strength, information, 12.4, 2)
    assert found == pytest.approx(best**2, rel=1e-5)


def test_one_event_is_no_repetition():
    strength = np.zeros(100, np.float32)
    strength[30] = 50
    information = (strength > 0).astype(np.float32)
    assert strongest_repetition(strength, information, 20.0, 2) == 0


def test_evidence_prefers_the_planets_period_to_its_aliases_and_to_chance():
    planet = Planet(3.1, 1326.0, 0.12, 1.2 * SIGMA)
    noise = np.random.default_rng(8).normal(0, SIGMA, TIME.size)
    evidence = evidence_of(transits(TIME, [planet]) + noise)
    others = [evidence.near(period, 0.12) for period in (3.1 / 3, 3.1 / 2, 6.2, 9.3, 2.7, 4.4)]
    assert evidence.near(3.1, 0.12) > max(others) + 3


def test_durations_cover_the_range_in_even_steps():
    durations = event_durations((0.4, 13.0), FACTORS, CADENCE)
    assert durations[0] >= CADENCE
    np.testing.assert_allclose(durations[1:] / durations[:-1], durations[1] / durations[0])
    assert durations[1] / durations[0] <= 1.3
