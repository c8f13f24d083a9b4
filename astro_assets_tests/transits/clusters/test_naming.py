"""Names of clusters: by rule, unique, and the same after a refit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.transits.clusters.naming import NAMES, kept, labels_and_names, name_by_rule, unique_name
from astro_assets_tests.transits.clusters.test_model import MODEL

PLANET = {
    "largest_over_multiple": 0.4,
    "brightening_over_dip": 0.03,
    "log_snr": 2.0,
    "weak_secondary_over_depth": 0.05,
    "log_depth_ppm": 3.7,
    "global_autocorrelation": 0.85,
}


@pytest.mark.parametrize(
    ("centre", "name"),
    [
        ({}, "transit_like"),
        ({"largest_over_multiple": 0.98}, "single_event"),
        ({"brightening_over_dip": 0.5}, "sinusoidal"),
        ({"global_autocorrelation": 0.3, "weak_secondary_over_depth": 0.5, "log_snr": 1.0}, "flat"),
        ({"weak_secondary_over_depth": 0.6}, "eclipse_like"),
        ({"weak_secondary_over_depth": 0.6, "log_snr": 1.1}, "transit_like"),
        ({"log_depth_ppm": 5.0}, "eclipse_like"),
    ],
)
def test_a_cluster_is_named_by_its_centre(centre: dict[str, float], name: str) -> None:
    assert name_by_rule({**PLANET, **centre}) == name


@given(st.lists(st.sampled_from(NAMES), min_size=1, max_size=8), st.data())
def test_labels_and_names_are_unique_and_do_not_depend_on_the_order(
    rules: list[str], data: st.DataObject
) -> None:
    depths = data.draw(st.lists(st.floats(2, 6), min_size=len(rules), max_size=len(rules), unique=True))
    given_ = labels_and_names(rules, depths, {}, 0)
    assert sorted(label for label, _ in given_) == list(range(len(rules)))
    assert len({name for _, name in given_}) == len(rules)
    order = data.draw(st.permutations(range(len(rules))))
    again = labels_and_names([rules[i] for i in order], [depths[i] for i in order], {}, 0)
    assert again == [given_[i] for i in order]


def test_those_that_were_there_keep_number_and_name_and_new_ones_take_others() -> None:
    rules, depths = ["transit_like", "transit_like", "flat"], [3.0, 4.0, 3.0]
    found = labels_and_names(rules, depths, {1: (4, "transit_like")}, 9)
    assert found == [(9, "transit_like_2"), (4, "transit_like"), (10, "flat")]


def test_a_taken_name_gets_the_first_free_number() -> None:
    assert unique_name("flat", {"flat", "flat_2", "flat_4"}) == "flat_3"
    assert unique_name("flat", ()) == "flat"


def test_centres_that_moved_a_little_are_found_whatever_their_order() -> None:
    found = kept(MODEL.centres[[2, 0, 1]] + 0.1, MODEL)
    assert {new: old for new, (old, _) in found.items()} == {0: 2, 1: 0, 2: 1}
    assert all(part < 0.1 for _, part in found.values())


def test_a_centre_far_off_and_one_too_many_are_new() -> None:
    moved = MODEL.centres.copy()
    moved[1] = (1.0, -2.9)
    assert set(kept(moved, MODEL)) == {0, 2}
    assert set(kept(np.concatenate([MODEL.centres, [[0.5, 0.5]]]), MODEL)) == {0, 1, 2}
