"""Small scenes and a small segmenter, trained once a session for all of these tests."""

from pathlib import Path

import pytest

from astro_assets.images.segmentation.segmenter import Segmenter, open_segmenter
from astro_assets.images.segmentation.settings import (
    ExtractionSettings,
    NetworkSettings,
    ScoreSettings,
    SegmentationSettings,
)
from astro_assets.images.segmentation.training import Fitted, fit
from astro_assets.images.simulation.scene import Scene, simulate_scene
from astro_assets.images.simulation.settings import SceneSettings

SMALL = SegmentationSettings(
    scenes=SceneSettings(rows=96, columns=96, transients=150, asteroids=100, snr=(8.0, 60.0)),
    network=NetworkSettings(width=8, blocks=1, deep_blocks=0),
    extraction=ExtractionSettings(false_per_megapixel=20.0),
    score=ScoreSettings(trees=30, leaf_candidates=10),
    epochs=6,
    scenes_an_epoch=16,
    validation_scenes=4,
    score_scenes=12,
    calibration_scenes=16,
    test_scenes=6,
    crowding=2.0,
    learning_rate=1e-2,
    averaging=0.9,
)


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Fitted:
    folder: Path = tmp_path_factory.mktemp("segmenter")
    return fit(SMALL, folder)


@pytest.fixture(scope="session")
def segmenter(fitted: Fitted) -> Segmenter:
    return open_segmenter(fitted.file)


@pytest.fixture(scope="session")
def scene() -> Scene:
    return simulate_scene(SMALL.scenes, 12345)
