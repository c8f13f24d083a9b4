"""Filters as data: what they say is what they are called."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from astro_assets.images.alerts.features import FEATURE_NAMES
from astro_assets.images.alerts.filters import AlertFilter, AnyOf, Condition, hash_of

BRIGHT = Condition(feature="magnitude", at_most=18.5)


def test_the_version_is_known_and_stays():
    """Another version would orphan every decision that was kept."""
    wanted = AlertFilter(name="bright", conditions=(BRIGHT,))
    assert wanted.canonical_json() == (
        b'{"bands":[],"conditions":[{"at_least":null,"at_most":18.5,"feature":"magnitude",'
        b'"if_unknown":"reject"}],"description":"","feature_set":1,"models":{},"name":"bright","surveys":[]}'
    )
    assert wanted.version == hash_of(wanted.canonical_json()) == "c158572cacfc029b923af4f38447beb5"


conditions = st.builds(
    Condition,
    feature=st.sampled_from(FEATURE_NAMES),
    at_least=st.floats(-1e6, 1e6),
    at_most=st.none(),
    if_unknown=st.sampled_from(["reject", "accept"]),
)
filters = st.builds(
    AlertFilter,
    name=st.text(min_size=1, max_size=20).filter(lambda text: text.isprintable()),
    bands=st.lists(st.sampled_from(["g", "r", "i"]), unique=True).map(tuple),
    conditions=st.lists(
        conditions | st.builds(AnyOf, any_of=st.lists(conditions, min_size=2, max_size=3).map(tuple)),
        max_size=5,
    ).map(tuple),
)


@given(filters)
def test_a_filter_that_went_through_json_has_the_same_version(wanted):
    again = AlertFilter.model_validate_json(wanted.canonical_json())
    assert (again, again.version) == (wanted, wanted.version)
    shuffled = dict(reversed(json.loads(wanted.canonical_json()).items()))
    assert AlertFilter.model_validate(shuffled).version == wanted.version


def test_equal_bounds_are_one_version():
    def version(bound):
        return AlertFilter(name="a", conditions=(Condition(feature="snr", at_least=bound),)).version

    assert version(5) == version(5.0)
    assert version(0.0) == version(-0.0)
    assert version(5) != version(5.000001)


@given(filters, filters)
def test_other_filters_have_other_versions(one, other):
    assert (one.version == other.version) == (one == other)


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ({"conditions": [{"feature": "beauty", "at_least": 1}]}, "no such features: beauty"),
        ({"conditions": [{"feature": "snr"}]}, "has no bound"),
        ({"conditions": [{"feature": "snr", "at_least": 5, "at_most": 4}]}, "no snr lies between"),
        ({"conditions": [{"feature": "snr", "at_least": math.inf}]}, "finite"),
        ({"conditions": [{"feature": "snr", "at_least": 1, "or": 2}]}, "Extra inputs"),
        ({"conditions": [], "feature_set": 0}, "made for feature set 0"),
        ({"conditions": [], "models": {"snr": "0" * 32}}, "name of a feature: snr"),
        ({"conditions": [], "models": {"good": "latest"}}, "pattern"),
    ],
)
def test_a_filter_that_could_not_be_repeated_is_refused(told, reason):
    with pytest.raises(ValidationError, match=reason):
        AlertFilter.model_validate({"name": "a", **told})


def test_a_filter_may_ask_a_model_that_it_names():
    wanted = AlertFilter(
        name="a", models={"good": "0" * 32}, conditions=(Condition(feature="good", at_least=0.5),)
    )
    assert wanted.single_conditions()[0].feature == "good"


@pytest.mark.parametrize(
    ("value", "holds"),
    [(1.0, True), (2.0, True), (3.0, True), (0.999, False), (3.001, False), (math.nan, False)],
)
def test_bounds_are_included(value, holds):
    condition = Condition(feature="snr", at_least=1, at_most=3)
    assert condition.holds(value) == holds
    assert str(condition) == "1 <= snr <= 3"


def test_what_is_unknown_is_accepted_on_demand():
    assert Condition(feature="snr", at_least=1, if_unknown="accept").holds(math.nan)
