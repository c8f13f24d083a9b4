"""Anomalies that are put into sources."""

import numpy as np
import pytest

from astro_assets.xray.anomalies import Anomaly, changed, significance_of
from astro_assets_tests.xray.made_curves import made


@pytest.mark.parametrize("anomaly", list(Anomaly))
def test_the_significance_is_what_was_asked_for(anomaly):
    one = made("constant", 4, bins=60, counts_a_bin=40)
    rng = np.random.default_rng(1)
    for wanted in (5.0, 12.0):
        found = changed(one.light_curve, one.rate, one.background_rate, anomaly, wanted, rng)
        counts = [
            changed(one.light_curve, one.rate, one.background_rate, anomaly, wanted, rng).light_curve.counts
            for _ in range(5)
        ]
        assert found is not None
        assert len({one.tobytes() for one in counts}) == 5
        assert (found.log_factor < 0) == (anomaly is Anomaly.DIP) or anomaly is Anomaly.STATE_CHANGE
        assert 0 < found.bins.sum() < 60


def test_significance_is_that_of_two_rates_that_differ():
    # Of bright bins: the difference of two Gaussian numbers of 1e5 each, in standard deviations.
    source, background = np.full((4, 1), 1e5), np.full((4, 1), 1e-9)
    factor = np.array([[1.0], [1.0], [1.002], [1.002]])
    assert significance_of(source, background, factor) == pytest.approx(2e5 * 0.002 / np.sqrt(4e5), rel=5e-3)


def test_a_change_of_everything_is_none():
    source, background = np.full((4, 2), 50.0), np.full((4, 2), 1e-9)
    assert significance_of(source, background, np.full((4, 1), 3.0)) == pytest.approx(0, abs=1e-5)


def test_a_faint_source_has_no_significant_dip():
    one = made("constant", 4, bins=20, counts_a_bin=0.2)
    rng = np.random.default_rng(1)
    assert changed(one.light_curve, one.rate, one.background_rate, Anomaly.DIP, 5.0, rng) is None


def test_counts_and_rates_go_together_and_background_stays():
    one = made("constant", 4, bins=30, counts_a_bin=40)
    curve = one.light_curve
    found = changed(
        curve, one.rate, one.background_rate, Anomaly.FLARE, 30.0, np.random.default_rng(2)
    ).light_curve
    net = found.counts - found.background_ratio * found.background_counts
    np.testing.assert_allclose(found.rate, net / found.exposure_s)
    assert found.background_counts is curve.background_counts
    assert found.counts.sum() > curve.counts.sum()
