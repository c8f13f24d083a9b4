"""Numbers as people read them."""

from __future__ import annotations

import doctest
import math

import pytest

from astro_assets.reports import lists, numbers, rendering
from astro_assets.reports.numbers import NOTHING, grouped, number, size, with_error
from astro_assets.reports.rendering import plain

THIN = "\N{NARROW NO-BREAK SPACE}"


@pytest.mark.parametrize("module", [numbers, rendering, lists])
def test_examples_of_the_documentation(module: object) -> None:
    failed, tried = doctest.testmod(module)  # type: ignore[arg-type]
    assert (failed, tried > 0) == (0, True)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, NOTHING), (math.nan, NOTHING), (math.inf, "∞"), (0.0, "0"), (-0.5, "−0.5000"), (120.0, "120"),
        (388272.4, f"388{THIN}272"), (2.5e-7, "2.500 × 10⁻⁷"), (True, "yes"), ("word", "word"), ([], NOTHING),
        (["a", "b"], "a, b"), (9999.6, f"10{THIN}000"),
    ],
)  # fmt: skip
def test_values_of_all_kinds(value: object, expected: str) -> None:
    assert number(value) == expected


def test_a_value_has_the_digits_that_its_error_leaves() -> None:
    assert with_error(12.34567, 0.012) == "12.346 ± 0.012"
    assert with_error(12.34567, math.nan) == "12.3457"
    assert with_error(1300.0, 25.0) == "1300 ± 25"


def test_thousands_stand_apart_and_sizes_have_units() -> None:
    assert (grouped(9999), grouped(12345)) == ("9999", f"12{THIN}345")
    assert (size(None), size(12), size(740_746), size(3_000_000_000)) == (
        NOTHING,
        "12 bytes",
        "740.7 kB",
        "3 GB",
    )


def test_texts_of_files_are_one_bearable_line() -> None:
    assert plain("a\nb\x00c\u202ed") == "a b c d"
    assert len(plain("x" * 10_000)) < 200
