"""Schemas of strangers: cleaned of what decoding does not need, refused where they could blow up."""

from __future__ import annotations

import json

import fastavro
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.images.alerts.avro_schema import SchemaError, writer_schema
from astro_assets_tests.images.alerts.made_packets import V1, later_version


def record(*fields, name="alert", **more):
    return {
        "type": "record",
        "name": name,
        "fields": [{"name": f"f{i}", "type": kind} for i, kind in enumerate(fields)],
        **more,
    }


def read(schema):
    return writer_schema(json.dumps(schema).encode())


@pytest.mark.parametrize("schema", [V1, later_version()], ids=["earlier", "later"])
def test_what_is_left_is_a_schema_of_the_same_values(schema):
    found = read(schema)
    assert (found.name, found.version) == ("ztf.alert", schema["version"])
    assert found.fields() == {one["name"] for one in schema["fields"]}
    fastavro.parse_schema(found.tree)


def test_nothing_of_a_stranger_reaches_the_decoder_but_types_and_names():
    schema = record(
        {"type": "bytes", "logicalType": "decimal", "precision": 5},
        {"type": "fixed", "name": "evil", "size": 3, "aliases": ["x"]},
        __fastavro_parsed__=True,
        doc="words",
    )
    assert read(schema).tree == {
        "type": "record",
        "name": "T1",
        "fields": [
            {"name": "f0", "type": "bytes"},
            {"name": "f1", "type": {"type": "fixed", "name": "T3", "size": 3}},
        ],
    }


def bomb(levels):
    inner = record("int", name=f"L{levels}")
    for level in range(levels - 1, -1, -1):
        inner = record(inner, f"L{level + 1}", name=f"L{level}")
    return inner


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        (record(["null", "alert"]), "contains itself"),
        (record({"type": "array", "items": "null"}), "items that take no byte"),
        (record({"type": "array", "items": record("null", name="empty")}), "items that take no byte"),
        (record({"type": "fixed", "name": "f", "size": 2**40}), "bytes"),
        (record("null"), "without content"),
        (record("nowhere"), "does not define"),
        (record([]), "choice of nothing"),
        (record({"type": "enum", "name": "e", "symbols": [1]}), "no names"),
        (
            {"type": "record", "name": "a", "fields": [{"name": "f", "type": "int"}] * 2},
            "two fields of one name",
        ),
        ({"type": "record", "name": "a", "fields": 3}, "record without fields"),
        ({"type": "record", "fields": []}, "without a name"),
        ("int", "no record"),
        (bomb(14), "more than"),
    ],
)
def test_a_schema_that_could_blow_up_is_refused(schema, reason):
    with pytest.raises(SchemaError, match=reason):
        read(schema)


def test_depth_is_bounded():
    kind = "int"
    for _ in range(40):
        kind = {"type": "array", "items": kind}
    with pytest.raises(SchemaError, match="nested deeper"):
        read(record(kind))
    with pytest.raises(SchemaError, match="no JSON"):
        writer_schema(b"[" * 100_000)


def test_length_is_bounded():
    with pytest.raises(SchemaError, match="are allowed"):
        writer_schema(b" " * (1 << 20) + b"{}")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.sampled_from(["int", "record", "array", "null", "x"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["type", "name", "fields", "items", "size"]), inner, max_size=5)
        ),
        max_leaves=12,
    )
)
def test_any_json_is_a_schema_or_refused(told):
    try:
        found = read({"type": "record", "name": "a", "fields": [{"name": "f", "type": told}]})
    except SchemaError:
        return
    assert found.fields() == {"f"}
