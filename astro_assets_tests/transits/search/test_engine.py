"""What a curve must be."""

import numpy as np
import pytest

from astro_assets.transits.search.engine import Curve

GOOD = np.array([1.0, 2.0, 3.0])


def curve(time=GOOD, flux=GOOD, flux_err=GOOD, cadence=0.1):
    return Curve(np.asarray(time), np.asarray(flux), np.asarray(flux_err), cadence)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"flux": np.ones(2)}, "of one length"),
        ({"time": [1.0, np.nan, 3.0]}, "time and flux must be finite"),
        ({"flux": [1.0, np.inf, 3.0]}, "time and flux must be finite"),
        ({"flux_err": [1.0, 0.0, 1.0]}, "finite and positive"),
        ({"flux_err": [1.0, np.nan, 1.0]}, "finite and positive"),
        ({"time": [1.0, 1.0, 2.0]}, "increase strictly"),
        ({"cadence": 0.0}, "cadence_days must be positive"),
    ],
)
def test_each_wrong_input_has_its_own_message(wrong, message):
    with pytest.raises(ValueError, match=message):
        curve(**wrong)


def test_a_curve_knows_its_baseline_and_weights():
    assert curve().baseline_days == 2
    np.testing.assert_allclose(curve().weight, [1, 1 / 4, 1 / 9])
    assert curve().where(np.array([True, False, True])).time.tolist() == [1, 3]
    assert curve([], [], []).baseline_days == 0
