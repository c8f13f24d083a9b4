"""Declarations that cannot be right are refused where they are made."""

from __future__ import annotations

import polars as pl
import pytest

from astro_assets.ledger.schema import RESERVED, Column, Schema, SchemaError
from astro_assets.ledger.table import Config, Parent, Table
from astro_assets.ledger.units import ROW_COLUMNS, UNIT_COLUMNS
from astro_assets_tests.ledger import toy


@pytest.mark.parametrize(
    ("dtype", "expected"),
    [
        ("string", pl.String),
        ("int32", pl.Int32),
        ("list[float32]", pl.List(pl.Float32)),
        ("arrays", pl.String),
        ("file", pl.String),
    ],
)
def test_a_dtype_has_one_polars_type(dtype: str, expected: pl.DataType) -> None:
    assert Column("depth_ppm", dtype, "Depth.").polars_type == expected


@pytest.mark.parametrize(
    "dtype", ["float", "list[float]", "list[list[int32]]", "list[arrays]", "list[", "", "Float64"]
)
def test_an_unknown_dtype_is_refused(dtype: str) -> None:
    with pytest.raises(SchemaError, match="depth_ppm"):
        Column("depth_ppm", dtype, "Depth.")


@pytest.mark.parametrize("name", ["Depth", "depth ppm", "1st", "", "depth-ppm", "depth\n"])
def test_names_are_lower_case_identifiers(name: str) -> None:
    with pytest.raises(SchemaError, match="lower-case"):
        Column(name, "float64", "Depth.")


def test_a_column_says_what_it_means() -> None:
    with pytest.raises(SchemaError, match="no description"):
        Column("depth_ppm", "float64", "")


def test_a_name_is_declared_once() -> None:
    column = Column("depth_ppm", "float64", "Depth.", "ppm")
    with pytest.raises(SchemaError, match="twice"):
        Schema((column, column))


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_the_ledgers_own_names_are_taken(name: str) -> None:
    with pytest.raises(SchemaError, match=name):
        Schema((Column(name, "string", "Mine."),))


def test_all_of_the_ledgers_own_columns_are_reserved() -> None:
    assert {*UNIT_COLUMNS, *ROW_COLUMNS} == RESERVED


def test_content_columns_are_those_that_are_hashed() -> None:
    schema = toy.FILES.schema
    assert [column.name for column in schema.content] == ["file_id", "target_id", "values", "remark"]
    assert "header" in schema.names
    with pytest.raises(SchemaError, match="no column 'flux'"):
        schema["flux"]


def test_nothing_may_read_a_context_column() -> None:
    with pytest.raises(SchemaError, match=r"toy/files\.header is a context column"):
        Parent(toy.FILES, ("values", "header"))


@pytest.mark.parametrize("name", ["curves", "Toy/curves", "toy/", "toy/curves/x", "toy/curves\n"])
def test_a_table_is_named_by_wing_and_table(name: str) -> None:
    with pytest.raises(SchemaError, match="wing/table"):
        Table(name, toy.FILES.schema)


def test_a_table_that_reads_computes() -> None:
    with pytest.raises(SchemaError, match="computes nothing"):
        Table("toy/idle", toy.FILES.schema, parents=(Parent(toy.FILES, ("values",)),))


def test_roles_differ_and_the_first_parent_drives() -> None:
    twice = (Parent(toy.FILES, ("values",)), Parent(toy.FILES, ("remark",)))
    with pytest.raises(SchemaError, match="two parents in one role"):
        Table("toy/double", toy.FILES.schema, toy.curve, twice)
    constant = (Parent(toy.FILES, ("values",), on="file_id", equals="f1"),)
    with pytest.raises(SchemaError, match="first parent drives"):
        Table("toy/constant", toy.FILES.schema, toy.curve, constant)


def test_settings_are_typed_bounded_and_known() -> None:
    for bad in ({"scale": 0}, {"scale": "wide"}, {"sclae": 1.0}):
        with pytest.raises(ValueError, match=next(iter(bad))):
            toy.StarConfig.model_validate(bad)
    with pytest.raises(ValueError, match="frozen"):
        toy.StarConfig().scale = 2.0  # type: ignore[misc]
    assert Config() == Config()


def test_the_signature_names_what_decides_results() -> None:
    tables = {table.name: table for table in toy.tables()}
    signature = tables["toy/stars"].signature()
    assert signature["parents"][1] == ("catalogue", "toy/catalogue", ("factor",), "target_id", None, False)
    assert signature["columns"][0] == ("target_id", "string", False, False)
    renamed = Column("level", "float64", "Another text about the same column.", "e-/s")
    schema = Schema(tuple(renamed if c.name == "level" else c for c in tables["toy/stars"].schema))
    stars = tables["toy/stars"]
    same = Table(stars.name, schema, stars.compute, stars.parents)
    assert same.signature() == signature, "words about a column must not make results stale"
