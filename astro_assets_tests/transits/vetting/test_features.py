"""What is measured of candidates together: a planet, noise, and anything observed."""

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
from astro_assets_tests.transits.synthetic import red_noise
from astro_assets_tests.transits.vetting import stars
from astro_assets_tests.transits.vetting.stars import MEAN_DEPTH, SIGNIFICANT, measured


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


def test_a_v_is_deeper_in_the_middle():
    assert measured(stars.v_shaped())["bottom_over_mean_depth"] == pytest.approx(5 / 3, abs=0.1)


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


def test_the_duration_is_compared_with_the_suns():
    central = 13.0 * (2.7 / 365.25) ** (1 / 3) / 24
    row = measured(stars.planet())
    assert row["duration_over_solar"] == pytest.approx(stars.DURATION / central, rel=0.03)
    assert row["duty_cycle"] == pytest.approx(0.15 / 2.7)


def test_the_duration_is_compared_with_the_stars_own():
    examined = stars.examined(stars.planet())
    unknown, dense = transit_features([examined, dataclasses.replace(examined, density_sun=8.0)])
    assert dense["star_density_sun"] == 8
    assert dense["duration_over_star"] == pytest.approx(2 * unknown["duration_over_solar"])
    assert np.isnan([unknown["star_density_sun"], unknown["duration_over_star"]]).all()


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
