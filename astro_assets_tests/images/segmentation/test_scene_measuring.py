"""Scenes are measured by several processes as by one."""

import logging

import numpy as np
import pytest

from astro_assets.images.segmentation import scene_measuring
from astro_assets.images.segmentation.scene_measuring import Measurer
from astro_assets.images.segmentation.scene_sets import scenes_of
from astro_assets.images.segmentation.segmenter_file import contents_of
from astro_assets.images.segmentation.training import Fitted


@pytest.fixture(scope="module")
def measurer(fitted: Fitted) -> Measurer:
    manifest, _, graph = contents_of(fitted.file)
    return Measurer(manifest.settings, graph, manifest.reach_pixels)


def test_processes_find_what_one_finds_in_the_same_order(measurer, monkeypatch, caplog):
    monkeypatch.setattr(scene_measuring.os, "sched_getaffinity", lambda _: {0, 1})
    one = measurer.of_role("calibration", 6)
    monkeypatch.setattr(scene_measuring, "_FEW", 2)
    with caplog.at_level(logging.INFO):
        several = measurer.of_role("calibration", 6)
    assert "scene 6 of 6: calibration" in caplog.text
    whole = measurer.of_scenes(scenes_of(measurer.settings, "calibration", 6))
    assert sum(len(measures) for measures, _ in one) > 0
    for found in (several, whole):
        for (measures, scene), (others, other) in zip(one, found, strict=True):
            assert measures.tobytes() == others.tobytes()
            assert np.array_equal(scene.matched, other.matched)
            assert scene.true_kinds == other.true_kinds
            assert scene.megapixels == other.megapixels


def test_what_fails_in_a_process_fails_the_training(measurer, monkeypatch):
    monkeypatch.setattr(scene_measuring.os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(scene_measuring, "_FEW", 2)
    broken = Measurer(measurer.settings, b"no graph", measurer.reach_pixels)
    with pytest.raises(Exception, match=r"(?i)protobuf"):
        broken.of_role("calibration", 4)
