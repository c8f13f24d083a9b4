"""Canonical hashes: one value, one hash, whatever it lies in; one changed bit, another hash."""

from __future__ import annotations

import hashlib
import json
import math
import os
import struct
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from blake3 import blake3
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from astro_assets.ledger.hashing import (
    DIGEST_BYTES,
    canonical_array,
    coerce,
    hash_arrays,
    hash_json,
    hash_parts,
    merkle_root,
    output_hash,
    recipe_hash,
    row_hashes,
)
from astro_assets.ledger.schema import Column, Schema, SchemaError

_SCALARS = {
    "string": st.text(st.characters(codec="utf-8"), max_size=8),
    "bool": st.booleans(),
    "int32": st.integers(-(2**31), 2**31 - 1),
    "int64": st.integers(-(2**63), 2**63 - 1),
    "float32": st.floats(width=32),
    "float64": st.floats(),
}
_VALUES = {
    **{name: st.none() | values for name, values in _SCALARS.items()},
    **{f"list[{name}]": st.none() | st.lists(st.none() | v, max_size=4) for name, v in _SCALARS.items()},
}
_ARRAYS = npst.arrays(
    st.sampled_from(["?", "i1", "u2", "i4", "i8", "u8", "f2", "f4", "f8"]),
    npst.array_shapes(max_dims=1, max_side=8),
)
_SCHEMA = Schema(
    (
        Column("name", "string", "Text.", nullable=True),
        Column("levels", "list[float32]", "Numbers.", nullable=True),
        Column("count", "int32", "Number.", nullable=True),
        Column("header", "string", "Audited only.", nullable=True, context=True),
    )
)


def _column(dtype: str) -> Column:
    return Column("value", dtype, "Some value.", nullable=True)


def _hash(value: Any, dtype: str) -> str:
    column = _column(dtype)
    return row_hashes("toy/values", "k", {"value": coerce(value, column)}, Schema((column,))).row_hash


def _same(one: Any, other: Any) -> bool:
    """Return whether two coerced values are one value by policy: NaN equals NaN, 0.0 is not -0.0."""
    return repr(one) == repr(other)


# ------------------------------------------------------------------------------------------ across processes

_SAMPLES = [
    ["string", "µ Gruis"], ["bool", True], ["int32", -5], ["int64", 2**62], ["float32", 0.1],
    ["float64", "NaN"], ["float64", "-0.0"], ["list[float64]", [0.5, None]], ["list[string]", []],
    ["string", None],
]  # fmt: skip


def _hash_samples() -> list[str]:
    numbers = [[dtype, float(value) if dtype == "float64" and value else value] for dtype, value in _SAMPLES]
    arrays = {name: np.arange(7, dtype="f4") / 3 for name in ("time", "flux", "flux_err", "zz", "a")}
    hashes = [_hash(value, dtype) for dtype, value in numbers]
    return [*hashes, hash_arrays(arrays), hash_json({"b": {"x", "y"} & {"x"} == {"x"}, "a": [0.1, None]})]


@pytest.mark.parametrize("seed", ["0", "12345"])
def test_one_value_has_one_hash_in_every_process(seed: str) -> None:
    code = f"import json; from {__name__} import _hash_samples; print(json.dumps(_hash_samples()))"
    output = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert json.loads(output) == _hash_samples()


def test_hashes_are_the_documented_ones() -> None:
    """A home outlives versions of this package: the serialisation may not drift."""
    framed = b"1:a" + b"2:\xc2\xb5" + b"0:"
    assert hash_parts("a", "µ", b"") == hashlib.blake2b(framed, digest_size=32).hexdigest()
    arrays = b"4:flux" + b"3:<f4" + b"4:(2,)" + b"8:" + struct.pack("<2f", 1.0, math.nan)
    assert hash_arrays({"flux": np.array([1, np.nan], "f4")}) == blake3(arrays).hexdigest()
    text = '{"a":0.1,"b":[null,true]}'
    assert hash_json({"b": [None, True], "a": 0.1}) == hash_parts(text)
    expected = hash_parts("toy/values", "k", "value", b"float32\x00\x00\x00\x3f")
    assert _hash(0.5, "float32") == expected
    assert recipe_hash("t/t", "k", "TIC 1", "code", "config", ["i", "j"]) == hash_parts(
        "t/t", "k", "TIC 1", "code", "config", "i", "j"
    )
    assert output_hash("failed", "why", []) == hash_parts("failed", "why")


# ---------------------------------------------------------------------------------------------------- scalars


@given(st.data(), st.sampled_from(sorted(_VALUES)))
def test_equal_values_hash_equal_and_others_do_not(data: st.DataObject, dtype: str) -> None:
    one, other = (coerce(data.draw(_VALUES[dtype]), _column(dtype)) for _ in range(2))
    assert (_hash(one, dtype) == _hash(other, dtype)) == _same(one, other)


@given(st.integers(-(2**31), 2**31 - 1))
def test_numpy_scalars_are_the_values_they_hold(value: int) -> None:
    for number in (np.int32(value), np.int64(value), float(value), np.float64(value)):
        assert _hash(number, "int32") == _hash(value, "int32")
    assert _hash(np.float32(0.1), "float32") == _hash(0.1, "float32")
    assert _hash(np.float64(value), "float64") == _hash(value, "float64")
    assert _hash(np.bool_(value > 0), "bool") == _hash(value > 0, "bool")
    assert _hash(np.str_(value), "string") == _hash(str(value), "string")
    assert _hash(np.array([value, 1]), "list[int64]") == _hash([value, 1], "list[int64]")


@pytest.mark.parametrize(("dtype", "bits"), [("float32", "<u4"), ("float64", "<u8")])
def test_there_is_one_nan_and_two_zeros(dtype: str, bits: str) -> None:
    payloads = np.array([0, 1, 1 << 15], dtype=bits) | np.array(np.nan, dtype).view(bits)
    negative = payloads | bits_of_sign(bits)
    nans = [*payloads.view(dtype), *negative.view(dtype)]
    assert len({_hash(nan, dtype) for nan in nans}) == 1
    assert len({_hash([nan], f"list[{dtype}]") for nan in nans}) == 1
    assert len({hash_arrays({"a": np.array([nan, 1], dtype)}) for nan in nans}) == 1
    assert _hash(0.0, dtype) != _hash(-0.0, dtype)
    assert hash_arrays({"a": np.zeros(1, dtype)}) != hash_arrays({"a": -np.zeros(1, dtype)})


def bits_of_sign(bits: str) -> Any:
    """Return an unsigned integer with only the top bit set."""
    kind = np.dtype(bits).type
    return kind(1 << (8 * kind().itemsize - 1))


@pytest.mark.parametrize("dtype", sorted(name for name in _VALUES if name.startswith("list")))
def test_null_empty_and_lists_of_nulls_differ(dtype: str) -> None:
    hashes = [_hash(value, dtype) for value in (None, [], [None], [None, None])]
    assert len(set(hashes)) == len(hashes)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (2**31, "int32"), (2**63, "int64"), (1.5, "int32"), (float("nan"), "int64"), (float("inf"), "int64"),
        (True, "int32"), (np.True_, "float64"), ("1", "int32"), (b"1", "float64"), ("1.0", "float64"),
        (1, "bool"), (0.0, "bool"), (1, "string"), (b"text", "string"), (1e39, "float32"),
        (2**53 + 1, "float64"), (2**24 + 1, "float32"), (1j, "float64"), ("abc", "list[string]"),
        ({"a": 1}, "list[string]"),
        (np.zeros((2, 2)), "list[float64]"), ([1.5], "list[int32]"), (5, "list[int32]"),
        ([[1]], "list[int64]"),
    ],
)  # fmt: skip
def test_what_would_lose_something_is_refused(value: Any, dtype: str) -> None:
    with pytest.raises(SchemaError, match=r"(?s)value = .* does not fit"):
        coerce(value, _column(dtype))


def test_a_missing_value_is_refused_where_it_may_not_be_null() -> None:
    with pytest.raises(SchemaError, match="depth_ppm is missing"):
        coerce(None, Column("depth_ppm", "float64", "Depth.", "ppm"))


# ----------------------------------------------------------------------------------------------------- arrays


@given(_ARRAYS)
def test_memory_layout_and_byte_order_do_not_count(array: np.ndarray) -> None:
    expected = hash_arrays({"a": array})
    strided = np.repeat(array, 2)[::2]
    backwards = array[::-1].copy()[::-1]
    fortran = np.asfortranarray(np.stack([array, array], axis=1))[:, 0]
    swapped = array.astype(array.dtype.newbyteorder(">"))
    frozen = array.copy()
    frozen.flags.writeable = False
    for other in (strided, backwards, fortran, swapped, frozen, array.view(np.memmap)):
        assert hash_arrays({"a": other}) == expected


@given(_ARRAYS, st.data())
def test_one_changed_bit_changes_the_hash(array: np.ndarray, data: st.DataObject) -> None:
    changed = array.copy()
    octets = changed.view(np.uint8)
    at = data.draw(st.integers(0, octets.size - 1))
    octets[at] ^= 1 if array.dtype == bool else 1 << data.draw(st.integers(0, 7))
    if array.dtype.kind == "f":  # the payload of a NaN is no difference
        same = (array.view(np.uint8) == changed.view(np.uint8)).reshape(array.size, -1).all(axis=1)
        assume((same | ~np.isnan(array) | ~np.isnan(changed)).all())
    assert hash_arrays({"a": changed}) != hash_arrays({"a": array})
    assert hash_arrays({"b": array}) != hash_arrays({"a": array})


def test_dtype_name_length_and_borders_count() -> None:
    ones = np.ones(4, "f4")
    different = [
        {"a": ones}, {"b": ones}, {"a": ones.astype("f8")}, {"a": ones[:3]}, {"a": ones, "b": ones},
        {"ab": ones}, {"a": ones.view("i4")}, {"a": np.ones(0, "f4")}, {"a": np.ones(0, "f8")},
    ]  # fmt: skip
    hashes = [hash_arrays(arrays) for arrays in different]
    assert len(set(hashes)) == len(hashes)
    assert hash_arrays({"a": ones, "b": 2 * ones}) == hash_arrays({"b": 2 * ones, "a": ones})
    assert hash_arrays({"a": ones, "b": 2 * ones}) != hash_arrays({"b": ones, "a": 2 * ones})


def test_hashing_leaves_the_callers_array_alone() -> None:
    odd_nan = np.array([0x7FF8000000000001], "<u8").view("<f8")
    canonical_array(odd_nan.view(np.memmap))
    assert odd_nan.view("<u8")[0] == 0x7FF8000000000001


@pytest.mark.parametrize(
    "array", [np.array(["a"]), np.array([1j]), np.array([None]), np.ma.masked_equal([1, 2], 2)]
)
def test_arrays_of_other_kinds_are_refused(array: np.ndarray) -> None:
    with pytest.raises(SchemaError, match="flux"):
        hash_arrays({"flux": array})


# --------------------------------------------------------------------------------- rows, parts, Merkle trees


@given(st.lists(st.text(max_size=5), max_size=5), st.lists(st.text(max_size=5), max_size=5))
def test_borders_between_parts_count(one: list[str], other: list[str]) -> None:
    one, other = ([text.encode("utf-8", "replace").decode() for text in parts] for parts in (one, other))
    assert (hash_parts(*one) == hash_parts(*other)) == (one == other)


_ROW = st.fixed_dictionaries(
    {
        "name": _VALUES["string"],
        "levels": _VALUES["list[float32]"],
        "count": _VALUES["int32"],
        "header": _VALUES["string"],
    }
)


@given(_ROW, _ROW)
def test_content_columns_always_count_and_context_columns_never(
    one: dict[str, Any], other: dict[str, Any]
) -> None:
    one, other = ({c.name: coerce(row[c.name], c) for c in _SCHEMA} for row in (one, other))
    for column in _SCHEMA:
        changed = {**one, column.name: other[column.name]}
        is_equal = column.context or _same(one[column.name], other[column.name])
        before, after = row_hashes("t/t", "k", one, _SCHEMA), row_hashes("t/t", "k", changed, _SCHEMA)
        assert (before.row_hash == after.row_hash) == is_equal
        assert (before.column_digests == after.column_digests) == is_equal
        assert len(before.column_digests) == DIGEST_BYTES * len(_SCHEMA.content)
    there = row_hashes("t/t", "k", one, _SCHEMA)
    for table, key in (("t/u", "k"), ("t/t", "l")):
        elsewhere = row_hashes(table, key, one, _SCHEMA)
        assert elsewhere.row_hash != there.row_hash
        assert elsewhere.column_digests == there.column_digests


def _rfc_6962(leaves: list[bytes]) -> bytes:
    """Build the tree bottom up, a level at a time, where an odd last node rises: the same tree."""

    def digest(data: bytes) -> bytes:
        return hashlib.blake2b(data, digest_size=32).digest()

    level = [digest(b"\x00" + leaf) for leaf in leaves]
    while len(level) > 1:
        pairs = [digest(b"\x01" + a + b) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return level[0] if level else digest(b"")


@given(st.lists(st.binary(min_size=32, max_size=32), max_size=40))
def test_the_merkle_root_is_that_of_rfc_6962(leaves: list[bytes]) -> None:
    assert merkle_root([leaf.hex() for leaf in leaves]) == _rfc_6962(leaves).hex()
