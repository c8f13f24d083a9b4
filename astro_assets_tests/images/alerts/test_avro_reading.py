"""Packets out of Avro files: what fastavro reads, whatever the version; damage refused, the rest read."""

from __future__ import annotations

import copy
import io
import math

import fastavro
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.images.alerts.avro_reading import avro_packets
from astro_assets.images.alerts.errors import AlertFileError, Refusal
from astro_assets.images.alerts.packets import Packet
from astro_assets_tests.images.alerts.made_packets import V1, avro, later_record, later_version, record


def read(data, *, with_stamps=False):
    return list(avro_packets(io.BytesIO(data), "night.avro", with_stamps=with_stamps))


def test_a_packet_in_standard_form():
    (packet,) = read(avro(V1, [record()]))
    assert (packet.survey, packet.alert_id, packet.object_id, packet.band) == (
        *("ZTF", "100000000000000000", "ZTF20aaa0000", "g"),
    )
    assert str(packet.schema) == "ztf.alert 3.3"
    values = packet.values
    assert values["mjd_utc"] == 59000.0
    assert (values["magnitude"], values["magnitude_err"]) == (18.5, np.float32(0.1))
    assert (values["is_positive"], values["n_detections"], values["real_bogus"]) == (1.0, 4.0, 0.875)
    assert math.isnan(values["solar_system_arcsec"]), "-999 is no distance"
    assert packet.solar_system_name == ""
    assert math.isnan(values["deep_real_bogus"]), "this version has none"
    history = packet.history
    np.testing.assert_array_equal(history.mjd_utc, [58997.0, 58998.0, 58999.0])
    np.testing.assert_array_equal(history.band, ["r", "g", "g"])
    np.testing.assert_array_equal(history.magnitude, [np.nan, 19.0, 19.0])
    np.testing.assert_array_equal(history.limiting_magnitude, [20.25, 20.5, 20.5])
    np.testing.assert_array_equal(history.is_positive, [np.nan, 1, 1])
    np.testing.assert_array_equal(history.real_bogus, [np.nan, np.nan, 0.5])
    assert packet.stamps is None
    assert packet.forced.flux.size == 0


def test_a_later_version_reads_as_well():
    """Fields came, went, moved and changed their type."""
    (packet,) = read(avro(later_version(), [later_record()]))
    assert str(packet.schema) == "ztf.alert 4.02"
    assert packet.values["deep_real_bogus"] == 0.75
    assert packet.values["magnitude"] == 18.5
    assert packet.values["n_detections"] == 4
    assert math.isnan(packet.values["real_bogus"]), "this version has none"
    np.testing.assert_array_equal(packet.history.real_bogus, [np.nan, np.nan, 0.5])
    np.testing.assert_array_equal(packet.forced.flux, [np.nan, 80.0])
    np.testing.assert_array_equal(packet.forced.mjd_utc, [58998.0, 58999.0])


def test_a_version_that_nobody_knows_reads_as_far_as_its_fields_are_known_and_says_so():
    schema = copy.deepcopy(V1)
    schema["version"] = "9.9"
    schema["fields"].append({"name": "novelty", "type": {"type": "array", "items": "string"}})
    (packet,) = read(avro(schema, [record() | {"novelty": ["a", "b"]}]))
    assert not packet.schema.is_known
    assert "not known" in str(packet.schema)
    assert packet.values["magnitude"] == 18.5


def test_the_packets_own_version_counts_more_than_that_of_the_file():
    (packet,) = read(avro(later_version("4.01"), [later_record()]))
    assert packet.schema.version == "4.02"


def test_a_survey_that_nobody_knows_keeps_its_name():
    schema = copy.deepcopy(V1) | {"name": "new.survey", "namespace": "ztf"}
    schema["fields"][5]["type"] = schema["fields"][6]["type"] = ["null", "new.cutout"]
    (packet,) = read(avro(schema, [record()]))
    assert (packet.survey, packet.schema.is_known) == ("new.survey", False)


def test_stamps_are_kept_as_they_are_packed_where_they_are_wanted():
    told = record()
    (packet,) = read(avro(V1, [told]), with_stamps=True)
    assert packet.stamps.template == told["cutoutTemplate"]["stampData"]
    (packet,) = read(avro(V1, [told | {"cutoutScience": None}]), with_stamps=True)
    assert packet.stamps.science is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"ra": 400.0}, "nowhere on the sky: ra 400.0"),
        ({"dec": float("nan")}, "nowhere on the sky"),
        ({"jd": float("inf")}, "no time"),
    ],
)
def test_an_impossible_packet_is_refused_and_the_file_goes_on(changes, reason):
    found = read(avro(V1, [record(0), record(1, **changes), record(2)], block=10**6))
    assert [type(one) for one in found] == [Packet, Refusal, Packet]
    assert (found[1].file, found[1].record) == ("night.avro", 1)
    assert reason in str(found[1])


def test_a_record_that_cannot_be_decoded_takes_its_block_along_and_no_more():
    records = [record(i) for i in range(4)]
    data = bytearray(avro(V1, records))
    at = data.find(b"ZTF20aaa0001") - 1
    data[at] = 0x7F  # the length of the text is negative
    found = read(bytes(data))
    assert [type(one) for one in found] == [Packet, Refusal, Packet, Packet]
    assert "record 1: it cannot be decoded" in str(found[1])


def test_a_file_of_something_else_is_refused():
    schema = {"type": "record", "name": "user", "fields": [{"name": "name", "type": "string"}]}
    with pytest.raises(AlertFileError, match=r"night\.avro holds no alerts: its records \(user\)"):
        read(avro(schema, [{"name": "x"}]))


def test_a_schema_that_fastavro_refuses_is_refused():
    schema = {"type": "record", "name": "alert", "fields": [{"name": "candidate", "type": "int"}]}
    data = avro(schema, [{"candidate": 1}]).replace(b'"int"', b'"i t"')
    with pytest.raises(AlertFileError, match="does not define"):
        read(data)


def test_a_long_history_is_read_whole():
    told = record()
    told["prv_candidates"] = told["prv_candidates"] * 1500
    (packet,) = read(avro(V1, [told]))
    assert packet.history.mjd_utc.size == 4500


@settings(max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.floats(10, 22, width=32),
            st.none() | st.floats(0, 1, width=32),
            st.sampled_from(["t", "f", "1", "0"]),
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["null", "deflate"]),
    st.integers(1, 10**6),
)
def test_whatever_is_written_is_what_fastavro_reads(told, codec, block):
    records = [
        record(i, magpsf=magnitude, rb=rb, isdiffpos=sign) for i, (magnitude, rb, sign) in enumerate(told)
    ]
    data = avro(V1, records, codec, block)
    theirs = [one["candidate"] for one in fastavro.reader(io.BytesIO(data))]
    ours = [packet.values for packet in read(data)]
    for one, other in zip(ours, theirs, strict=True):
        assert one["magnitude"] == other["magpsf"]
        assert one["ra_deg"] == other["ra"]
        assert one["is_positive"] == (other["isdiffpos"] in {"t", "1"})
        if other["rb"] is None:
            assert math.isnan(one["real_bogus"])
        else:
            assert one["real_bogus"] == other["rb"]


DAMAGED = avro(later_version(), [later_record(i) for i in range(3)])


@settings(max_examples=300)
@given(st.lists(st.tuples(st.integers(0, len(DAMAGED) - 1), st.integers(0, 7)), min_size=1, max_size=3))
def test_flipped_bits_end_in_packets_or_reasons(flips):
    """Avro has no checksum: a flip in a value is another value. What must not happen is anything else."""
    data = bytearray(DAMAGED)
    for at, bit in flips:
        data[at] ^= 1 << bit
    try:
        found = read(bytes(data), with_stamps=True)
    except AlertFileError:
        return
    assert len(found) <= 6
    assert {type(one) for one in found} <= {Packet, Refusal}
