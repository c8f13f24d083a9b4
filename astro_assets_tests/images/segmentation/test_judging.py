"""Completeness, false objects and thresholds, counted by hand beside the functions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.images.segmentation.judging import (
    JudgedScene,
    completeness,
    judged,
    ratio_interval,
    report,
    tail_threshold,
    threshold_for,
)
from astro_assets.images.segmentation.matching import match
from astro_assets.images.segmentation.objects import Candidate
from astro_assets.images.segmentation.thresholding import judged_thresholding
from astro_assets.images.simulation.scene import simulate_scene
from astro_assets.images.simulation.settings import SceneSettings
from astro_assets.images.simulation.truth import TrueObject, Truth


def scene(scores, matched, snr, megapixels=1.0) -> JudgedScene:
    n = len(scores)
    return JudgedScene(
        np.array(scores, float),
        np.array(matched, np.int64),
        ("transient",) * n,
        tuple("nothing" if one < 0 else "transient" for one in matched),
        np.array(snr, float),
        ("transient",) * len(snr),
        megapixels,
    )


def candidate(row, column, size=3, kind="transient") -> Candidate:
    where = (slice(row, row + size), slice(column, column + size))
    middle = row + size // 2, column + size // 2
    return Candidate(kind, *middle, 8.0, middle, size**2, 0.0, where, np.ones((size, size), bool))


def truth() -> Truth:
    labels = np.zeros((60, 60), np.int32)
    labels[10:14, 10:14], labels[30:33, 30:50], labels[50:53, 5:8] = 1, 2, 3
    objects = (
        TrueObject("transient", 11.5, 11.5, 1, 9.0),
        TrueObject("asteroid", 31, 39.5, 1, 20.0),
        TrueObject("cosmic_ray", 51, 6, 1, 30.0),
        TrueObject("variable", 45, 55, 1, 12.0),  # too small a mask to be seen
    )
    return Truth(objects, (labels > 0).astype(np.uint16), labels)


def test_candidates_are_what_lies_under_them_or_near():
    candidates = [
        candidate(11, 11),
        candidate(30, 32),
        candidate(50, 5),
        candidate(44, 53),
        candidate(20, 50),
    ]
    found = match(candidates, truth(), 4.0)
    assert found.matched.tolist() == [0, 1, -1, 3, -1]
    assert found.under == ("transient", "asteroid", "cosmic_ray", "variable", "nothing")
    none = match([candidate(44, 53)], truth(), 0.5)
    assert none.matched.tolist() == [-1]
    told = judged(np.arange(5.0), ["transient"] * 5, found, truth(), np.zeros((60, 60), bool))
    assert told.matched.tolist() == [0, 1, -1, 2, -1]  # among the wanted
    assert told.snr.tolist() == [9, 20, 12]
    assert told.best_scores().tolist() == [0, 1, 3]
    assert told.false_scores().tolist() == [2, 4]


def test_a_candidate_that_only_touches_an_object_is_not_it():
    # A corner of nine pixels lies on the transient, whose middle is far from theirs.
    touching, half = candidate(13, 13, 9), candidate(12, 10, 4)
    found = match([touching, half], truth(), 4.0)
    assert found.matched.tolist() == [-1, 0]
    assert found.under == ("transient", "transient")


def test_a_candidate_on_two_objects_that_run_into_each_other_finds_one_of_them():
    both = truth()
    both.labels[10:14, 14:17] = 2
    mostly_sky, on_both = candidate(8, 9, 8), candidate(9, 10, 7)
    assert match([mostly_sky, on_both], both, 1.0).matched.tolist() == [-1, 0]
    assert match([mostly_sky, on_both], truth(), 1.0).matched.tolist() == [-1, -1], "one of them alone"


def test_an_object_that_is_found_twice_counts_once_and_is_not_false():
    one = scene([1.0, 3.0, 2.0], [0, 0, -1], [10.0, 10.0])
    there, found = completeness([one], 0.0, 5, 20)
    assert (there[0], found[0]) == (2, 1)
    assert one.best_scores().tolist() == [3.0, -np.inf]
    assert report([one], 0.0)["false_per_megapixel"]["value"] == 1.0


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=40, unique=True), st.floats(0.01, 5))
def test_the_threshold_leaves_what_is_allowed_and_is_the_lowest_that_does(false, rate):
    one = scene(false, [-1] * len(false), [], megapixels=10.0)
    threshold = threshold_for([one], rate)
    left = sum(score >= threshold for score in false)
    assert left == min(int(rate * 10.0), len(false))


def test_intervals_hold_the_value_and_shrink():
    rng = np.random.default_rng(1)
    there = rng.poisson(3, 400).astype(float)
    found = rng.binomial(there.astype(int), 0.7).astype(float)
    many, few = ratio_interval(found, there), ratio_interval(found[:30], there[:30])
    assert many.low < many.value < many.high
    assert many.value == pytest.approx(0.7, abs=0.04)
    assert many.high - many.low < (few.high - few.low) / 2
    # Of a binomial of as many: scenes add nothing here.
    assert many.high - many.low == pytest.approx(3.92 * np.sqrt(0.21 / there.sum()), rel=0.25)
    assert np.isnan(ratio_interval(np.zeros(3), np.zeros(3)).value)


def test_the_report_counts_bins_kinds_and_causes():
    scenes = [
        scene([5, 4, -1, 2], [0, 1, 2, -1], [20.0, 12.0, 5.0]),
        scene([3, 1], [-1, -1], [6.0], megapixels=3.0),
    ]
    told = report(scenes, 0.0)
    assert told["megapixels"] == 4.0
    assert told["false_per_megapixel"]["value"] == 0.75
    assert told["false_by_cause"] == {"nothing": 3}
    assert [(one["count"], one["value"]) for one in told["completeness"]][1:] == [
        (1, 0.0),
        (1, 0.0),
        (0, pytest.approx(np.nan, nan_ok=True)),
        (1, 1.0),
        (1, 1.0),
    ]
    assert told["completeness_from_10"]["value"] == 1.0
    assert told["completeness_from_10_by_kind"]["transient"]["count"] == 2
    assert told["kind_accuracy"] == 1.0
    assert 0 < told["average_precision"] < 1


def test_the_tail_tells_the_threshold_more_closely_than_its_end():
    """Of many skies with the same false objects the thresholds scatter less, about the right one."""
    fitted, counted = [], []
    for seed in range(60):
        scores = np.random.default_rng(seed).exponential(1.5, 4000)
        sky = [scene(scores, [-1] * 4000, [], megapixels=50.0)]
        fitted.append(tail_threshold(sky, 0.1))
        counted.append(threshold_for(sky, 0.1))
    right = 1.5 * np.log(4000 / (0.1 * 50))
    assert np.mean(fitted) == pytest.approx(right, abs=0.15)
    assert np.std(fitted) < 0.9 * np.std(counted)
    assert tail_threshold(sky, 0.5) < tail_threshold(sky, 0.1)


def test_a_tail_that_ends_is_not_taken_for_an_exponential_one():
    fitted = []
    for seed in range(30):
        scores = 10 * (1 - np.random.default_rng(seed).random(4000) ** 0.5)  # none above 10
        fitted.append(tail_threshold([scene(scores, [-1] * 4000, [], megapixels=50.0)], 0.1))
    assert np.mean(fitted) == pytest.approx(10 * (1 - (0.1 * 50 / 4000) ** 0.5), abs=0.05)


def test_a_sky_with_hardly_any_false_objects_is_counted():
    sky = [scene([1.0, 3.0, 2.0], [-1, -1, -1], [], megapixels=10.0)]
    assert tail_threshold(sky, 0.1) == threshold_for(sky, 0.1)
    assert tail_threshold([scene([], [], [])], 0.1) == -np.inf


def test_thresholding_finds_bright_sources_with_about_their_ratio():
    settings = SceneSettings(rows=160, columns=160, transients=200, snr=(12, 30), variables=0, asteroids=0)
    ratios = []
    for seed in range(4):
        one = simulate_scene(settings, seed)
        told = judged_thresholding(one.difference, one.truth)
        ratios += list(told.best_scores()[told.snr > 10] / told.snr[told.snr > 10])
    assert len(ratios) > 10
    assert np.mean(np.array(ratios) > 0.5) > 0.85  # some lie on each other
    assert np.median(ratios) == pytest.approx(1.15, abs=0.25)  # the highest of pixels nearby


def test_cuts_on_the_shape_leave_points_and_drop_cosmic_rays():
    settings = SceneSettings(
        rows=160, columns=160, transients=200, snr=(12, 30), cosmic_rays=400, variables=0, asteroids=0
    )
    kept, points = [], []
    for seed in range(4):
        one = simulate_scene(settings, seed)
        every, shaped = (
            judged_thresholding(one.difference, one.truth, points_only=only) for only in (False, True)
        )
        kept.append((shaped.false_scores() > 6).sum() / max((every.false_scores() > 6).sum(), 1))
        points += list(shaped.best_scores()[every.best_scores() > 6] > 0)
    assert np.mean(kept) < 0.4
    assert np.mean(points) > 0.7
