"""Stitching and trend removal of synthetic stars."""

import numpy as np
import pytest

from astro_assets.transits.detrend import DetrendingSettings, detrend
from astro_assets.transits.stitching import Segment, stitching_order
from astro_assets_tests.transits.synthetic import Planet, sector_times, spots, transits

SIGMA = 5e-4
SETTINGS = DetrendingSettings()


def segment(time, flux, number=1, cadence_s=120.0, error=SIGMA):
    return Segment(number, cadence_s, time, flux, np.full(time.size, error))


def noisy(time, seed=0):
    return 1 + np.random.default_rng(seed).normal(0, SIGMA, time.size)


@pytest.mark.parametrize("hours", [1.5, 4.0, 8.0])
def test_transits_keep_their_depth_on_a_spotted_star(hours):
    time = sector_times()
    planet = Planet(4.3, time[0] + 1.7, hours / 24, 0.01)
    shape = transits(time, [planet])
    star = 1 + spots(time, 15.0, 0.004, np.random.default_rng(7))
    flux = star * shape * noisy(time)
    curve = detrend([segment(time, flux)], SETTINGS)
    bottom = transits(curve.time, [planet]) < 1 - 0.99 * planet.depth
    beside = (transits(curve.time, [planet]) == 1) & (
        transits(curve.time, [Planet(4.3, planet.epoch, planet.duration * 2, 1.0)]) < 1
    )
    depth = np.mean(curve.flux[beside]) - np.mean(curve.flux[bottom])
    assert depth == pytest.approx(planet.depth, rel=0.04)


def test_variability_is_removed_and_the_trend_is_what_was_removed():
    time = sector_times()
    star = 1 + 0.005 * np.sin(2 * np.pi * time / 12.0)
    curve = detrend([segment(time, star * noisy(time))], SETTINGS)
    assert np.std(curve.flux) == pytest.approx(SIGMA, rel=0.05)
    kept = np.isin(time, curve.time)
    np.testing.assert_allclose(curve.trend, star[kept] / np.median(star), atol=4 * SIGMA)


def test_bright_outliers_are_clipped_and_dark_ones_are_not():
    time = sector_times()
    flux = noisy(time)
    flux[5000], flux[6000] = 1.05, 0.95
    curve = detrend([segment(time, flux)], SETTINGS)
    assert time[5000] not in curve.time
    assert time[6000] in curve.time
    assert curve.n_clipped >= 1


def test_edges_of_gaps_are_cut():
    time = sector_times()
    curve = detrend([segment(time, noisy(time))], SETTINGS)
    middle = time[0] + 27.4 / 2
    assert curve.time[0] >= time[0] + 0.2
    assert np.abs(curve.time - middle).min() >= 0.5 + 0.2 - 0.01
    assert curve.n_edge == time.size - curve.time.size - curve.n_clipped


def test_segments_are_stitched_in_order_of_time_and_brought_to_one_level():
    first, second = sector_times(0), sector_times(1, start=1400.0)
    pieces = [segment(second, 3000 * noisy(second), 4), segment(first, 10 * noisy(first), 2)]
    curve = detrend(pieces, SETTINGS)
    assert curve.segments == (2, 4)
    assert (np.diff(curve.time) > 0).all()
    assert np.median(curve.flux[curve.segment == 0]) == pytest.approx(1, abs=1e-4)
    assert np.median(curve.flux[curve.segment == 1]) == pytest.approx(1, abs=1e-4)


def test_no_segment_is_used_twice():
    time = sector_times()
    coarse = segment(time[::15], noisy(time[::15]), cadence_s=1800.0)
    fine = segment(time, noisy(time))
    month = segment(time[:8000], noisy(time[:8000]), cadence_s=20.0)
    assert stitching_order([coarse, month, fine]) == [fine]


def test_what_lies_in_the_gap_of_another_is_stitched_between_its_parts():
    early, between, late = (sector_times(start=s) for s in (1300.0, 1400.0, 1500.0))
    both = np.concatenate([early, late])
    table, sector = segment(both, noisy(both), 0), segment(between, noisy(between), 13)
    order = stitching_order([sector, table])
    assert [piece.number for piece in order] == [0, 13, 0]
    np.testing.assert_array_equal(
        np.concatenate([piece.time for piece in order]), np.sort(np.r_[both, between])
    )
    curve = detrend([sector, table], SETTINGS)
    assert (np.diff(curve.time) > 0).all()


def test_of_an_overlap_only_that_is_left_out():
    time = sector_times()
    longer = segment(time, noisy(time), 1)
    later = np.arange(time[-1] - 5, time[-1] + 15, 120 / 86400)
    order = stitching_order([segment(later, noisy(later), 2), longer])
    assert [piece.number for piece in order] == [1, 2]
    assert order[0] is longer
    assert order[1].time[0] > time[-1]
    assert order[1].time[-1] == later[-1]


def test_the_order_of_segments_does_not_matter():
    pieces = [
        segment(t, noisy(t), n) for n, t in enumerate(sector_times(start=s) for s in (1300.0, 1330.0, 1360.0))
    ]
    one, other = detrend(pieces, SETTINGS), detrend(pieces[::-1], SETTINGS)
    assert one.flux.tobytes() == other.flux.tobytes()
    assert one.time.tobytes() == other.time.tobytes()


def test_errors_are_scaled_to_the_scatter_of_each_segment():
    first, second = sector_times(0), sector_times(1, start=1400.0)
    loud = 1 + 3 * (noisy(second) - 1)
    curve = detrend(
        [segment(first, noisy(first), 1, error=1.0), segment(second, loud, 2, error=np.nan)], SETTINGS
    )
    assert np.median(curve.flux_err[curve.segment == 0]) == pytest.approx(SIGMA, rel=0.05)
    assert np.median(curve.flux_err[curve.segment == 1]) == pytest.approx(3 * SIGMA, rel=0.05)


def test_too_few_samples_are_refused():
    time = sector_times()[:10]
    with pytest.raises(ValueError, match="no segment has enough samples"):
        detrend([segment(time, noisy(time))], SETTINGS)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("longest_duration_hours", 4.0),
        ("window_durations", 6.0),
        ("break_tolerance_days", 2.0),
        ("edge_cutoff_days", 0.0),
        ("clip_sigma", 2.5),
    ],
)
def test_every_setting_changes_the_curve(field, value):
    time = sector_times()
    flux = (1 + spots(time, 6.0, 0.003, np.random.default_rng(3))) * noisy(time)
    default = detrend([segment(time, flux)], SETTINGS)
    changed = detrend([segment(time, flux)], DetrendingSettings(**{field: value}))
    assert default.flux.tobytes() != changed.flux.tobytes()
