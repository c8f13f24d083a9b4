"""What is measured of candidates, on stars whose nature is known."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.transits.invariants import impossible_features
from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.vetting.features import Examined, transit_features
from astro_assets.transits.vetting.folds import fold
from astro_assets.transits.vetting.model_shift import model_shift
from astro_assets_tests.transits.synthetic import Planet, red_noise, transits
from astro_assets_tests.transits.vetting import stars

SIGNIFICANT = 7.0
#: Mean depth of a trapezoid whose ingress takes a seventh of it.
MEAN_DEPTH = stars.DEPTH * 6 / 7


def measured(flux, **options):
    (row,) = transit_features([stars.examined(flux, **options)])
    return row


@pytest.mark.parametrize("seed", range(4))
def test_a_planet_passes(seed):
    row = measured(stars.planet(seed), seed=seed, centroids=[stars.light(stars.times(seed), seed=seed)])
    assert row["mean_depth_ppm"] == pytest.approx(1e6 * MEAN_DEPTH, abs=4 * row["mean_depth_err_ppm"])
    assert row["multiple_event_statistic"] > 50
    assert row["bottom_over_mean_depth"] == pytest.approx(7 / 6, abs=0.05)
    assert row["n_transits_expected"] == 10
    assert row["n_transits_measured"] in (9, 10)
    assert row["transit_coverage"] > 0.85
    assert row["near_gap_fraction"] <= 0.2
    for name in ("primary_beyond_noise", "primary_beyond_tertiary", "primary_beyond_positive"):
        assert row[name] > SIGNIFICANT, name
    for name in ("secondary_beyond_noise", "secondary_beyond_tertiary", "secondary_beyond_positive"):
        assert row[name] < 0, name
    for name in ("events_odd_even_sigma", "step_sigma", "asymmetry_sigma", "half_period_sigma"):
        assert abs(row[name]) < 4, name
    for name in ("sine_half_period_sigma", "sine_period_sigma", "sine_twice_period_sigma"):
        assert row[name] < 5, name
    assert row["mean_over_median_depth"] == pytest.approx(1, abs=0.05)
    assert row["largest_over_multiple"] == pytest.approx(1 / np.sqrt(row["n_transits_measured"]), rel=0.2)
    assert 0.1 < row["event_chi_square"] < 3
    assert row["chi"] > 30
    assert row["brightening_over_dip"] < 0.15
    assert row["centroid_shift_sigma"] < 4
    assert row["red_noise"] == pytest.approx(1, abs=0.25)
    assert row["phase_noise"] == pytest.approx(1.1, abs=0.25)


def test_a_secondary_eclipse_is_measured_at_its_phase():
    row = measured(stars.binary(stars.DEPTH / 4, phase=0.37))
    assert row["weak_secondary_phase"] == pytest.approx(0.37, abs=0.01)
    assert row["weak_secondary_over_depth"] == pytest.approx(0.25, abs=0.05)
    assert row["secondary_beyond_noise"] > SIGNIFICANT
    assert row["secondary_beyond_tertiary"] > SIGNIFICANT
    assert row["weak_secondary_sigma"] > 10
    assert abs(row["half_period_sigma"]) < 4, "nothing is half a period off"


def test_unlike_eclipses_at_half_the_period_are_told_as_odd_and_even():
    flux = transits(stars.times(), [dataclasses.replace(stars.PLANET, alternate=0.5)])
    row = measured(flux)
    assert row["events_odd_even_sigma"] > SIGNIFICANT
    assert row["event_chi_square"] > 10


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


def test_a_binary_behind_the_star_moves_its_light():
    moved = 0.02 * (1 - stars.planet()) / stars.DEPTH
    row = measured(stars.planet(), centroids=[stars.light(stars.times(), moved)])
    assert row["centroid_shift_pixels"] == pytest.approx(0.02 * 6 / 7, rel=0.1)
    assert row["centroid_shift_sigma"] > 50
    assert row["source_offset_pixels"] == pytest.approx(0.02 / stars.DEPTH, rel=0.1)
    assert np.isnan(measured(stars.planet())["centroid_shift_sigma"]), "no centroids, no answer"


def test_the_detector_may_turn_between_sectors():
    time = np.concatenate([stars.times(), stars.times() + 30])
    flux = transits(time, [stars.PLANET])
    moved = 0.003 * (1 - flux) / stars.DEPTH
    half = time.size // 2
    segments = [stars.light(time[:half], moved[:half]), stars.light(time[half:], -moved[half:])]
    row = measured(flux, time=time, centroids=segments)
    one = measured(flux, time=time, centroids=segments[:1])
    assert row["centroid_shift_sigma"] > 1.2 * one["centroid_shift_sigma"] > SIGNIFICANT
    assert row["centroid_shift_pixels"] == pytest.approx(0.003 * 6 / 7, rel=0.2)


def test_drifting_light_does_not_move_in_transit():
    drift = 0.5 * (stars.times() - 1325)
    row = measured(stars.planet(), centroids=[stars.light(stars.times(), drift, -drift)])
    assert row["centroid_shift_sigma"] < 4


def test_a_v_is_deeper_in_the_middle():
    assert measured(stars.v_shaped())["bottom_over_mean_depth"] == pytest.approx(5 / 3, abs=0.1)


def test_a_sinusoid_is_as_bright_as_it_is_faint():
    row = measured(stars.sinusoid())
    assert row["sine_period_sigma"] > 50
    assert row["sine_twice_period_sigma"] < 5
    assert row["brightening_over_dip"] == pytest.approx(0.5, abs=0.1)
    assert row["primary_beyond_positive"] < 0


def test_the_sine_is_looked_for_before_detrending():
    """Detrending takes the wave away, and leaves the dips that it makes at its minima."""
    wave = 2e-3 * np.sin(4 * np.pi * stars.times() / stars.PERIOD)
    row = measured(stars.planet(), trend=wave)
    assert row["sine_half_period_sigma"] > 50
    assert row["sine_over_depth"] == pytest.approx(2e-3 / MEAN_DEPTH, rel=0.1)
    assert measured(stars.planet())["sine_half_period_sigma"] < 5


def test_a_step_does_not_come_back():
    row = measured(stars.steps())
    assert row["step_sigma"] < -SIGNIFICANT
    assert abs(row["asymmetry_sigma"]) > SIGNIFICANT
    both = measured(stars.steps(signs=(1, -1)))
    assert abs(both["step_sigma"]) < SIGNIFICANT
    assert min(row["step_chi_square"], both["step_chi_square"]) > 10
    assert measured(stars.planet())["step_chi_square"] < 3


def test_dips_after_momentum_dumps_are_near_gaps():
    flux, time = stars.dips_at_dumps()
    assert measured(flux, time=time)["near_gap_fraction"] > 0.9


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


def test_what_repeats_at_the_period_is_no_noise_of_single_transits():
    wave = 1 - stars.DEPTH * (1 - np.cos(8 * np.pi * (stars.times() - stars.EPOCH) / stars.PERIOD)) / 8
    row = measured(stars.planet() * wave)
    assert row["phase_noise"] > 3 * row["red_noise"]


def test_transits_of_another_candidate_are_no_gaps():
    other = Box(3.9, 1327.0, 0.2)
    flux = transits(stars.times(), [stars.PLANET, Planet(other.period, other.epoch, other.duration, 0.02)])
    row = measured(flux, hidden=other.covers(stars.times(), 1.5))
    assert row["mean_depth_ppm"] == pytest.approx(1e6 * MEAN_DEPTH, abs=4 * row["mean_depth_err_ppm"])
    for name in ("near_gap_fraction", "transit_coverage", "n_transits_expected"):
        assert row[name] == measured(stars.planet())[name], name


def test_transits_at_the_ends_of_the_data_are_expected_only_with_their_middles():
    """Half of a transit may be there though its middle is not."""
    time = stars.times()
    for first in np.linspace(stars.EPOCH - 0.01, stars.EPOCH + 0.01, 9):
        kept = time >= first
        row = measured(stars.planet()[kept], time=time[kept])
        assert row["n_transits_measured"] <= row["n_transits_expected"]
        is_there = time[kept][0] - stars.CADENCE / 2 <= stars.EPOCH
        assert row["n_transits_expected"] == 9 + is_there


def test_samples_of_another_cadence_count_for_their_time():
    """A sector of half-hours beside one of ten minutes; the cadence is the longer."""
    time = np.concatenate([1325 + np.arange(0, 13, 1 / 48), 1340 + np.arange(0, 13, stars.CADENCE)])
    flux = transits(time, [stars.PLANET])
    one = stars.examined(flux, time=time)
    curve = Curve(one.star.time, one.star.flux, one.star.flux_err, 1 / 48)
    (row,) = transit_features([dataclasses.replace(one, star=curve, curve=curve)])
    assert row["n_transits_expected"] == 10
    assert row["n_transits_measured"] >= 9
    assert row["transit_coverage"] > 0.9


@pytest.mark.parametrize("cycle", [6.0, 12.0, 50.0])
@pytest.mark.parametrize("red", [0.0, 1.0])
def test_in_noise_every_sigma_is_one(cycle, red):
    """Where nothing transits the measures have the distributions that their names promise."""
    box = Box(0.15 * cycle, 1325.8, 0.15)
    examined = []
    for seed in range(150):
        time = stars.times(seed)
        noise = red_noise(time, 0.1, red * stars.SIGMA, np.random.default_rng([seed, 5]))
        centroids = [stars.light(time, seed=seed)]
        examined.append(stars.examined(1 + noise, box=box, seed=seed, centroids=centroids))
    rows = pl.DataFrame(transit_features(examined))
    for name in ("multiple_event_statistic", "step_sigma", "asymmetry_sigma", "half_period_sigma"):
        # Halves side by side share much of the noise that is red.
        least = 0.4 if red and name == "asymmetry_sigma" else 0.65
        assert least < rows[name].std() < 1.3, name
        assert abs(rows[name].mean()) < 0.35, name
    assert 0.6 < rows["events_odd_even_sigma"].pow(2).mean() < 1.5
    assert 0.6 < rows["event_chi_square"].mean() < 1.4
    assert 0.6 < rows["step_chi_square"].mean() < 1.4
    assert 0.75 < rows["centroid_shift_sigma"].std() < 1.3
    assert abs(rows["centroid_shift_sigma"].mean()) < 0.35
    if not red:  # waves take red noise for white
        assert 1.5 < rows["sine_period_sigma"].pow(2).mean() < 2.6


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


@pytest.mark.parametrize("size", range(1, 8))
def test_the_measures_of_one_do_not_depend_on_the_others(size):
    light = [stars.light(stars.times(), 0.01), stars.light(stars.times(2), seed=2)]
    many = [
        stars.examined(stars.planet()),
        stars.examined(stars.sinusoid(), box=Box(3.1, 1325.4, 0.3)),
        stars.examined(stars.v_shaped(), box=Box(1.1, 1325.4, 0.08), centroids=light),
        stars.examined(stars.single_event()),
        stars.examined(stars.planet(3), seed=3, trend=np.sin(stars.times(3)), centroids=light[:1]),
        stars.examined(np.ones(5), time=1325 + np.arange(5) / 48),
        stars.examined(stars.binary(1e-3), box=Box(0.45, 1326.3, 0.15)),
    ][:size]
    alone = [transit_features([one])[0] for one in many]
    assert repr(transit_features(many)) == repr(alone)
    assert repr(transit_features(many[::-1])) == repr(alone[::-1])


def test_nothing_observed_is_no_error():
    time = np.array([1325.0, 1325.1, 1325.2])
    nothing = Curve(time, np.ones(3), np.full(3, stars.SIGMA), stars.CADENCE)
    one = dataclasses.replace(
        stars.examined(stars.planet()), star=nothing, curve=nothing, undetrended=nothing
    )
    empty = dataclasses.replace(one, curve=nothing.where(time < 0), undetrended=nothing.where(time < 0))
    for row in transit_features([one, empty]):
        assert row["n_transits_expected"] == row["n_transits_measured"] == 0
        assert np.isnan(row["mean_depth_ppm"])
        assert np.isnan(row["primary_beyond_noise"])
    (row,) = transit_features([empty])
    defined = {name for name, value in row.items() if not np.isnan(value)}
    assert defined == {
        "n_transits_expected", "n_transits_measured", "red_noise", "phase_noise", "duty_cycle",
        "duration_over_solar",
    }  # fmt: skip
    assert transit_features([]) == []


def test_a_star_that_never_changes_is_no_error():
    time = stars.times()
    flat = Curve(time, np.ones(time.size), np.full(time.size, stars.SIGMA), stars.CADENCE)
    one = dataclasses.replace(stars.examined(stars.planet()), star=flat, curve=flat, undetrended=flat)
    (row,) = transit_features([one])
    assert row["mean_depth_ppm"] == 0
    assert np.isnan(row["mean_over_median_depth"])
    assert np.isnan(row["weak_secondary_over_depth"])


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


def test_the_duration_is_compared_with_the_suns():
    central = 13.0 * (2.7 / 365.25) ** (1 / 3) / 24
    row = measured(stars.planet())
    assert row["duration_over_solar"] == pytest.approx(stars.DURATION / central, rel=0.03)
    assert row["duty_cycle"] == pytest.approx(0.15 / 2.7)


@given(
    period=st.floats(0.25, 40),
    phase=st.floats(0, 1),
    part=st.floats(0.002, 0.9),
    cadence=st.sampled_from([20 / 86400, 2 / 1440, 30 / 1440]),
    n=st.integers(1, 500),
    gaps=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 0.3)), max_size=3),
    hidden=st.floats(0, 0.6),
    scatter=st.sampled_from([0.0, 1e-4, 1e-2]),
    has_light=st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_whatever_is_observed_measures_keep_within_their_bounds(
    *, period, phase, part, cadence, n, gaps, hidden, scatter, has_light
):
    rng = np.random.default_rng(n)
    length = n * max(cadence, 27 / 500)
    time = 1325 + np.arange(0, length, max(cadence, length / 2000))
    for start, gap in gaps:
        since = (time - 1325) / length
        kept = ~((since >= start) & (since < start + gap))
        time = time[kept] if kept.any() else time
    error = np.full(time.size, 1e-3)
    star = Curve(time, 1 + rng.normal(0, scatter, time.size), error, cadence)
    curve = star.where(rng.random(time.size) >= hidden)
    light = [stars.light(time)] if has_light and time.size > 5 else []
    one = Examined(Box(period, 1325 + phase * period, part * period), star, curve, curve, light)
    (row,) = transit_features([one])
    assert not [name for name, value in row.items() if np.isinf(value)]
    assert impossible_features(pl.LazyFrame([{"key": "a", **row}])).collect().is_empty()
