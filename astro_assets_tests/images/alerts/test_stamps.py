"""Stamps of a packet in one size: cut off ones filled up on the side that is outside of the detector."""

from __future__ import annotations

import dataclasses
import gzip
import io

import numpy as np
import pytest

from astro_assets.images.alerts.avro_reading import avro_packets
from astro_assets.images.alerts.errors import StampError
from astro_assets.images.alerts.packets import PackedStamps
from astro_assets.images.alerts.stamps import stamps_told, triplet_of, triplet_of_arrays
from astro_assets_tests.images.alerts.made_packets import V1, avro, record, stamp

FULL = np.arange(63 * 63, dtype=np.float32).reshape(63, 63)


def packet(image, survey="ZTF", **changes):
    (found,) = avro_packets(io.BytesIO(avro(V1, [record(0, **changes)])), "night.avro", with_stamps=True)
    data = stamp(image)
    return dataclasses.replace(found, survey=survey, stamps=PackedStamps(data, data, data))


def test_whole_stamps_are_as_they_are():
    (found,) = avro_packets(io.BytesIO(avro(V1, [record()])), "night.avro", with_stamps=True)
    triplet = triplet_of(found)
    np.testing.assert_array_equal(triplet.images, [FULL, FULL + 1, FULL + 2])
    assert (triplet.is_truncated, triplet.missing, triplet.images.dtype) == (False, (), np.float32)


@pytest.mark.parametrize(
    ("place", "rows", "columns"),
    [
        ({"xpos": 13.2}, slice(None), slice(19, None)),  # 13 - 32 columns before the first
        ({"xpos": 3060.4}, slice(None), slice(None, 44)),  # 3060 + 31 - 3072 behind the last
        ({"ypos": 10.4}, slice(22, None), slice(None)),
        ({"ypos": 3059.6}, slice(None, 52), slice(None)),
        ({"xpos": 13.2, "ypos": 3059.6}, slice(None, 52), slice(19, None)),
    ],
)
def test_the_place_on_the_detector_tells_the_side(place, rows, columns):
    seen = FULL[rows, columns]
    triplet = triplet_of(packet(seen, **place))
    assert triplet.is_truncated
    expected = np.full((63, 63), np.nan)
    expected[rows, columns] = seen
    for image in triplet.images:
        np.testing.assert_array_equal(image, expected)


@pytest.mark.parametrize("missing_first", [True, False])
@pytest.mark.parametrize("axis", [0, 1])
def test_without_a_place_the_brightest_is_brought_into_the_middle(missing_first, axis):
    image = np.zeros((63, 63), np.float32)
    image[31, 31] = 100.0
    seen = (
        (image[20:] if missing_first else image[:-20])
        if axis == 0
        else (image[:, 20:] if missing_first else image[:, :-20])
    )
    triplet = triplet_of(packet(seen, xpos=None, ypos=None))
    assert triplet.images[2, 31, 31] == 100.0
    assert triplet.is_truncated


def test_a_place_that_does_not_fit_the_size_is_not_believed():
    image = np.zeros((63, 63), np.float32)
    image[31, 31] = 100.0
    triplet = triplet_of(packet(image[:, 20:], xpos=3070.0))
    assert triplet.images[2, 31, 31] == 100.0


@pytest.mark.parametrize(("survey", "side"), [("PGIR", 61), ("DECam", 121)])
def test_other_surveys_stamps_have_the_source_in_the_middle_too(survey, side):
    image = np.zeros((side, side), np.float32)
    image[side // 2, side // 2] = 5.0
    triplet = triplet_of(packet(image, survey))
    assert triplet.images[0, 31, 31] == 5.0
    assert not triplet.is_truncated
    assert np.isnan(triplet.images).any() == (side < 63)


def test_nan_stays_nan():
    image = FULL.copy()
    image[5:9] = np.nan
    np.testing.assert_array_equal(np.isnan(triplet_of(packet(image)).images[1]), np.isnan(image))


def test_a_missing_stamp_is_all_nan_and_named():
    one = packet(FULL)
    triplet = triplet_of(dataclasses.replace(one, stamps=PackedStamps(one.stamps.science, None, None)))
    assert triplet.missing == ("template", "difference")
    assert np.isnan(triplet.images[1:]).all()
    np.testing.assert_array_equal(triplet.images[0], FULL)


@pytest.mark.parametrize(
    ("stamps", "reason"),
    [
        (None, "read without its stamps"),
        (PackedStamps(None, None, None), "has no stamps"),
        (PackedStamps(b"junk", None, None), "the science stamp of alert .*no FITS"),
        (PackedStamps(stamp(FULL), stamp(FULL[:, :50]), None), r"sizes \[\(63, 50\), \(63, 63\)\]"),
        (PackedStamps(np.zeros((2, 2, 2), np.float32), None, None), "no stamp"),
    ],
)
def test_what_cannot_be_decoded_names_the_packet(stamps, reason):
    broken = dataclasses.replace(packet(FULL), stamps=stamps)
    with pytest.raises(StampError, match=reason) as raised:
        triplet_of(broken)
    assert "alert 100000000000000000 (night.avro, record 0)" in str(raised.value)


def test_arrays_may_have_their_channels_last():
    images = np.random.default_rng(0).normal(size=(3, 63, 63)).astype(np.float32)
    for form in (images, np.moveaxis(images, 0, 2)):
        np.testing.assert_array_equal(triplet_of_arrays(form).images, images)
    with pytest.raises(StampError, match="no triplet"):
        triplet_of_arrays(np.zeros((63, 63)))


def test_triplets_of_btsbot(shared_data):
    """Real triplets of another pipeline, channels last."""
    path = shared_data / "fits_images" / "btsbot_triplets" / "usage_triplets.npy"
    with path.open("rb") as stream:
        images = np.lib.format.read_array(stream, allow_pickle=False)
    triplets = [triplet_of_arrays(image) for image in images]
    assert len(triplets) == 39
    assert {triplet.images.shape for triplet in triplets} == {(3, 63, 63)}
    np.testing.assert_array_equal(triplets[0].images[2], images[0, :, :, 2].astype(np.float32))


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("shape", [(63, 63), (63, 44), (20, 63)])
def test_stamps_tell_before_they_are_decoded_what_their_triplet_is(shape, packed):
    found = packet(np.ones((63, 63), np.float32))
    data = stamp(np.ones(shape, np.float32), packed=packed)
    found = dataclasses.replace(found, stamps=PackedStamps(data, None, data))
    told, triplet = stamps_told(found), triplet_of(found)
    assert (told.missing, told.is_truncated, told.reason) == (triplet.missing, triplet.is_truncated, "")


@pytest.mark.parametrize(
    ("stamps", "reason"),
    [
        ((None, None, None), "it has no stamps"),
        ((b"notes",) * 3, "the science stamp: it is no FITS file"),
        ((b"\xff\xd8\xff",) * 3, "the science stamp: it is a picture (JPEG), not a measurement"),
        ((b"\x1f\x8bnotes",) * 3, "the science stamp: its gzip is damaged"),
        ((stamp(FULL), stamp(FULL)[:60], None), "the template stamp: it"),
        ((stamp(FULL), stamp(FULL[:9]), None), "its stamps have the sizes [(9, 63), (63, 63)]"),
    ],
)
def test_stamps_that_make_no_triplet_say_why(stamps, reason):
    found = dataclasses.replace(packet(FULL), stamps=PackedStamps(*stamps))
    assert stamps_told(found).reason.startswith(reason)
    with pytest.raises(StampError):
        triplet_of(found)


def test_a_header_without_an_end_is_not_unpacked_for_ever():
    bomb = gzip.compress(b"SIMPLE  =" + b" " * 50_000_000)
    found = dataclasses.replace(packet(FULL), stamps=PackedStamps(bomb, bomb, bomb))
    assert stamps_told(found).reason == "the science stamp: its header does not end"
