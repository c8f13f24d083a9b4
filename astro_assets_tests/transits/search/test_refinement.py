"""Refined boxes and the choice among aliases."""

import numpy as np
import pytest

from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.folded_boxes import measure
from astro_assets.transits.search.refinement import Limits, refine, right_alias
from astro_assets_tests.transits.synthetic import Planet, sector_times, transits

CADENCE = 10 / 1440
SIGMA = 4e-4
LIMITS = Limits((0.4, 13.5), (0.25, 1.8), 2)
PLANET = Planet(2.9, 1326.2, 0.12, 0.003)


def curve(planets, time=None):
    time = sector_times(0, CADENCE) if time is None else time
    noise = np.random.default_rng(0).normal(0, SIGMA, time.size)
    return Curve(time, transits(time, planets) + noise, np.full(time.size, SIGMA), CADENCE)


def test_a_rough_box_becomes_the_best_one():
    found = refine(curve([PLANET]), Box(2.91, 1326.25, 0.09), 0.02, LIMITS)
    assert found.box.period == pytest.approx(2.9, abs=0.004)
    assert (found.box.epoch - 1326.2 + 0.1) % 2.9 == pytest.approx(0.1, abs=0.02)
    assert found.box.duration == pytest.approx(0.11, abs=0.02)


@pytest.mark.parametrize("first", [0.0, 0.03, 1.45])
def test_a_transit_across_the_first_sample_is_not_cut(first):
    start = sector_times(0, CADENCE)[0]
    found = refine(
        curve([Planet(2.9, start + first, 0.12, 0.003)]), Box(2.9, start + first, 0.12), 0.005, LIMITS
    )
    assert found.box.duration > 0.085
    assert found.transits.depth == pytest.approx(0.003, rel=0.1)


def test_durations_stay_within_limits():
    tight = Limits((0.4, 13.5), (0.25, 0.5), 2)
    found = refine(curve([PLANET]), Box(2.9, 1326.2, 0.12), 0.01, tight)
    assert found.box.duration <= tight.durations(2.9, CADENCE)[1] + 1e-6


def test_too_few_transits_are_none():
    many = Limits((0.4, 13.5), (0.25, 1.8), 20)
    assert refine(curve([PLANET]), Box(2.9, 1326.2, 0.12), 0.01, many) is None
    flat = Curve(np.arange(0, 10, CADENCE), np.ones(1440), np.ones(1440), CADENCE)
    assert refine(flat, Box(2.9, 1.0, 0.12), 0.01, LIMITS) is None


@pytest.mark.parametrize("ratio", [1 / 3, 1 / 2, 1.0, 2.0, 3.0])
def test_the_planets_own_period_is_taken_from_any_alias(ratio):
    data = curve([PLANET])
    alias = refine(data, Box(2.9 * ratio, 1326.2, 0.1), 0.005, LIMITS)
    found = right_alias(data, alias, LIMITS)
    assert found.box.period == pytest.approx(2.9, abs=0.01)


def test_where_data_cannot_tell_the_longer_period_is_taken():
    time = sector_times(0, CADENCE)
    # Transits at 3 d and 13 d; what a period of 5 d predicts at 8 d and 18 d falls into gaps.
    start = time[0]
    for gap in (8.0, 18.0, 23.0):
        time = time[np.abs(time - start - gap) > 0.6]
    data = curve([Planet(10.0, start + 3.0, 0.12, 0.004)], time)
    half = refine(data, Box(5.0, start + 3.0, 0.12), 0.005, LIMITS)
    assert right_alias(data, half, LIMITS).box.period == pytest.approx(10.0, abs=0.02)


def test_alternating_eclipses_have_the_double_period():
    data = curve([Planet(2.9, 1326.2, 0.12, 0.004, alternate=0.6)])
    half = refine(data, Box(2.9, 1326.2, 0.12), 0.005, LIMITS)
    found = right_alias(data, half, LIMITS)
    assert found.box.period == pytest.approx(5.8, abs=0.01)
    assert found.transits.depth == pytest.approx(0.004, rel=0.1)
    assert measure(data, found.box).secondary_phase == pytest.approx(0.5, abs=0.02)
