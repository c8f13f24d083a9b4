"""Frames of a night are judged beside each other, in whatever order, at once or one after the other."""

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.images.photometry.sources import measure_frame
from astro_assets.images.quality.measures import MEASURES
from astro_assets.images.quality.nights import FEWEST_FRAMES, GrowingNight, assess_night, with_oddness
from astro_assets.images.quality.oddness import FEWEST_FRAMES as FEWEST_FOR_ODDNESS
from astro_assets.images.quality.unseen import striped
from astro_assets_tests.images.quality.conftest import SMALL


@pytest.fixture(scope="module")
def frames(night):
    return [one.frame for one in night]


def exposures(frames):
    return [one.exposure_s for one in frames]


def told(verdict):
    return verdict.grade, verdict.p_bad, verdict.p_not_good, verdict.reasons, verdict.vector.tobytes()


def test_a_night_is_judged_beside_its_best_frames_in_any_order(assessor, frames, sources, expectation):
    found = assess_night(assessor, frames, sources, exposures(frames))
    at = MEASURES.index("comparison_residual")
    for one, frame, of_frame in zip(found, frames, sources, strict=True):
        assert one.has_night
        # All but what the other frames are needed for, too.
        single = assessor.assess(frame, expectation, sources=of_frame).vector
        np.testing.assert_array_equal(np.delete(one.vector, at), np.delete(single, at))
    assert sum(np.isfinite(one.measures.comparison_residual) for one in found) > len(found) / 2
    again = assess_night(assessor, frames[::-1], sources[::-1], exposures(frames[::-1]))[::-1]
    assert [told(one) for one in again] == [told(one) for one in found]


def test_few_frames_and_frames_without_stars_are_no_night(assessor, frames, sources):
    few = assess_night(
        assessor, *(part[: FEWEST_FRAMES - 1] for part in (frames, sources, exposures(frames)))
    )
    assert not any(one.has_night for one in few)
    assert told(few[0]) == told(assessor.assess(frames[0]))
    rng = np.random.default_rng(0)
    dark = [replace(frames[0], image=rng.normal(500, 5, (64, 64)).astype(np.float32)) for _ in range(6)]
    empty = [measure_frame(one, SMALL.measuring) for one in dark]
    assert all(one.measures.n_stars == 0 for one in empty)
    assert not any(one.has_night for one in assess_night(assessor, dark, empty, exposures(dark)))


def test_a_growing_night_ends_where_the_whole_one_does(assessor, frames, sources):
    frames, sources = frames[:-2], sources[:-2]  # dawn leaves no star to compare
    growing = GrowingNight(assessor)
    found = [growing.add(frame) for frame in frames]
    assert [one.has_night for one in found] == [number >= FEWEST_FRAMES - 1 for number in range(len(found))]
    last, whole = found[-1], assess_night(assessor, frames, sources, exposures(frames))[-1]
    at = MEASURES.index("comparison_residual")
    np.testing.assert_array_equal(np.delete(last.vector, at), np.delete(whole.vector, at))
    # Earlier frames were measured beside another frame: a pixel more or less of the circles around stars.
    assert last.vector[at] == pytest.approx(whole.vector[at], rel=0.2)
    assert last.p_bad == pytest.approx(whole.p_bad, abs=0.05)


def test_a_frame_that_cannot_be_judged_leaves_a_growing_night_as_it_was(assessor, frames):
    growing, other = GrowingNight(assessor), GrowingNight(assessor)
    for frame in frames[:5]:
        growing.add(frame)
        other.add(frame)
    with pytest.raises(ValueError, match="sides"):
        growing.add(replace(frames[5], image=np.zeros((8, 8), np.float32)))
    assert told(growing.add(frames[6])) == told(other.add(frames[6]))


@pytest.mark.parametrize("counts", [1e30, -1e30, 2e9], ids=str)
def test_a_frame_of_absurd_counts_is_bad_and_says_why_and_the_others_are_judged(
    assessor, frames, sources, counts
):
    rng = np.random.default_rng(2)
    image = (counts * rng.normal(1, 0.1, frames[0].image.shape)).astype(np.float32)
    absurd = replace(frames[0], image=image)
    before = assess_night(assessor, frames, sources, exposures(frames))
    for found in (measure_frame(absurd, SMALL.measuring), None):
        night = [*frames[:4], absurd, *frames[4:]]
        verdicts = assess_night(assessor, night, [*sources[:4], found, *sources[4:]], exposures(night))
        odd = verdicts.pop(4)
        assert (odd.grade, odd.p_bad, odd.p_not_good) == ("bad", 1.0, 1.0)
        assert odd.reasons == ("cannot be judged: none of the frame's pixels is a measurement",)
        assert odd.training_p_value == min(one.training_p_value for one in [odd, *verdicts])
        assert np.isnan(odd.measures.vector()).all()
        assert all(one.has_night for one in verdicts)
        assert [one.measures.depth for one in verdicts] == pytest.approx(
            [one.measures.depth for one in before], nan_ok=True
        )


@pytest.mark.parametrize("count", [0.0, 700.0])
def test_a_frame_of_one_count_is_judged_with_the_others(assessor, frames, sources, count):
    image = np.full(frames[0].image.shape, count, np.float32)
    night = [*frames, replace(frames[0], image=image)]
    found = [*sources, measure_frame(night[-1], SMALL.measuring)]
    verdicts = assess_night(assessor, night, found, exposures(night))
    assert verdicts[-1].grade != "good"
    assert verdicts[-1].measures.matched_fraction == 0
    assert all(one.has_night for one in verdicts)


def test_a_night_of_nothing_but_absurd_counts_is_bad(assessor, frames):
    absurd = [replace(frames[0], image=np.full((40, 40), 1e30, np.float32))] * (FEWEST_FOR_ODDNESS + 1)
    verdicts = assess_night(assessor, absurd, [None] * len(absurd), exposures(absurd))
    assert {one.grade for one in verdicts} == {"bad"}
    assert all(np.isnan(one.night_p_value) for one in verdicts)


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
