"""Real pairs of frames with sources put in: which is for what, and what happens to those that do not fit."""

import logging
from dataclasses import replace

import numpy as np

from astro_assets.images.frame import Frame
from astro_assets.images.segmentation.injected import Pair, injected_scenes
from astro_assets.images.simulation.injection import InjectionSettings
from astro_assets.images.simulation.psf import Psf, add_point_sources

SETTINGS = InjectionSettings(transients=4, asteroids=2, snr=(15, 30))


def field(seed: int, shape=(220, 230)) -> Frame:
    rng = np.random.default_rng(5)
    image = np.random.default_rng(seed).normal(400, 8, shape).astype(np.float32)
    n = shape[0] * shape[1] // 700
    rows, columns = rng.uniform(0, shape[0], n), rng.uniform(0, shape[1], n)
    add_point_sources(image, Psf(3.0, 3.0), rows, columns, 10 ** rng.uniform(3.3, 4.7, n), 0.1)
    return Frame(image=image, gain=6.0)


def pair(name: str, shape=(220, 230)) -> Pair:
    return Pair(name, lambda: (field(1, shape), field(2, shape)), SETTINGS)


def test_every_pair_has_one_role_whatever_the_others_are():
    pairs = [pair(f"frame {number}") for number in range(300)]
    roles = [one.role for one in pairs]
    assert all(70 < roles.count(role) < 130 for role in ("score", "calibration", "test"))
    assert [pair(one.name).role for one in pairs[::-1]] == roles[::-1]


def test_scenes_are_of_their_pairs_and_do_not_depend_on_the_order():
    pairs = [pair(f"frame {number}") for number in range(6)]
    asked = {role: list(injected_scenes(pairs, role)) for role in ("score", "calibration", "test")}
    assert sum(map(len, asked.values())) == 6
    for role, scenes in asked.items():
        again = list(injected_scenes(pairs[::-1], role))
        assert [one.science.image.tobytes() for one in scenes] == [
            one.science.image.tobytes() for one in again
        ]
        for scene in scenes:
            assert {one.kind for one in scene.truth.objects} == {"transient", "asteroid"}


def test_of_large_frames_the_middle_counts():
    one = pair("large", (1100, 200))
    (scene,) = injected_scenes([one], one.role)
    assert scene.science.image.shape == (1024, 200)


def test_a_pair_that_does_not_fit_is_passed_over_and_said(caplog):
    good = pair("frame 1")

    def read() -> tuple[Frame, Frame]:
        raise ValueError("a frame that is not aligned: clouds")

    bad = next(
        one for number in range(50) if (one := replace(pair(f"bad {number}"), read=read)).role == good.role
    )
    with caplog.at_level(logging.WARNING):
        assert len(list(injected_scenes([bad, good], good.role))) == 1
    assert "clouds" in caplog.text
