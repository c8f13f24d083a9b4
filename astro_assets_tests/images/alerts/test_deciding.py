"""A filter applied: each packet judged on its own, the same bytes whenever it is replayed."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.images.alerts.avro_reading import avro_packets
from astro_assets.images.alerts.deciding import MissingModelError, decide
from astro_assets.images.alerts.filters import AlertFilter, AnyOf, Condition, hash_of
from astro_assets_tests.images.alerts.made_packets import V1, avro, record

FILTER = AlertFilter(
    name="young and real",
    conditions=(
        Condition(feature="real_bogus", at_least=0.65),
        Condition(feature="is_positive", at_least=1),
        AnyOf(
            any_of=(
                Condition(feature="magnitude", at_most=18),
                Condition(feature="n_detections", at_most=5),
            )
        ),
        Condition(feature="solar_system_arcsec", at_least=5, if_unknown="accept"),
    ),
)


def packets(*changes):
    records = [record(i, **change) for i, change in enumerate(changes)]
    return list(avro_packets(io.BytesIO(avro(V1, records)), "night.avro", with_stamps=False))


def lines(found, wanted=FILTER, models=None):
    return [decision.line() for decision in decide(found, wanted, models)]


def test_each_packet_is_told_why():
    found = packets(
        {},
        {"rb": 0.5},
        {"rb": None},
        {"isdiffpos": "f"},
        {"ndethist": 9},
        {"ndethist": 9, "magpsf": 17.0},
        {"ssdistnr": 1.0},
    )
    decisions = list(decide(found, FILTER))
    assert [(one.verdict, one.rejected_by, one.value) for one in decisions] == [
        ("accepted", "", None),
        ("rejected", "0.65 <= real_bogus", 0.5),
        ("rejected", "0.65 <= real_bogus", None),
        ("rejected", "1 <= is_positive", 0.0),
        ("rejected", "magnitude <= 18 or n_detections <= 5", None),
        ("accepted", "", None),
        ("rejected", "5 <= solar_system_arcsec", 1.0),
    ]
    assert {one.filter_version for one in decisions} == {FILTER.version}
    assert [one.alert_id for one in decisions] == [packet.alert_id for packet in found]


def test_surveys_and_bands():
    found = packets({}, {})
    red = FILTER.model_copy(update={"bands": ("r",)})
    assert [one.rejected_by for one in decide(found, red)] == ["band g", ""]
    other = FILTER.model_copy(update={"surveys": ("PGIR",)})
    assert [one.rejected_by for one in decide(found, other)] == ["survey ZTF"] * 2


def test_what_could_not_be_read_is_in_the_record_too():
    (one,) = decide(packets({"ra": -1.0}), FILTER)
    assert (one.verdict, one.alert_id) == ("refused", "")
    assert one.rejected_by.startswith("record 0: its candidate is nowhere")


changes = st.fixed_dictionaries(
    {
        "rb": st.none() | st.floats(0, 1, width=32),
        "magpsf": st.floats(12, 21, width=32),
        "isdiffpos": st.sampled_from(["t", "f"]),
        "ndethist": st.integers(1, 20),
    }
)


@settings(max_examples=20)
@given(st.lists(changes, min_size=1, max_size=5))
def test_a_replay_gives_the_same_bytes_whatever_the_company(told):
    found = packets(*told)
    once = lines(found)
    read_again = lines(packets(*told), AlertFilter.model_validate_json(FILTER.canonical_json()))
    assert once == read_again
    assert once == [line for packet in found for line in lines([packet])]
    assert lines(found[::-1]) == once[::-1]


def test_a_line_is_json():
    (line,) = lines(packets({"rb": 0.5}))
    assert line.endswith(b"\n")
    assert json.loads(line) == {
        "alert_id": "100000000000000000",
        "filter_version": FILTER.version,
        "object_id": "ZTF20aaa0000",
        "rejected_by": "0.65 <= real_bogus",
        "value": 0.5,
        "verdict": "rejected",
    }


def test_models_are_asked_last_and_must_be_those_that_are_named():
    asked = []

    def model(packet, features):
        asked.append(packet.alert_id)
        return features["magnitude"] / 100

    key = hash_of(b"the model's file")
    wanted = AlertFilter(
        name="with a model",
        models={"score": key},
        conditions=(*FILTER.conditions[:1], Condition(feature="score", at_least=0.18)),
    )
    found = packets({"rb": 0.1}, {}, {"magpsf": 17.5})
    decisions = list(decide(found, wanted, {key: model}))
    assert [one.rejected_by for one in decisions] == ["0.65 <= real_bogus", "", "0.18 <= score"]
    assert asked == [found[1].alert_id, found[2].alert_id]
    with pytest.raises(MissingModelError, match="needs the models score"):
        list(decide(found, wanted, {hash_of(b"another"): model}))
