"""A small assessor and a small night, made once a session for all of these tests."""

import pytest

from astro_assets.images.photometry.sources import measure_frame
from astro_assets.images.quality.assessor import FrameAssessor, open_assessor
from astro_assets.images.quality.expectation import Expectation, expectation_of
from astro_assets.images.quality.fitting import fit
from astro_assets.images.quality.night_sets import recipes_of
from astro_assets.images.quality.settings import ForestSettings, NetworkSettings, QualitySettings
from astro_assets.images.simulation.night import NightFrame, NightSettings, simulate_night

SMALL = QualitySettings(
    forest=ForestSettings(trees=30),
    network=NetworkSettings(width=4, epochs=2, batch=8),
    frames=12,
    rows=(110, 130),
    network_nights=4,
    forest_nights=10,
    calibration_nights=5,
    test_nights=4,
)


@pytest.fixture(scope="session")
def fitted():
    return fit(recipes_of(SMALL), SMALL)


@pytest.fixture(scope="session")
def assessor(fitted) -> FrameAssessor:
    return open_assessor(fitted[0])


@pytest.fixture(scope="session")
def night() -> list[NightFrame]:
    settings = NightSettings(rows=160, columns=192, frames=16, stars_per_megapixel=4000)
    return list(simulate_night(settings, 41))


@pytest.fixture(scope="session")
def sources(night):
    return [measure_frame(one.frame, SMALL.measuring) for one in night]


@pytest.fixture(scope="session")
def expectation(night, sources) -> Expectation:
    frames = [one.frame for one in night]
    return expectation_of(frames, sources, SMALL.measuring, [one.exposure_s for one in frames])
