"""Compiled local searches against astropy's box least squares and against plain sums."""

import numpy as np
import pytest
from astropy.timeseries import BoxLeastSquares
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.search.box_loops import best_box, best_near, roughly_deepest
from astro_assets.transits.search.boxes import Box
from astro_assets_tests.transits.synthetic import Planet, transits

OVERSAMPLING = 15


def samples(planet, n=700, seed=0):
    rng = np.random.default_rng(seed)
    time = np.sort(rng.uniform(1000, 1020, n))
    error = rng.uniform(1e-3, 3e-3, n)
    return time, transits(time, [planet]) + rng.normal(0, error), error


@given(
    st.floats(0.6, 8.0),
    st.floats(0.0, 1.0),
    st.floats(0.02, 0.09),
    st.integers(0, 1000),
)
def test_the_best_box_is_astropys(period, phase, part, seed):
    duration = part * period
    time, flux, error = samples(Planet(period, 1000 + phase * period, duration, 0.02), seed=seed)
    periods = period * np.linspace(0.995, 1.005, 11)
    durations = duration * np.array([0.7, 1.0, 1.4])
    step = durations[0] / OVERSAMPLING
    # Phase begins half a period before the transit: astropy cuts boxes that go over the end of the circle.
    start = time[0] - (0.5 * period - (1000 + phase * period - time[0])) % period
    ratio, *box = best_box(time, flux, error**-2, periods, durations, step, start)
    # A sample without weight at the start makes astropy fold from there.
    model = BoxLeastSquares(np.r_[start, time], np.r_[1.0, flux], np.r_[1e6, error])
    theirs = model.power(periods, durations, objective="snr", oversample=OVERSAMPLING)
    best = int(np.argmax(theirs.power))
    assert ratio == pytest.approx(theirs.power[best], rel=1e-6)
    assert ratio >= theirs.power.max() * (1 - 1e-6)
    drift = abs(box[0] - theirs.period[best]) * 20 / period
    assert drift < 2 * duration
    assert abs(box[1] - theirs.transit_time[best]) < duration
    assert any(abs(box[2] - width) < 0.5 * step + 1e-9 for width in durations)


def test_the_ratio_is_that_of_the_samples_in_the_box():
    time, flux, error = samples(Planet(2.7, 1001.1, 0.12, 0.01))
    weight = error**-2
    ratio, *box = best_box(time, flux, weight, np.array([2.7]), np.array([0.1]), 0.1 / 15, time[0])
    inside = Box(*box).covers(time)
    depth = np.average(flux[~inside], weights=weight[~inside]) - np.average(
        flux[inside], weights=weight[inside]
    )
    assert ratio == pytest.approx(
        depth / np.sqrt(1 / weight[inside].sum() + 1 / weight[~inside].sum()), rel=1e-9
    )


def test_a_flat_curve_has_no_box():
    time = np.arange(0, 10, 0.02)
    ratio, *_ = best_box(
        time, np.ones(time.size), np.ones(time.size), np.array([1.0, 2.0]), np.array([0.1]), 0.01, 0.0
    )
    assert ratio == 0


def test_a_curve_that_is_below_itself_nowhere_but_in_a_gap_has_no_box_there():
    time = np.arange(0, 10, 0.02)
    time = time[(time % 2.0) < 1.5]
    flux = np.ones(time.size)
    flux[(time % 2.0) < 0.2] = 0.99
    ratio, _, middle, _ = best_box(
        time, flux, np.ones(time.size), np.array([2.0]), np.array([0.2]), 0.02, 0.0
    )
    assert ratio > 0
    assert middle == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("phase", [0.0, 0.31, 0.99])
@pytest.mark.parametrize("off", [-0.02, 0.0, 0.02])
def test_near_a_box_the_best_is_the_same_as_anywhere(phase, off):
    planet = Planet(2.5, 1000 + phase * 2.5, 0.15, 0.02)
    time, flux, error = samples(planet)
    near, anywhere = (
        best_near(
            time, flux, error**-2, (2.5 + off, planet.epoch + 0.05, 0.13), 0.025, (0.05, 0.4), is_anywhere
        )
        for is_anywhere in (False, True)
    )
    assert near[0] == pytest.approx(anywhere[0], rel=0.02)
    assert near[1] == pytest.approx(2.5, abs=0.01)
    assert anywhere[1] == pytest.approx(2.5, abs=0.01)


@pytest.mark.parametrize("off", [-0.02, 0.0, 0.02])
def test_anywhere_is_also_half_a_period_away(off):
    planet = Planet(2.5, 1000.0, 0.15, 0.02)
    time, flux, error = samples(planet)
    box = 2.5 + off, planet.epoch + 1.25, 0.13
    found = best_near(time, flux, error**-2, box, 0.025, (0.05, 0.4), True)
    expected = best_near(time, flux, error**-2, (box[0], planet.epoch, 0.13), 0.025, (0.05, 0.4), True)
    assert found[0] == pytest.approx(expected[0], rel=0.02)


@pytest.mark.parametrize("phase", [0.0, 0.31, 0.99])
def test_the_deepest_box_is_found_to_a_quarter_of_its_duration(phase):
    planet = Planet(2.5, 1000 + phase * 2.5, 0.15, 0.02)
    time, flux, error = samples(planet)
    n_bins = int(np.ceil(4 * 2.5 / 0.15))
    middle = time[0] + 2.5 * roughly_deepest(time, flux, error**-2, 2.5, n_bins, 4)
    away = Box(2.5, planet.epoch, 0.15).offset(np.array([middle]))
    assert abs(away[0]) < 0.25 * 0.15
