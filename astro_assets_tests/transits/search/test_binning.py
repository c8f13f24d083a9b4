"""Averages in equal bins."""

import numpy as np

from astro_assets.transits.search.binning import binned
from astro_assets.transits.search.engine import Curve


def test_bins_are_weighted_means_and_gaps_stay_empty():
    time = np.array([0.0, 0.1, 0.2, 5.0])
    curve = Curve(time, np.array([1.0, 1.3, 0.9, 1.1]), np.array([0.1, 0.2, 0.1, 0.3]), 0.1)
    coarse = binned(curve, 1.0)
    weight = curve.weight[:3]
    np.testing.assert_allclose(coarse.flux, [np.average(curve.flux[:3], weights=weight), 1.1])
    np.testing.assert_allclose(coarse.time, [np.average(time[:3], weights=weight), 5.0])
    np.testing.assert_allclose(coarse.flux_err, [weight.sum() ** -0.5, 0.3])
    assert coarse.cadence_days == 1.0


def test_a_coarse_curve_is_left_alone():
    time = np.arange(0, 10, 0.5)
    curve = Curve(time, np.ones(20), np.ones(20), 0.5)
    assert binned(curve, 0.1) is curve
    empty = curve.where(np.zeros(20, bool))
    assert binned(empty, 1.0).time.size == 0
