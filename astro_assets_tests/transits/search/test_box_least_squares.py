"""The engine against astropy's own results."""

import numpy as np
import pytest
from astropy.timeseries import BoxLeastSquares as AstropyBoxLeastSquares

from astro_assets.transits.search.box_least_squares import BoxLeastSquares
from astro_assets.transits.search.engine import Band, Curve
from astro_assets_tests.transits.synthetic import Planet, transits

BANDS = (
    Band(np.linspace(1.0, 1.9, 40), np.array([0.05, 0.1])),
    Band(np.linspace(2.0, 3.9, 40), np.array([0.06, 0.12])),
)


@pytest.fixture(scope="module")
def curve():
    rng = np.random.default_rng(0)
    time = np.sort(rng.uniform(1000, 1020, 900))
    flux = transits(time, [Planet(2.7, 1001.1, 0.12, 0.01)]) + rng.normal(0, 2e-3, time.size)
    return Curve(time, flux, rng.uniform(1e-3, 3e-3, time.size), 0.02)


def test_it_is_what_astropy_finds_band_by_band(curve):
    found = BoxLeastSquares(7)(curve, BANDS)
    model = AstropyBoxLeastSquares(curve.time, curve.flux, curve.flux_err)
    at = 0
    for band in BANDS:
        theirs = model.power(band.periods, band.durations, objective="snr", oversample=7)
        here = slice(at, at + band.periods.size)
        np.testing.assert_array_equal(found.periods[here], band.periods)
        np.testing.assert_array_equal(found.power[here], theirs.depth_snr)
        np.testing.assert_array_equal(found.depth[here], theirs.depth)
        np.testing.assert_array_equal(found.epoch[here], theirs.transit_time)
        np.testing.assert_array_equal(found.duration[here], theirs.duration)
        at += band.periods.size


def test_the_power_is_the_depth_over_its_error(curve):
    found = BoxLeastSquares(20)(curve, BANDS)
    best = int(np.argmax(found.power))
    assert found.periods[best] == pytest.approx(2.7, abs=0.06)
    offset = (curve.time - found.epoch[best] + found.periods[best] / 2) % found.periods[best]
    inside = np.abs(offset - found.periods[best] / 2) < found.duration[best] / 2
    weight = curve.weight
    depth = np.average(curve.flux[~inside], weights=weight[~inside]) - np.average(
        curve.flux[inside], weights=weight[inside]
    )
    error = np.sqrt(1 / weight[inside].sum() + 1 / weight[~inside].sum())
    # The fast method assigns samples to phase bins: those at a box's edge may differ.
    assert found.power[best] == pytest.approx(depth / error, rel=0.05)


def test_a_curve_without_dips_has_no_power():
    time = np.arange(0, 10, 0.02)
    curve = Curve(time, np.ones_like(time), np.full_like(time, 1e-3), 0.02)
    found = BoxLeastSquares()(curve, BANDS)
    assert (found.power < 1e-6).all()
    assert np.isfinite(found.power).all()
