"""The same answer is the same file, whatever its order and whenever it came."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.catalogs.answers import (
    Answer,
    cell_text,
    file_text,
    keep_answer,
    kept_answers,
    with_kept_stars,
)
from astro_assets.catalogs.text_tables import parse

ANSWER = Answer("koi", "NASA Exoplanet Archive", "select 1", "2026-01-01T00:00:00", 3, None, "koi.csv")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (np.ma.masked, ""),
        (float("nan"), ""),
        (np.float64(0.837491225), "0.837491225"),
        (np.float32(0.1), "0.1"),
        (np.float64(11904151.0), "11904151"),
        (np.int64(7), "7"),
        (1e300, "1e+300"),
        (b"two", "two"),
        (" a\n b ", "a b"),
        (np.str_("K2-3"), "K2-3"),
    ],
)
def test_values_stand_as_they_are(value: Any, text: str) -> None:
    assert cell_text(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_no_number_loses_a_digit(value: float) -> None:
    assert float(cell_text(np.float64(value))) == value


_CELLS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=8).map(lambda text: text.strip())


@given(
    st.lists(st.fixed_dictionaries({"a": _CELLS.filter(bool), "b": _CELLS}), min_size=1, max_size=8),
    st.randoms(),
)
def test_order_does_not_matter_and_what_is_written_is_read(rows: list[dict[str, str]], random: Any) -> None:
    text = file_text(["from an archive"], ("a", "b"), {"a": "days", "b": " "}, rows)
    shuffled = rows[:]
    random.shuffle(shuffled)
    assert file_text(["from an archive"], ("a", "b"), {"a": "days"}, shuffled) == text
    table = parse(text.encode())
    assert table.units == {"a": "days"}
    assert sorted(line.values["a"] for line in table.lines) == sorted(row["a"] for row in rows)


def test_stars_that_were_not_asked_for_are_kept() -> None:
    held = parse(b"ID,Teff\n1,5000\n2,6000\n3,7000\n")
    rows = with_kept_stars(held, [{"ID": "2", "Teff": "6100"}, {"ID": "4", "Teff": ""}], "ID", ["2", "3"])
    assert rows == [{"ID": "1", "Teff": "5000"}, {"ID": "2", "Teff": "6100"}, {"ID": "4", "Teff": ""}]
    assert with_kept_stars(None, [{"ID": "2"}], "ID", ["2"]) == [{"ID": "2"}]


def test_what_is_known_of_an_answer_lies_beside_it(tmp_path: Path) -> None:
    keep_answer(tmp_path, ANSWER)
    assert kept_answers(tmp_path) == {tmp_path / "koi.csv": ANSWER}
    assert ANSWER.context()["query"] == "select 1"
    assert "file_name" not in ANSWER.context()
