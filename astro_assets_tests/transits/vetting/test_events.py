"""Transits one by one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from astro_assets.transits.search.boxes import Box
from astro_assets.transits.vetting.features import transit_features
from astro_assets_tests.transits.synthetic import Planet, red_noise, transits
from astro_assets_tests.transits.vetting import stars
from astro_assets_tests.transits.vetting.stars import SIGNIFICANT, measured


def test_unlike_eclipses_at_half_the_period_are_told_as_odd_and_even():
    flux = transits(stars.times(), [dataclasses.replace(stars.PLANET, alternate=0.5)])
    row = measured(flux)
    assert row["events_odd_even_sigma"] > SIGNIFICANT
    assert row["event_chi_square"] > 10


def test_a_step_does_not_come_back():
    row = measured(stars.steps())
    assert row["step_sigma"] < -SIGNIFICANT
    assert abs(row["asymmetry_sigma"]) > SIGNIFICANT
    both = measured(stars.steps(signs=(1, -1)))
    assert abs(both["step_sigma"]) < SIGNIFICANT
    assert min(row["step_chi_square"], both["step_chi_square"]) > 10
    assert measured(stars.planet())["step_chi_square"] < 3


def test_a_single_event_is_all_there_is():
    row = measured(stars.single_event())
    assert row["largest_over_multiple"] > 0.9 * np.sqrt(row["n_transits_measured"])
    assert row["event_chi_square"] > 100
    assert row["chi"] < 4


def test_transits_of_which_a_part_is_missing_are_no_others():
    """Half of a deep transit, its bottom or its ingress, has another mean depth than all of it."""
    time = stars.times()
    offset, number = stars.BOX.offset(time), stars.BOX.number(time)
    kept = ~((number % 3 == 0) & (np.abs(offset) < 0.22 * stars.DURATION))
    flux = 1 - 5 * (1 - stars.v_shaped())
    row = measured(flux[kept], time=time[kept])
    assert row["n_transits_measured"] >= 8
    assert row["event_chi_square"] < 4
    assert row["events_odd_even_sigma"] < 4


def test_red_noise_widens_errors():
    noise = red_noise(stars.times(), 0.3, stars.SIGMA, np.random.default_rng(3))
    quiet, noisy = measured(stars.planet()), measured(stars.planet() + noise)
    for name in ("red_noise", "phase_noise", "mean_depth_err_ppm"):
        assert noisy[name] > 1.5 * quiet[name], name


@pytest.mark.parametrize("n_transits", [2, 4])
def test_few_transits_of_few_samples_are_compared_with_each_other(n_transits):
    """Half-hours: six samples in a transit, none of which has the phase of another."""
    time = 1325 + np.arange(0, 9.7 * n_transits, 1 / 48)
    box = Box(9.7, 1327.03, 0.15)
    unlike = transits(time, [Planet(9.7, 1327.03, 0.15, 0.01, alternate=0.5)])
    for seed in range(5):
        row = measured(unlike, time=time, box=box, seed=seed, cadence=1 / 48)
        assert row["n_transits_measured"] == n_transits
        assert row["events_odd_even_sigma"] > SIGNIFICANT
        assert row["event_chi_square"] > 10
    # Of deeper ones it counts how much of the ingress the samples show.
    alike = transits(time, [Planet(9.7, 1327.03, 0.15, 0.0015)])
    rows = [measured(alike, time=time, box=box, seed=seed, cadence=1 / 48) for seed in range(20)]
    assert np.mean([row["events_odd_even_sigma"] ** 2 for row in rows]) < 4


def test_the_error_of_the_level_is_in_the_depth_of_short_periods():
    """Without sides all transits share one level."""
    examined = [
        stars.examined(np.ones(stars.times(seed).size), box=Box(0.4, 1325.2, 0.15), seed=seed)
        for seed in range(150)
    ]
    ratios = [row["multiple_event_statistic"] for row in transit_features(examined)]
    assert 0.8 < np.std(ratios) < 1.2
