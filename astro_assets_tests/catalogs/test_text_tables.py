"""Files are taken apart to the last value, or refused with line and column."""

from __future__ import annotations

import csv
import io

import hypothesis.strategies as st
import pytest
from hypothesis import given

from astro_assets.catalogs.text_tables import CatalogError, Line, parse

COMMENTS = b"""# This file was produced by the NASA Exoplanet Archive  http://exoplanetarchive.ipac.caltech.edu
# Sat Oct  4 09:55:46 2025
#
# COLUMN kepid:          KepID
# COLUMN koi_time0bk:    Transit Epoch [BKJD]
#
"""


def test_comments_columns_and_line_numbers() -> None:
    table = parse(COMMENTS + b'kepid,name,\r\n1,"a, b",\r\n\r\n2,,\r\n')
    assert table.columns == ("kepid", "name", "")
    assert [(line.number, line.text("name")) for line in table.lines] == [(8, "a, b"), (10, None)]
    assert table.units == {"koi_time0bk": "BKJD"}
    assert table.date == "2025-10-04T09:55:46"


def test_the_date_of_the_binary_catalogues() -> None:
    assert parse(b"## Download Date (Y/M/D): 2016/10/17\na\n1\n").date == "2016-10-17T00:00:00"
    assert parse(b"# no date\na\n1\n").date is None


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"# only\n", "no line below the header"),
        (b"", "no line below the header"),
        (b"a,b\n", "no line below the header"),
        (b"#\na,b\n1,2\n1\n", "line 4 has 1 values, the header names 2 columns"),
        (b"a,b,a\n1,2,3\n", "line 1: columns named twice: a"),
        (b"a\n1\n\xff\n", "line 3: this is no UTF-8 text"),
        (b'a,b\n1,"2\n', "line 3: unexpected end of data"),
    ],
)
def test_a_damaged_file_is_refused_with_the_line(content: bytes, complaint: str) -> None:
    with pytest.raises(CatalogError, match=complaint):
        parse(content)


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0")), min_size=2,
                         max_size=2).filter(any), min_size=1))  # fmt: skip
def test_every_value_arrives_in_its_column(rows: list[list[str]]) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([["a", "b"], *rows])
    table = parse(stream.getvalue().encode())
    assert [[line.values["a"], line.values["b"]] for line in table.lines] == rows
    assert [line.number for line in table.lines] == list(range(2, len(rows) + 2))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        assert parse(content).lines
    except CatalogError as error:
        assert str(error)  # noqa: PT017  the message is the point


def test_values() -> None:
    line = Line(7, {"x": " 2.5 ", "none": "", "nan": "NaN", "gone": "-1.0000", "n": "12", "f": "465"})
    assert line.number_in("x") == 2.5
    assert line.number_in("none") is line.number_in("nan") is line.number_in("absent") is None
    assert line.number_in("gone", (-1.0,)) is None
    assert line.number_in("gone") == -1
    assert line.whole("n") == 12
    assert line.flag("f") is True
    assert line.flag("none") is None


@pytest.mark.parametrize(
    ("method", "text", "complaint"),
    [
        ("number_in", "abc", "'abc' is no number"),
        ("number_in", "1e999", "'1e999' is not finite"),
        ("whole", "0", "'0' is no positive whole number"),
        ("whole", "1.5", "'1.5' is no positive whole number"),
        ("whole", "", "there is no value"),
        ("flag", "yes", "'yes' is no flag"),
    ],
)
def test_a_bad_value_is_refused_with_line_and_column(method: str, text: str, complaint: str) -> None:
    with pytest.raises(CatalogError) as caught:
        getattr(Line(7, {"x": text}), method)("x")
    assert str(caught.value) == f"line 7, column x: {complaint}"
