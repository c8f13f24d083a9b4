"""Whatever stands in a file, what is made of it is a finite number or a short printable line."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.plain_values import as_number, damage, one_line


@pytest.mark.parametrize(
    ("value", "number"),
    [(3, 3.0), ("2.5", 2.5), (" -1e3 ", -1000.0), (True, None), (None, None), ("", None), ("x", None),
     ("nan", None), ("inf", None), (math.inf, None), ([1], None)],
)  # fmt: skip
def test_numbers_are_finite_or_none(value: Any, number: float | None) -> None:
    assert as_number(value) == number


@given(st.text())
def test_lines_are_short_and_printable(text: str) -> None:
    line = one_line(text * 50)
    assert len(line) <= 300
    assert line.isascii()
    assert not line or line.isprintable()
    assert one_line(line) == line.strip(), "it may end at a blank"


def test_damage_names_the_kind_of_the_error() -> None:
    assert damage(KeyError("RATE")) == "damaged: KeyError: 'RATE'"
