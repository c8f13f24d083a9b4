"""Which events belong together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from astro_assets.transits.scorer.event_files import read_events
from astro_assets.transits.scorer.examples import examples_of
from astro_assets.transits.scorer.stars import family, first_of_each_star, rows_by_star, shared_ephemerides
from astro_assets_tests.transits.scorer.events import examples


def with_ephemerides(events, *rows):
    return replace(events.take(np.arange(len(rows))), ephemerides=np.array(rows))


@pytest.mark.parametrize(
    ("second", "is_shared"),
    [
        ((2.0, 1402.0, 0.1), True),  # later by 50 periods
        ((2.0001, 1302.01, 0.1), True),
        ((2.0, 1302.5, 0.1), False),  # a quarter of a period off
        ((2.01, 1302.0, 0.1), False),
        ((np.nan, 1302.0, 0.1), False),
    ],
)
def test_binaries_that_keep_step_are_one(tmp_path, second, is_shared):
    events = examples(tmp_path, 8).take(np.array([1, 5]))  # two binaries
    pairs = list(shared_ephemerides(with_ephemerides(events, (2.0, 1302.0, 0.1), second)))
    assert bool(pairs) is is_shared


def test_noise_that_keeps_step_means_nothing(tmp_path):
    events = examples(tmp_path, 8).take(np.array([3, 7]))
    assert not list(shared_ephemerides(with_ephemerides(events, (2.0, 1302.0, 0.1), (2.0, 1302.0, 0.1))))


def test_planets_that_were_put_in_are_in_no_other_stars_light(tmp_path):
    """Of many, chance alone keeps step."""
    binaries = examples(tmp_path, 8).take(np.array([1, 5]))
    events = with_ephemerides(binaries, (2.0, 1302.0, 0.1), (2.0, 1302.0, 0.1))
    assert list(shared_ephemerides(events))
    put_in = replace(events, provenance={**events.provenance, "listed_in": ("made-up", "injected")})
    assert not list(shared_ephemerides(put_in))


def test_real_neighbours_are_found(shared_data):
    """Stars numbered next to each other lie next to each other."""
    events = examples_of(read_events(shared_data / "tess_tce_views/nigraha_tce_views.parquet"))
    pairs = {frozenset(pair) for pair in shared_ephemerides(events)}
    assert frozenset({"TIC 439456712", "TIC 439456714"}) in pairs
    assert frozenset({"TIC 98796342", "TIC 98796344"}) in pairs
    assert len(pairs) < 10, "chance alone joins few"


def test_the_first_event_of_each_star_is_judged():
    stars = ("a", "b", "a", "c", "b")
    assert first_of_each_star(stars, np.arange(5)).tolist() == [0, 1, 3]
    assert first_of_each_star(stars, np.array([4, 2, 0])).tolist() == [4, 2]
    assert {star: rows.tolist() for star, rows in rows_by_star(stars, np.array([0, 1, 2, 4])).items()} == {
        "a": [0, 2],
        "b": [1, 4],
    }


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("dl3-negative-part-00000-of-00008.tfRecords", "dl3"),
        ("toi-val.tfRecords", "toi"),
        ("koi_cumulative", "koi_cumulative"),
        ("", ""),
    ],
)
def test_a_list_is_known_by_its_name(source, name):
    assert family(source) == name
