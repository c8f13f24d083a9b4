"""Files of alerts are passed on by their structure; what only looks like one is refused, within bounds."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import fastavro
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from astro_assets.observations.identification import describe_file, identify
from astro_assets.observations.light_curves import LightCurveError, read_light_curve
from astro_assets.observations.refusals import REASONS
from astro_assets_tests.images.alerts.made_packets import V1, avro, later_record, later_version, record
from astro_assets_tests.observations.described import entry


def told(path: Path, content: bytes) -> dict[str, Any]:
    path.write_bytes(content)
    return describe_file(path, "0" * 64, path.name)


@pytest.mark.parametrize("codec", ["null", "deflate"])
def test_packets_in_avro_are_passed_on(tmp_path: Path, codec: str) -> None:
    row = told(tmp_path / "a.fits", avro(V1, [record()], codec))
    assert (row["status"], row["product"], row["reason_code"]) == ("passed_on", "alerts", None)
    later = told(tmp_path / "b.avro", avro(later_version(), [later_record()]))
    assert (later["status"], later["product"], later["target_id"]) == ("passed_on", "alerts", None)


def test_packets_in_parquet_are_passed_on(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.Table.from_pylist([record(i) for i in range(3)]), path)
    identity = identify(path)
    assert (identity.status, identity.product, identity.origin) == ("passed_on", "alerts", "real")
    with pytest.raises(LightCurveError):
        read_light_curve(path, tess_bitmask=1, kepler_bitmask=1)


def test_a_light_curve_in_parquet_is_none(tmp_path: Path) -> None:
    table = pl.DataFrame({"time": 1500 + np.arange(500) / 48, "flux": np.ones(500), "error": np.ones(500)})
    table.with_columns(candid=pl.lit(1)).write_parquet(tmp_path / "a.parquet")
    described = entry(
        target_id="TIC 42", mission="TESS", time_format="btjd", time="time", flux="flux", flux_err="error"
    )
    assert identify(tmp_path / "a.parquet", described).status == "accepted"


def test_other_avro_is_refused(tmp_path: Path) -> None:
    schema = {"type": "record", "name": "point", "fields": [{"name": "x", "type": "double"}]}
    row = told(tmp_path / "a.avro", avro(schema, [{"x": 1.0}]))
    assert (row["status"], row["reason_code"]) == ("refused", "unsupported_product")
    assert row["refusal_reason"] == "Avro whose records are no alerts"


def test_a_schema_that_is_no_record_is_refused(tmp_path: Path) -> None:
    written = io.BytesIO()
    fastavro.writer(written, {"type": "array", "items": "long"}, [[1, 2]])
    row = told(tmp_path / "a.avro", written.getvalue())
    assert (row["reason_code"], row["refusal_reason"]) == (
        "unsupported_product",
        "Avro whose schema describes no records",
    )


#: A block of one entry, and of more than there is room for.
_ONE, _HUGE = b"\x02", b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (b"", "truncated"),
        (b"\x00", "damaged"),
        (_HUGE, "damaged"),
        (_ONE + _HUGE + b"avro.schema", "damaged"),
        (_ONE + b"\x16avro.schema" + _HUGE, "damaged"),
        (_ONE + b"\x16avro.schema\x7f", "damaged"),
        (_ONE + b"\x16avro.schema\x14{", "truncated"),
        (_ONE + b"\x16avro.schema\x04{}", "unsupported_product"),
        (_ONE + b"\x16avro.schema\x02[", "damaged"),
        (b"\xff" * 20, "damaged"),
        (_ONE + b"\x16avro.schema" + b"\x80\x80\x08" + b"[" * 65536, "damaged"),
    ],
)
def test_hostile_heads_are_refused(tmp_path: Path, head: bytes, code: str) -> None:
    row = told(tmp_path / "a.avro", b"Obj\x01" + head)
    assert (row["status"], row["reason_code"]) == ("refused", code)


@given(st.binary(max_size=200), st.integers(0, 400))
def test_whatever_comes_after_the_head_is_told(tmp_path_factory: Any, noise: bytes, cut: int) -> None:
    path = tmp_path_factory.mktemp("avro") / "a.avro"
    good = avro(V1, [record()])
    row = told(path, good[: 4 + cut] + noise)
    assert row["status"] == "passed_on" or row["reason_code"] in REASONS


def test_a_table_of_alerts_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    """A column that repeats is small in the file: what counts is what its pages say that they unpack to."""
    n_rows = 300
    table = pa.table(
        {"candid": pa.array(range(n_rows)), "cutoutScience": pa.array([b"\0" * 1_000_000] * n_rows)}
    )
    path = tmp_path / "a.parquet"
    parquet.write_table(table, path, compression="zstd", use_dictionary=False)
    assert path.stat().st_size < 1_000_000
    row = describe_file(path, "0" * 64, path.name)
    assert (row["status"], row["reason_code"]) == ("refused", "too_large")
