"""The biweight trend beside wotan's, and in any company."""

import numpy as np
import pytest
import wotan

from astro_assets.transits.biweight import Stretch, biweight_trends
from astro_assets_tests.transits.synthetic import Planet, spots, transits

SIGMA = 5e-4
CADENCE = 2 / 1440
WINDOW = 27 / 24
PLANET = Planet(3.3, 1.1, 0.15, 0.005)
TIME = np.arange(0, 12.5, CADENCE)


def star(seed, amplitude, time=TIME):
    rng = np.random.default_rng(seed)
    return 1 + spots(time, 6.0, amplitude, rng)


def stretch(seed, amplitude, time=TIME, cadence=CADENCE):
    noise = np.random.default_rng(seed + 100).normal(0, SIGMA, time.size)
    return Stretch(time, star(seed, amplitude, time) * transits(time, [PLANET]) + noise, cadence)


def wotan_trend(curve):
    _, trend = wotan.flatten(
        curve.time, curve.flux, method="biweight", window_length=WINDOW, edge_cutoff=1e-9, return_trend=True
    )
    return trend


def depth_kept(curve, trend):
    flat = curve.flux / trend
    bottom = transits(curve.time, [PLANET]) < 1 - 0.99 * PLANET.depth
    near = transits(curve.time, [Planet(PLANET.period, PLANET.epoch, 2 * PLANET.duration, 1.0)]) < 1
    beside = near & (transits(curve.time, [PLANET]) == 1)
    return (flat[beside].mean() - flat[bottom].mean()) / PLANET.depth


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # wotan's, at the ends
@pytest.mark.parametrize("amplitude", [0.0, 0.002, 0.01])
def test_trend_and_depth_are_those_of_wotan(amplitude):
    curves = [stretch(seed, amplitude) for seed in range(12)]
    ours, theirs = biweight_trends(curves, WINDOW), [wotan_trend(curve) for curve in curves]
    for one, other in zip(ours, theirs, strict=True):
        assert np.nanstd(one - other) < 0.4 * SIGMA
    kept = [
        np.mean([depth_kept(curve, trend) for curve, trend in zip(curves, trends, strict=True)])
        for trends in (ours, theirs)
    ]
    assert kept[0] > kept[1] - 0.01
    errors = [
        np.mean([np.nanstd(trend - star(seed, amplitude)) for seed, trend in enumerate(trends)])
        for trends in (ours, theirs)
    ]
    assert errors[0] < 1.05 * errors[1]


def test_company_does_not_matter():
    month = np.arange(0, 30, 29.4244 / 1440)
    curves = [stretch(seed, 0.003) for seed in range(18)]
    curves += [stretch(3, 0.01, TIME[:900]), stretch(4, 0.01, month, 29.4244 / 1440)]
    together = biweight_trends(curves, WINDOW)
    order = np.random.default_rng(0).permutation(len(curves))
    shuffled = biweight_trends([curves[n] for n in order], WINDOW)
    for place, number in enumerate(order):
        (alone,) = biweight_trends([curves[number]], WINDOW)
        assert alone.tobytes() == together[number].tobytes() == shuffled[place].tobytes()


def test_a_deep_eclipse_pulls_the_trend_no_further_than_wotans():
    curve = stretch(5, 0.002)
    inside = np.abs((curve.time - 0.7) % 2.1) < 0.2
    curve = Stretch(curve.time, np.where(inside, 0.5 * curve.flux, curve.flux), CADENCE)
    (trend,) = biweight_trends([curve], WINDOW)
    assert np.std(trend - star(5, 0.002)) < 1.5 * np.nanstd(wotan_trend(curve) - star(5, 0.002)) + 0.2 * SIGMA


def test_a_constant_curve_is_its_own_trend():
    flat = Stretch(TIME, np.full(TIME.size, 1.002), CADENCE)
    (trend,) = biweight_trends([flat], WINDOW)
    np.testing.assert_allclose(trend, 1.002, atol=1e-6)
    assert biweight_trends([], WINDOW) == []


def test_holes_are_bridged_and_short_curves_have_a_trend():
    holes = TIME[(TIME % 1.7 > 0.3)]
    (trend,) = biweight_trends([stretch(6, 0.002, holes)], WINDOW)
    assert np.isfinite(trend).all()
    assert np.std(trend - star(6, 0.002, holes)) < SIGMA
    (short,) = biweight_trends([stretch(6, 0.002, TIME[:30])], WINDOW)
    assert short.shape == (30,)
    assert np.isfinite(short).all()
