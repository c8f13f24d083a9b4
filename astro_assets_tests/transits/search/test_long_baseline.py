"""Windows of long curves."""

import numpy as np
import pytest

from astro_assets.transits.search.box_least_squares import BoxLeastSquares
from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.long_baseline import windowed_periodogram, windows
from astro_assets.transits.search.peaks import with_red_noise
from astro_assets.transits.search.periods import search_bands
from astro_assets_tests.transits.synthetic import Planet, transits

CADENCE = 29.4244 / 1440
SIGMA = 2e-4


@pytest.fixture(scope="module")
def curve():
    time = np.arange(0, 380, CADENCE)
    time = time[(time < 100) | (time > 190)]
    noise = np.random.default_rng(0).normal(0, SIGMA, time.size)
    return Curve(
        time, transits(time, [Planet(4.1, 1.3, 0.15, 4e-4)]) + noise, np.full(time.size, SIGMA), CADENCE
    )


def test_windows_hold_every_sample_once(curve):
    parts = list(windows(curve, 100.0, 4.0))
    assert max(part.baseline_days for part in parts) <= 100
    np.testing.assert_array_equal(np.concatenate([part.time for part in parts]), curve.time)
    # The window from 95 to 190 d holds five days of data.
    assert len(parts) == 4
    assert len(list(windows(curve, 100.0, 10.0))) == 3


def test_power_is_the_root_of_the_sum_of_squares(curve):
    bands = search_bands(100.0, CADENCE, (3.5, 4.5), (0.25, 1.8), 2.0, 1.4)
    engine = BoxLeastSquares(5)
    found = windowed_periodogram(curve, bands, engine, 100.0, 10.0)
    parts = [with_red_noise(engine(part, bands), part, bands) for part in windows(curve, 100.0, 10.0)]
    powers = np.array([part.power for part in parts])
    np.testing.assert_allclose(found.power, np.sqrt((powers**2).sum(axis=0)))
    strongest = powers.argmax(axis=0)
    np.testing.assert_array_equal(found.depth, np.choose(strongest, [part.depth for part in parts]))
    assert found.periods[np.argmax(found.power)] == pytest.approx(4.1, abs=0.02)


def test_without_a_window_there_is_no_power(curve):
    bands = search_bands(100.0, CADENCE, (3.5, 4.5), (0.25, 1.8), 2.0, 1.4)
    found = windowed_periodogram(curve, bands, BoxLeastSquares(5), 100.0, 1000.0)
    assert (found.power == 0).all()
