"""Frames of a night are judged beside each other, in whatever order, at once or one after the other."""

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.images.photometry.sources import measure_frame
from astro_assets.images.quality.nights import FEWEST_FRAMES, GrowingNight, assess_night, with_oddness
from astro_assets.images.quality.oddness import FEWEST_FRAMES as FEWEST_FOR_ODDNESS
from astro_assets.images.quality.unseen import striped
from astro_assets_tests.images.quality.conftest import SMALL


@pytest.fixture(scope="module")
def frames(night):
    return [one.frame for one in night]


def told(verdict):
    return verdict.grade, verdict.p_bad, verdict.p_not_good, verdict.reasons, verdict.vector.tobytes()


def test_a_night_is_judged_beside_its_best_frames_in_any_order(assessor, frames, sources, expectation):
    found = assess_night(assessor, frames, sources)
    for one, frame, of_frame in zip(found, frames, sources, strict=True):
        assert one.has_night
        assert told(one) == told(assessor.assess(frame, expectation, sources=of_frame))
    again = assess_night(assessor, frames[::-1], sources[::-1])[::-1]
    assert [told(one) for one in again] == [told(one) for one in found]


def test_few_frames_and_frames_without_stars_are_no_night(assessor, frames, sources):
    few = assess_night(assessor, frames[: FEWEST_FRAMES - 1], sources[: FEWEST_FRAMES - 1])
    assert not any(one.has_night for one in few)
    assert told(few[0]) == told(assessor.assess(frames[0]))
    rng = np.random.default_rng(0)
    dark = [replace(frames[0], image=rng.normal(500, 5, (64, 64)).astype(np.float32)) for _ in range(6)]
    empty = [measure_frame(one, SMALL.measuring) for one in dark]
    assert all(one.measures.n_stars == 0 for one in empty)
    assert not any(one.has_night for one in assess_night(assessor, dark, empty))


def test_a_growing_night_ends_where_the_whole_one_does(assessor, frames, sources):
    growing = GrowingNight(assessor)
    found = [growing.add(frame) for frame in frames]
    assert [one.has_night for one in found] == [number >= FEWEST_FRAMES - 1 for number in range(len(found))]
    whole = assess_night(assessor, frames, sources)
    assert told(found[-1]) == told(whole[-1])


def test_a_frame_that_cannot_be_judged_leaves_a_growing_night_as_it_was(assessor, frames):
    growing, other = GrowingNight(assessor), GrowingNight(assessor)
    for frame in frames[:5]:
        growing.add(frame)
        other.add(frame)
    with pytest.raises(ValueError, match="sides"):
        growing.add(replace(frames[5], image=np.zeros((8, 8), np.float32)))
    assert told(growing.add(frames[6])) == told(other.add(frames[6]))


def test_an_odd_frame_is_told_where_there_are_frames_enough(assessor, frames):
    good = [assessor.assess(frame) for frame in frames]
    odd = assessor.assess(striped(frames[6], np.random.default_rng(0)))
    assert all(np.isnan(one.night_p_value) for one in with_oddness(good[:10], 0.1))
    of_night = with_oddness([*good, *good[: FEWEST_FOR_ODDNESS - len(good)], odd], 0.1)
    assert of_night[-1].night_p_value < 0.1
    assert "unlike the other frames of its night" in of_night[-1].reasons[-1]
    silent = with_oddness([*good, *good[: FEWEST_FOR_ODDNESS - len(good)], odd], 0.01)
    assert silent[-1].reasons == odd.reasons
    assert with_oddness([], 0.1) == []
