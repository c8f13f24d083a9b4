"""The search of one star beside that of many."""

import numpy as np
import pytest

from astro_assets.transits.search.engine import Curve
from astro_assets.transits.search.settings import SearchSettings
from astro_assets.transits.search.signals import find_signals
from astro_assets.transits.search.single_star import SingleStarEngine
from astro_assets.transits.search.survey import SurveyEngine
from astro_assets_tests.transits.synthetic import Planet, sector_times, transits

CADENCE = 10 / 1440
PLANET = Planet(3.1, 1326.0, 0.12, 0.002)


def curve(seed, planets):
    time = sector_times(seed, CADENCE)
    noise = np.random.default_rng(seed).normal(0, 4e-4, time.size)
    return Curve(time, transits(time, planets) + noise, np.full(time.size, 4e-4), CADENCE)


@pytest.mark.parametrize("planets", [[], [PLANET]])
def test_the_spectrum_is_that_of_the_survey_engine(planets):
    data = curve(2, planets)
    (one,), (many,) = (
        engine([data], (0.4, 13.0), (0.25, 1.8)) for engine in (SingleStarEngine(), SurveyEngine())
    )
    np.testing.assert_array_equal(one.periods, many.periods)
    np.testing.assert_allclose(one.power, many.power, rtol=2e-4)
    assert np.mean(np.isclose(one.duration, many.duration)) > 0.99


def test_it_finds_the_same_planet():
    data, settings = curve(3, [PLANET]), SearchSettings()
    (one, *_), (many, *_) = (
        find_signals([data], settings, engine)[0] for engine in (SingleStarEngine(), SurveyEngine())
    )
    assert one.box.period == pytest.approx(many.box.period, abs=0.1 * many.transit.period_err)
    assert one.detection_statistic == pytest.approx(many.detection_statistic, rel=1e-3)
