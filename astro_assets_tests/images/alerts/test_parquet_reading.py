"""Packets out of Parquet files of brokers: the same standard form."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from astro_assets.images.alerts.avro_reading import avro_packets
from astro_assets.images.alerts.errors import AlertFileError, Refusal
from astro_assets.images.alerts.packets import Packet
from astro_assets.images.alerts.parquet_reading import parquet_packets
from astro_assets.images.alerts.stamps import triplet_of
from astro_assets_tests.images.alerts.made_packets import V1, avro, record


def written(records):
    file = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(records), file)
    return file.getvalue()


def read(data, *, with_stamps=False):
    return list(parquet_packets(io.BytesIO(data), "part.parquet", with_stamps=with_stamps))


def test_a_packet_is_the_same_as_out_of_avro():
    records = [record(i) for i in range(40)]
    ours = read(written(records), with_stamps=True)
    theirs = list(avro_packets(io.BytesIO(avro(V1, records)), "a", with_stamps=True))
    assert len(ours) == 40
    for one, other in zip(ours, theirs, strict=True):
        assert (one.alert_id, one.object_id, one.band) == (other.alert_id, other.object_id, other.band)
        assert one.values == pytest.approx(other.values, rel=1e-6, nan_ok=True)
        assert one.stamps == other.stamps
        for name in ("mjd_utc", "magnitude", "is_positive"):
            np.testing.assert_allclose(getattr(one.history, name), getattr(other.history, name))
        np.testing.assert_array_equal(one.history.band, other.history.band)
    assert ours[0].schema.name == "fink"


def test_whole_numbers_that_went_through_pandas_are_identifiers_still():
    (packet,) = read(written([record() | {"candid": 697251920115015008.0}]))
    assert packet.alert_id == "697251920115015040", "as far as a float knows"


def test_stamps_may_be_arrays():
    told = record()
    images = np.random.default_rng(0).normal(size=(3, 63, 63)).astype(np.float32)
    names = ("cutoutScience", "cutoutTemplate", "cutoutDifference")
    told |= {name: image.tolist() for name, image in zip(names, images, strict=True)}
    (packet,) = read(written([told]), with_stamps=True)
    np.testing.assert_array_equal(triplet_of(packet).images, images)


def test_an_impossible_packet_is_refused_and_the_file_goes_on():
    found = read(written([record(0), record(1, ra=-5.0), record(2)]))
    assert [type(one) for one in found] == [Packet, Refusal, Packet]
    assert "part.parquet, record 1" in str(found[1])


def test_a_file_of_something_else_is_refused():
    with pytest.raises(AlertFileError, match=r"part\.parquet holds no alerts"):
        read(written([{"a": 1}]))
    with pytest.raises(AlertFileError, match=r"part\.parquet is no Parquet file"):
        read(b"PAR1 nonsense PAR1")


DAMAGED = written([record(i) for i in range(2)])


@settings(max_examples=60)
@given(st.integers(0, len(DAMAGED) - 1), st.integers(0, 7))
def test_a_flipped_bit_ends_in_packets_or_reasons(at, bit):
    data = bytearray(DAMAGED)
    data[at] ^= 1 << bit
    try:
        found = read(bytes(data), with_stamps=True)
    except AlertFileError:
        return
    assert {type(one) for one in found} <= {Packet, Refusal}
