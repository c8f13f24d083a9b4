"""The motion of the light in transit."""

from __future__ import annotations

import numpy as np
import pytest

from astro_assets.transits.search.boxes import Box
from astro_assets_tests.transits.synthetic import red_noise, transits
from astro_assets_tests.transits.vetting import stars
from astro_assets_tests.transits.vetting.stars import SIGNIFICANT, measured


def test_a_binary_behind_the_star_moves_its_light():
    moved = 0.02 * (1 - stars.planet()) / stars.DEPTH
    row = measured(stars.planet(), centroids=[stars.light(stars.times(), moved)])
    assert row["centroid_shift_pixels"] == pytest.approx(0.02 * 6 / 7, rel=0.1)
    assert row["centroid_shift_sigma"] > 50
    assert row["source_offset_pixels"] == pytest.approx(0.02 / stars.DEPTH, rel=0.1)
    assert np.isnan(measured(stars.planet())["centroid_shift_sigma"]), "no centroids, no answer"


def test_the_detector_may_turn_between_sectors():
    time = np.concatenate([stars.times(), stars.times() + 30])
    flux = transits(time, [stars.PLANET])
    moved = 0.003 * (1 - flux) / stars.DEPTH
    half = time.size // 2
    segments = [stars.light(time[:half], moved[:half]), stars.light(time[half:], -moved[half:])]
    row = measured(flux, time=time, centroids=segments)
    one = measured(flux, time=time, centroids=segments[:1])
    assert row["centroid_shift_sigma"] > 1.2 * one["centroid_shift_sigma"] > SIGNIFICANT
    assert row["centroid_shift_pixels"] == pytest.approx(0.003 * 6 / 7, rel=0.2)


def test_drifting_light_does_not_move_in_transit():
    drift = 0.5 * (stars.times() - 1325)
    row = measured(stars.planet(), centroids=[stars.light(stars.times(), drift, -drift)])
    assert row["centroid_shift_sigma"] < 4


@pytest.mark.parametrize("timescale", [0.05, 0.3, 3.0])
def test_jitter_of_the_light_counts_where_a_segment_has_one_transit(timescale):
    box = Box(20.0, 1331.0, 0.2)
    sigmas = []
    for seed in range(100):
        time = stars.times(seed)
        moved = red_noise(time, timescale, 3 * stars.PIXELS, np.random.default_rng([seed, 9]))
        light = stars.light(time, moved, moved[::-1], seed=seed)
        row = measured(stars.planet(seed), seed=seed, box=box, centroids=[light])
        sigmas.append(row["centroid_shift_sigma"])
    assert 0.75 < np.std(sigmas) < 1.35
    assert abs(np.mean(sigmas)) < 0.4
