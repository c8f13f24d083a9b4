"""Statistics of known ephemerides in synthetic curves."""

import numpy as np
import pytest

from astro_assets.transits.search.boxes import Box
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.folded_boxes import detection_statistic, measure
from astro_assets_tests.transits.synthetic import Planet, red_noise, sector_times, transits

CADENCE = 10 / 1440
SIGMA = 5e-4
PLANET = Planet(2.9, 1326.2, 0.15, 0.004)
BOX = Box(2.9, 1326.2, 0.15 * 6 / 7)
#: Mean of the trapezoid in this box, which ends in the middle of its ingress: (5 + 3/4) / 6 of the depth.
INSIDE = 5.75 / 6


def curve(planets, seed=0, extra=0.0):
    time = sector_times(seed, CADENCE)
    noise = np.random.default_rng(seed).normal(0, SIGMA, time.size)
    return Curve(time, transits(time, planets) + noise + extra, np.full(time.size, SIGMA), CADENCE)


def test_offsets_and_numbers_count_from_the_epoch():
    box = Box(2.0, 10.0, 0.5)
    time = np.array([9.0, 9.9, 10.2, 12.1, 13.5])
    np.testing.assert_allclose(box.offset(time), [-1.0, -0.1, 0.2, 0.1, -0.5], atol=1e-12)
    assert box.number(time).tolist() == [0, 0, 0, 1, 2]
    assert box.covers(time).tolist() == [False, True, True, True, False]


def test_depth_and_its_error_are_those_of_the_samples():
    data = curve([PLANET])
    found = measure(data, BOX)
    assert found.depth == pytest.approx(INSIDE * PLANET.depth, rel=0.03)
    assert found.snr == pytest.approx(
        found.depth / SIGMA * np.sqrt(found.n_points) / found.noise_factor, rel=0.03
    )
    assert found.n_points == pytest.approx(found.n_transits * BOX.duration / CADENCE, rel=0.1)
    times = PLANET.epoch + np.arange(-5, 15) * PLANET.period
    observed = sum(np.count_nonzero(np.abs(data.time - t) < BOX.duration / 2) > 9 for t in times)
    assert found.n_transits == observed


def test_errors_are_right():
    deviations = []
    for seed in range(200):
        found = measure(curve([PLANET], seed), BOX)
        deviations.append(
            (
                (found.depth - INSIDE * PLANET.depth) / (found.depth / found.snr),
                (found.depth_odd - found.depth_even) / np.hypot(found.depth_odd_err, found.depth_even_err),
            )
        )
    # The red noise factor is at least 1, so errors are a little large.
    np.testing.assert_allclose(np.sqrt(np.mean(np.square(deviations), axis=0)), 1.0, atol=0.2)


def test_alternating_depths_show_in_odd_and_even():
    found = measure(curve([Planet(2.9, 1326.2, 0.15, 0.004, alternate=0.5)]), BOX)
    assert found.depth_even == pytest.approx(0.004, rel=0.06)
    assert found.depth_odd == pytest.approx(0.002, rel=0.06)
    assert found.odd_even_sigma > 10
    assert measure(curve([PLANET]), BOX).odd_even_sigma < 3.5


@pytest.mark.parametrize("phase", [0.5, 0.31])
def test_a_secondary_eclipse_is_found_at_its_phase(phase):
    second = Planet(2.9, 1326.2 + phase * 2.9, 0.15, 0.001)
    found = measure(curve([PLANET, second]), BOX)
    assert found.secondary_phase == pytest.approx(phase, abs=0.01)
    assert found.secondary_depth == pytest.approx(0.001, rel=0.25)
    assert found.secondary_snr > 7


def test_without_a_secondary_there_is_none():
    found = [measure(curve([PLANET], seed), BOX).secondary_snr for seed in range(40)]
    assert np.median(found) == pytest.approx(2.5, abs=0.7)
    assert max(found) < 5


def test_one_dip_does_not_count_as_repeating():
    found = measure(curve([Planet(100.0, 1326.2, 0.15, 0.02)]), BOX)
    assert found.snr > 8
    assert abs(found.snr_without_strongest) < 4
    assert detection_statistic(found) < 4


def test_equal_transits_do_not_need_the_strongest():
    found = measure(curve([PLANET]), BOX)
    assert found.snr_without_strongest == pytest.approx(found.snr, rel=0.1)
    assert detection_statistic(found) > 0.85 * found.snr


@pytest.mark.parametrize("n_transits", [2, 3, 10])
def test_the_ratio_without_the_strongest_of_equal_transits_is_theirs_on_average(n_transits):
    rng = np.random.default_rng(n_transits)
    time = 1325 + np.arange(0, 27, CADENCE)
    box = Box(26.0 / n_transits, 1325.5 + 6.5 / n_transits, 0.2)
    planet = Planet(box.period, box.epoch, 0.2, 0.001)
    differences = []
    for _ in range(300):
        flux = transits(time, [planet]) + rng.normal(0, SIGMA, time.size)
        found = measure(Curve(time, flux, np.full(time.size, SIGMA), CADENCE), box)
        assert found.n_transits == n_transits
        of_all = found.depth / SIGMA / found.noise_factor * np.sqrt(found.n_points)
        differences.append(found.snr_without_strongest - of_all)
    assert np.mean(differences) == pytest.approx(0.0, abs=0.15)


@pytest.mark.parametrize("harmonic", [1, 2])
def test_a_sinusoid_is_no_transit(harmonic):
    time = sector_times(0, CADENCE)
    sine = 0.003 * np.cos(2 * np.pi * harmonic * (time - 1326.2 - 0.5 * 0.9 / harmonic) / 0.9)
    found = measure(curve([], extra=sine), Box(0.9, 1326.2, 0.12))
    assert found.snr > 7
    assert detection_statistic(found) < 4


def _wave(days, shape, strength=None):
    """Return a curve of a period of 0.9 d, its shape a function of the angle, perhaps changing."""
    time = np.arange(0, days, CADENCE)
    scale = 1.0 if strength is None else np.interp(time, np.linspace(0, days, strength.size), strength)
    noise = np.random.default_rng(1).normal(0, SIGMA, time.size)
    flux = 1 + scale * shape(2 * np.pi * time / 0.9) + noise
    return Curve(time, flux, np.full(time.size, SIGMA), CADENCE)


def _binary(angle):
    return -0.003 * np.cos(2 * angle) - 0.0006 * np.cos(angle)


@pytest.mark.parametrize("period", [0.45, 0.9])
def test_two_unlike_minima_that_take_turns_hundreds_of_times_are_a_signal(period):
    found = measure(_wave(270, _binary), Box(period, 0.0, 0.12))
    assert found.is_contact_binary
    assert found.snr_beyond_sinusoid < 7
    assert detection_statistic(found) > 30


def test_a_second_minimum_above_the_mean_is_one():
    def reflecting(angle):
        return -0.003 * np.cos(2 * angle) - 0.004 * np.cos(angle)

    found = measure(_wave(270, reflecting), Box(0.9, 0.0, 0.12))
    assert found.is_contact_binary


@pytest.mark.parametrize("period", [0.45, 0.9])
@pytest.mark.parametrize(
    "shape",
    [
        lambda angle: -0.003 * np.cos(angle),
        lambda angle: -0.003 * np.cos(2 * angle),
        lambda angle: -0.003 * np.cos(angle) - 0.001 * np.cos(2 * angle + 0.4),
    ],
    ids=["one minimum", "two alike", "sawtooth"],
)
def test_pulsations_are_silent_however_long(period, shape):
    found = measure(_wave(360, shape), Box(period, 0.0, 0.12))
    assert not found.is_contact_binary
    assert detection_statistic(found) < 7


def test_unlike_minima_that_were_seen_a_few_times_or_change_are_none():
    few = measure(_wave(54, _binary), Box(0.9, 0.0, 0.12))
    assert few.depth_constancy > 8
    assert detection_statistic(few) < 4
    spots = 1 + 0.5 * np.random.default_rng(2).normal(size=60)
    changing = measure(_wave(270, _binary, spots), Box(0.9, 0.0, 0.12))
    assert changing.depth_constancy < 5
    assert detection_statistic(changing) < 4


def test_constancy_needs_transits_of_both_kinds():
    assert np.isnan(measure(_wave(3.5, _binary), Box(0.9, 0.0, 0.12)).depth_constancy)


def test_brightenings_count_against_a_signal():
    flare = Planet(2.9, 1327.2, 0.15, -0.003)
    quiet, flaring = measure(curve([PLANET]), BOX), measure(curve([PLANET, flare]), BOX)
    assert flaring.brightening_snr > 15
    assert quiet.brightening_snr < 5
    assert detection_statistic(flaring) < detection_statistic(quiet) - 10


def test_red_noise_lowers_the_ratio():
    time = sector_times(0, CADENCE)
    red = red_noise(time, 0.2, SIGMA, np.random.default_rng(5))
    quiet, noisy = measure(curve([PLANET]), BOX), measure(curve([PLANET], extra=red), BOX)
    assert noisy.noise_factor > 2 * quiet.noise_factor
    assert noisy.snr < 0.6 * quiet.snr


def test_nothing_observed_is_nothing_found():
    data = curve([PLANET])
    inside = data.where(~BOX.covers(data.time, 1.2))
    found = measure(inside, BOX)
    assert found.n_transits == 0
    assert found.snr == 0
    assert np.isnan(found.depth)
