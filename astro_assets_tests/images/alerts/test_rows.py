"""Packets as rows: nothing is lost, what is unknown is null, and rows tell filters what packets do."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astro_assets.images.alert_invariants import impossible_alerts
from astro_assets.images.alerts import rows as rows_module
from astro_assets.images.alerts.features import FEATURE_NAMES, features_of
from astro_assets.images.alerts.reading import packets_at, read_alerts
from astro_assets.images.alerts.refusals import REASONS
from astro_assets.images.alerts.rows import alert_rows, features_in
from astro_assets_tests.images.alerts.made_packets import SYNC, V1, avro, record, stamp


def written(path: Path, records: list, **options: object) -> Path:
    path.write_bytes(avro(V1, records, **options))
    return path


def test_a_row_tells_what_filters_may_ask(tmp_path: Path) -> None:
    path = written(tmp_path / "a.avro", [record(i) for i in range(3)])
    rows = list(alert_rows(path, 10))
    packets = list(read_alerts(path))
    assert [row["position"] for row in rows] == [0, 1, 2]
    for row, packet in zip(rows, packets, strict=True):
        np.testing.assert_equal(features_in(row), features_of(packet))
        assert (row["alert_id"], row["object_id"], row["survey"]) == (
            packet.alert_id,
            packet.object_id,
            "ZTF",
        )
        assert (row["schema_version"], row["is_schema_known"], row["has_stamps"]) == ("3.3", True, True)
    assert rows[0]["solar_system_arcsec"] is None, "null, for NaN is above every bound in Polars"
    assert set(FEATURE_NAMES) <= rows[0].keys()


def test_stamps_that_are_cut_off_or_missing_are_told(tmp_path: Path) -> None:
    cut, lacking, broken = record(0), record(1), record(2)
    for name in ("cutoutScience", "cutoutTemplate", "cutoutDifference"):
        cut[name]["stampData"] = stamp(np.ones((63, 40), np.float32))
    lacking["cutoutTemplate"] = None
    broken["cutoutScience"]["stampData"] = b"\xff\xd8\xff no measurement"
    rows = list(alert_rows(written(tmp_path / "a.avro", [cut, lacking, broken]), 10))
    assert [row["is_truncated"] for row in rows] == [True, False, False]
    assert [row["has_stamps"] for row in rows] == [True, False, False]
    assert [row["missing_stamps"] for row in rows] == [[], ["template"], []]
    assert rows[2]["stamp_fault"] == "the science stamp: it is a picture (JPEG), not a measurement"


def test_a_damaged_packet_is_a_row_with_the_reason_and_those_behind_it_are_read(tmp_path: Path) -> None:
    content = bytearray(avro(V1, [record(i) for i in range(4)]))
    marks = [at for at in range(len(content)) if content[at : at + 16] == SYNC]
    content[marks[1] + 20 : marks[1] + 58] = b"\xff" * 38
    (tmp_path / "a.avro").write_bytes(content)
    rows = list(alert_rows(tmp_path / "a.avro", 10))
    assert [row["status"] for row in rows] == ["accepted", "refused", "accepted", "accepted"]
    assert rows[1]["reason_code"] == "packet_unreadable"
    assert [row["position"] for row in rows] == [0, 1, 2, 3]
    at = dict(packets_at(tmp_path / "a.avro", [0, 1, 3]))
    assert {place: packet.alert_id for place, packet in at.items()} == {
        0: rows[0]["alert_id"],
        3: rows[3]["alert_id"],
    }


@pytest.mark.parametrize("content", [b"Obj\x01", b"notes", b"PAR1PAR1"])
def test_a_file_that_cannot_be_read_is_one_row(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.avro").write_bytes(content)
    (row,) = alert_rows(tmp_path / "a.avro", 10)
    assert (row["status"], row["reason_code"]) == ("refused", "alerts_unreadable")
    assert "a.avro" not in row["refusal_reason"], "in a home its name is its hash"


def test_of_too_many_packets_the_first_are_read(tmp_path: Path) -> None:
    rows = list(alert_rows(written(tmp_path / "a.avro", [record(i) for i in range(5)]), 3))
    assert [row["status"] for row in rows] == ["accepted"] * 3 + ["refused"]
    assert (rows[3]["reason_code"], rows[3]["refusal_reason"]) == (
        "too_many_packets",
        "more than 3: split the file",
    )


def test_what_nobody_foresaw_is_a_row_and_what_the_machine_lacks_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path / "a.avro", [record()])

    def failing(error: Exception) -> None:
        def read(*_: object, **__: object) -> None:
            raise error

        monkeypatch.setattr(rows_module, "read_alerts", read)

    failing(KeyError("jd"))
    (row,) = alert_rows(path, 10)
    assert row["refusal_reason"] == "damaged: KeyError: 'jd'"
    assert row["reason_code"] in REASONS
    failing(OSError(28, "no space left"))
    with pytest.raises(OSError, match="no space"):
        list(alert_rows(path, 10))


@settings(max_examples=60, deadline=None)
@given(
    jd=st.floats(-1e12, 1e12) | st.floats(2.4e6, 2.6e6),
    score=st.floats(width=32, allow_nan=True, allow_infinity=True),
    ra=st.floats(-400, 400),
)
def test_what_is_accepted_is_possible(jd: float, score: float, ra: float) -> None:
    with TemporaryDirectory() as folder:
        path = written(Path(folder) / "a.avro", [record(0, jd=jd, rb=score, ra=ra)])
        rows = list(alert_rows(path, 10))
    names = ("mjd_utc", "ra_deg", "dec_deg", "real_bogus", "deep_real_bogus")
    accepted = [
        {"key": "a", **{name: row[name] for name in names}} for row in rows if row["status"] == "accepted"
    ]
    kinds = dict.fromkeys(names, pl.Float64)
    assert impossible_alerts(pl.LazyFrame(accepted, {"key": pl.String, **kinds})).collect().is_empty()
    assert len(rows) == 1
