"""From masks to objects: what is one object, where it is, what it is called, what it scores."""

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.images.kinds import KINDS
from astro_assets.images.segmentation.measures import fitted_point, measures_at
from astro_assets.images.segmentation.objects import (
    MEASURES,
    ObjectScore,
    expanded,
    measures_of,
    objects_of,
    unwanted_candidates,
    wanted_candidates,
)
from astro_assets.images.segmentation.settings import ExtractionSettings
from astro_assets.images.simulation.psf import Psf, add_point_sources

SETTINGS = ExtractionSettings()
N_TERMS = expanded(np.zeros((1, len(MEASURES)))).shape[1]


def score(threshold: float = 0.0, first: float = 1.0) -> ObjectScore:
    ones = (1.0,) * len(MEASURES)
    weights = (first, *[0.0] * (N_TERMS - 1))
    return ObjectScore(
        centre=(0.0,) * len(MEASURES), scale=ones, weights=weights, intercept=0.0, threshold=threshold
    )


def logits() -> np.ndarray:
    found = np.full((10, 96, 96), -9.0, np.float32)
    found[-1, 10:13, 20:23] = 3.0
    found[-1, 11, 21] = 5.0
    found[KINDS.index("asteroid"), 10:13, 20:23] = 2.0
    found[KINDS.index("transient"), 10:13, 20:23] = 1.0
    found[-1, 40, 40] = found[-1, 41, 41] = -1.0  # diagonal neighbours are one object
    found[KINDS.index("cosmic_ray"), 60:63, 70] = 4.0
    return found


def test_connected_pixels_are_an_object_with_a_kind_and_a_place(scene):
    difference = replace(scene.difference, is_missing=np.zeros((96, 96), bool))
    first, second = wanted_candidates(logits(), difference, SETTINGS)
    assert (first.kind, first.n_pixels) == ("asteroid", 9)
    assert (first.row, first.column) == (pytest.approx(11), pytest.approx(21))
    assert second.n_pixels == 2
    part = difference.significance[10:13, 20:23]
    assert abs(first.snr) == np.abs(part).max()
    (ray,) = unwanted_candidates(logits(), difference, SETTINGS)
    assert (ray.kind, ray.row, ray.column) == ("cosmic_ray", 61, 70)


def test_missing_pixels_are_no_objects(scene):
    difference = replace(scene.difference, is_missing=np.ones((96, 96), bool))
    assert wanted_candidates(logits(), difference, SETTINGS) == []
    assert unwanted_candidates(logits(), difference, SETTINGS) == []
    assert measures_of([]).shape == (0, len(MEASURES))
    assert objects_of([], [], score()) == []


def test_settings_change_what_is_found(scene):
    difference = replace(scene.difference, is_missing=np.zeros((96, 96), bool))
    assert len(wanted_candidates(logits(), difference, ExtractionSettings(wanted_threshold=0.5))) == 1
    assert unwanted_candidates(logits(), difference, ExtractionSettings(mask_threshold=0.99)) == []


def test_the_threshold_decides_and_the_highest_scores_come_first(scene):
    difference = replace(scene.difference, is_missing=np.zeros((96, 96), bool))
    wanted = wanted_candidates(logits(), difference, SETTINGS)
    unwanted = unwanted_candidates(logits(), difference, SETTINGS)
    found = objects_of(wanted, unwanted, score(-5.0))
    assert [one.is_wanted for one in found] == [True, True, False]
    assert found[0].score >= found[1].score
    assert [one.is_wanted for one in objects_of(wanted, unwanted, score(3.0))] == [True, False]
    assert [one.is_wanted for one in objects_of(wanted, unwanted, score(9.0))] == [False]


def test_terms_are_measures_squares_and_products():
    found = expanded(np.array([[2.0, 3.0, *[0.0] * 7], [100.0, *[0.0] * 8]]))
    np.testing.assert_array_equal(found[0, [0, 1, 9, 10, 18]], [2, 3, 4, 6, 9])
    assert found[1].max() == 16


@pytest.mark.parametrize("fwhm", [2.5, 4.0])
def test_cosmic_rays_are_sharp_trails_are_not_and_neither_is_a_point(fwhm):
    point, trail = np.zeros((2, 61, 61), np.float32)
    add_point_sources(point, Psf(fwhm, 4.0), 30.3, 30.4, 400.0, 1e-3)
    add_point_sources(trail, Psf(fwhm, 4.0), 30, 30, 900.0, 1e-3, 4 * fwhm, 0.5)
    ray = np.zeros((61, 61), np.float32)
    ray[30, 30], ray[31, 31] = 60, 40
    noise = np.random.default_rng(1).normal(0, 1, (61, 61)).astype(np.float32)
    found = {
        name: fitted_point(image + noise, 30, 30, fwhm)
        for name, image in (("point", point), ("trail", trail), ("ray", ray))
    }
    assert found["point"][0] < 0.15 < found["trail"][0] < found["ray"][0]
    assert max(found["point"][1], found["trail"][1]) < 2 < found["ray"][1]


def test_measures_at_the_edge_are_finite(scene):
    for place in ((0, 0), (95, 95), (0, 50)):
        assert np.isfinite(measures_at(scene.difference, *place)).all()
