"""What stands out of a fold: transit, secondary, brightening, and what is half a period off."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.transits.search.boxes import Box
from astro_assets.transits.vetting.folds import fold
from astro_assets.transits.vetting.model_shift import model_shift
from astro_assets_tests.transits.vetting import stars
from astro_assets_tests.transits.vetting.stars import SIGNIFICANT, measured


def test_a_secondary_eclipse_is_measured_at_its_phase():
    row = measured(stars.binary(stars.DEPTH / 4, phase=0.37))
    assert row["weak_secondary_phase"] == pytest.approx(0.37, abs=0.01)
    assert row["weak_secondary_over_depth"] == pytest.approx(0.25, abs=0.05)
    assert row["secondary_beyond_noise"] > SIGNIFICANT
    assert row["secondary_beyond_tertiary"] > SIGNIFICANT
    assert row["weak_secondary_sigma"] > 10
    assert abs(row["half_period_sigma"]) < 4, "nothing is half a period off"


def test_equal_eclipses_at_twice_the_period_are_told_by_what_is_half_a_period_off():
    twice = Box(2 * stars.PERIOD, stars.EPOCH, stars.DURATION)
    row = measured(stars.planet(), box=twice)
    assert row["half_period_sigma"] > SIGNIFICANT
    assert abs(row["half_period_unlike_sigma"]) < 4
    assert measured(stars.planet())["half_period_unlike_sigma"] > SIGNIFICANT
    unlike = measured(stars.binary(stars.DEPTH / 2))
    assert unlike["half_period_sigma"] > SIGNIFICANT
    assert unlike["half_period_unlike_sigma"] > SIGNIFICANT


def test_equal_minima_of_waves_at_twice_their_period_are_told_too():
    """Both minima are compared with one level, not each with what is beside it."""
    box = Box(stars.PERIOD, stars.EPOCH, stars.PERIOD / 5)
    wave = np.cos(4 * np.pi * (stars.times() - stars.EPOCH) / stars.PERIOD)
    row = measured(1 - stars.DEPTH * wave, box=box)
    assert abs(row["half_period_unlike_sigma"]) < 1
    assert row["half_period_sigma"] > 4, "though the waves count as noise"
    assert row["weak_secondary_over_depth"] == pytest.approx(1, abs=0.05)


def test_what_repeats_at_the_period_is_no_noise_of_single_transits():
    wave = 1 - stars.DEPTH * (1 - np.cos(8 * np.pi * (stars.times() - stars.EPOCH) / stars.PERIOD)) / 8
    row = measured(stars.planet() * wave)
    assert row["phase_noise"] > 3 * row["red_noise"]


@pytest.mark.parametrize(("cycle", "once", "survey"), [(20, 1.960, 4.708), (40, 2.241, 4.847)])
def test_chance_is_what_the_model_shift_test_says(cycle, once, survey):
    """Of 20 durations in a cycle a single fold's highest is at 1.96, that of 20,000 folds at 4.7."""
    box = Box(0.15 * cycle, stars.EPOCH, 0.15)
    shift = model_shift(fold([stars.examined(stars.planet(), box=box).curve], [box]))
    assert shift.unlikely_once[0] == pytest.approx(once, abs=1e-3)
    assert shift.unlikely[0] == pytest.approx(survey, abs=1e-3)
    row = measured(stars.planet(), box=box)
    assert row["weak_secondary_sigma"] - row["secondary_beyond_noise"] == pytest.approx(survey, abs=1e-3)
    white = row["primary_beyond_tertiary"] + shift.unlikely_once[0]
    assert white == pytest.approx(shift.primary[0] - shift.tertiary[0], rel=0.1)


def test_the_shortest_period_has_no_room_for_a_second_dip():
    """A contact binary: less than three durations in a cycle."""
    row = measured(stars.planet(), box=Box(0.4, 1326.3, 0.15))
    assert np.isnan(row["weak_secondary_sigma"])
    assert np.isnan(row["near_gap_fraction"]), "and none for sides"
    assert np.isfinite(row["mean_depth_ppm"])


def test_waves_of_few_durations_have_no_room_for_a_brightening():
    """What was not measured is not taken for a planet's."""
    box = Box(stars.PERIOD, stars.EPOCH, stars.PERIOD / 5)
    wave = np.cos(2 * np.pi * (stars.times() - stars.EPOCH) / stars.PERIOD)
    assert np.isnan(measured(1 - stars.DEPTH * wave, box=box)["brightening_over_dip"])
