"""Cards that are missing, blank, broken or of the wrong kind are None."""

from __future__ import annotations

import pytest

from astro_assets.observations.fits_cards import (
    PRINTABLE,
    flag_card,
    integer_card,
    number_card,
    text_card,
)
from astro_assets.observations.fits_header import Header


def _header(*cards: str) -> Header:
    return Header("".join(card.ljust(80) for card in (*cards, "END")).encode())


@pytest.mark.parametrize(
    "card",
    ["OTHER   = 1", "X       =", "X       = 'unclosed", "X       = 12abc", "X       = (1.0, 2.0)"],
)
def test_what_is_no_number(card: str) -> None:
    header = _header(card)
    assert number_card(header, "X") is None
    assert integer_card(header, "X") is None
    assert not flag_card(header, "X")


@pytest.mark.parametrize(
    ("value", "number", "integer", "flag"),
    [
        ("T", None, None, True),
        ("F", None, None, False),
        ("7", 7.0, 7, False),
        ("7.5", 7.5, None, False),
        ("'7'", None, None, False),
        ("99999999999", 99999999999.0, None, False),
        ("1E400", None, None, False),
        ("1" + 60 * "0", 1e60, None, False),
    ],
)
def test_values_keep_their_kind(value: str, number: float | None, integer: int | None, flag: bool) -> None:
    header = _header(f"X       = {value}")
    assert number_card(header, "X") == number
    assert integer_card(header, "X") == integer
    assert flag_card(header, "X") is flag


def test_text_is_printable_and_bounded() -> None:
    card = "X       = '" + 67 * "a" + "&'"
    header = _header(card, *3 * [f"CONTINUE  '{66 * 'a'}&'"], "CONTINUE  'a'")
    assert text_card(header, "X") == "a" * 80
    assert text_card(header, "MISSING") == ""
    assert text_card(_header("X       = 12"), "X") == "12"
    assert bytes([0, 27, 65, 200]).translate(PRINTABLE) == b"??A?"


def test_a_broken_card_counts_as_missing() -> None:
    assert text_card(_header("X       = 'unclosed"), "X") == ""
