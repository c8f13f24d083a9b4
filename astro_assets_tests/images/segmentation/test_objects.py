"""From masks and peaks to objects: what is one object, where it is, what it is called."""

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.images.kinds import KINDS
from astro_assets.images.segmentation.measures import MEASURES
from astro_assets.images.segmentation.objects import (
    measures_of,
    objects_of,
    unwanted_candidates,
    wanted_candidates,
)
from astro_assets.images.segmentation.settings import ExtractionSettings

SETTINGS = ExtractionSettings()


def calm(scene):
    """Return a difference in which nothing is missing, and nothing but one peak is significant."""
    significance = (0.1 * scene.difference.significance).clip(-1, 1)
    significance[70, 30] = -6.0
    significance[71, 31] = -5.0
    plain = np.zeros((96, 96), bool)
    trust = np.ones((96, 96), np.float32)
    return replace(scene.difference, is_missing=plain, significance=significance, trust=trust)


def logits() -> np.ndarray:
    found = np.full((10, 96, 96), -9.0, np.float32)
    found[-1, 10:13, 20:23] = 3.0
    found[-1, 11, 21] = 5.0
    found[KINDS.index("asteroid"), 10:13, 20:23] = 2.0
    found[KINDS.index("transient"), 10:13, 20:23] = 1.0
    found[-1, 40, 40] = found[-1, 41, 41] = -1.0  # diagonal neighbours are one object
    found[KINDS.index("cosmic_ray"), 60:63, 70] = 4.0
    found[KINDS.index("variable"), 68:73, 28:33] = -3.0
    return found


def test_connected_pixels_are_an_object_with_a_kind_and_a_place(scene):
    difference = calm(scene)
    first, second, _ = wanted_candidates(logits(), difference, SETTINGS)
    assert (first.kind, first.n_pixels) == ("asteroid", 9)
    assert (first.row, first.column) == (pytest.approx(11), pytest.approx(21))
    assert second.n_pixels == 2
    part = difference.significance[10:13, 20:23]
    assert abs(first.snr) == np.abs(part).max()
    assert difference.significance[first.peak] == first.snr
    (ray,) = unwanted_candidates(logits(), difference, SETTINGS)
    assert (ray.kind, ray.row, ray.column) == ("cosmic_ray", 61, 70)


def test_a_significant_peak_is_a_candidate_where_the_network_draws_nothing(scene):
    difference = calm(scene)
    *_, peak = wanted_candidates(logits(), difference, SETTINGS)
    assert (peak.kind, peak.peak, peak.n_pixels) == ("variable", (70, 30), 0)
    assert peak.snr == -6.0
    assert 4 < peak.mask.sum() <= (2 * round(difference.fwhm_pixels / 2) + 1) ** 2
    drawn = logits()
    drawn[-1, 69, 30] = 4.0  # what the network draws beside the peak is the peak's
    assert len(wanted_candidates(drawn, difference, SETTINGS)) == 3
    assert len(wanted_candidates(logits(), difference, ExtractionSettings(peak_significance=7))) == 2


def test_missing_pixels_are_no_objects(scene):
    difference = replace(calm(scene), is_missing=np.ones((96, 96), bool))
    assert wanted_candidates(logits(), difference, SETTINGS) == []
    assert unwanted_candidates(logits(), difference, SETTINGS) == []
    assert measures_of([], logits(), difference).shape == (0, len(MEASURES))
    assert objects_of([], np.zeros(0), 0.0, []) == []


def test_settings_change_what_is_found(scene):
    difference = calm(scene)
    assert len(wanted_candidates(logits(), difference, ExtractionSettings(wanted_threshold=0.5))) == 2
    assert unwanted_candidates(logits(), difference, ExtractionSettings(mask_threshold=0.99)) == []


def test_the_threshold_decides_and_the_highest_scores_come_first(scene):
    difference = calm(scene)
    wanted = wanted_candidates(logits(), difference, SETTINGS)
    unwanted = unwanted_candidates(logits(), difference, SETTINGS)
    scores = np.array([1.0, 5.0, -9.0])
    found = objects_of(wanted, scores, -5.0, unwanted)
    assert [one.is_wanted for one in found] == [True, True, False]
    assert [one.score for one in found[:2]] == [5.0, 1.0]
    assert [one.is_wanted for one in objects_of(wanted, scores, 3.0, unwanted)] == [True, False]
    assert [one.is_wanted for one in objects_of(wanted, scores, 9.0, unwanted)] == [False]


def test_what_is_not_trusted_is_less_significant(scene):
    difference = calm(scene)
    difference.trust[70, 30] = 0.9
    *_, peak = wanted_candidates(logits(), difference, SETTINGS)
    assert peak.snr == pytest.approx(-5.4)
    difference.trust[:] = 0.5
    assert len(wanted_candidates(logits(), difference, SETTINGS)) == 2
