"""One spelling for every target."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from astro_assets.observations.targets import CATALOGUES, TargetIdError, canonical_target_id, target_id


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("tic100100827", "TIC 100100827"),
        ("TIC-100100827", "TIC 100100827"),
        ("KIC 011446443", "KIC 11446443"),
        ("  epic_201367065 ", "EPIC 201367065"),
        ("Sim: 17", "SIM 17"),
    ],
)
def test_what_people_type(text: str, canonical: str) -> None:
    assert canonical_target_id(text) == canonical


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("100100827", "names no catalogue: write for example 'TIC 100100827'"),
        ("Gaia 700", "unknown catalogue 'Gaia'"),
        ("WASP-18", "unknown catalogue 'WASP'"),
        ("TIC", "is not a target id"),
        ("TIC 1 2", "is not a target id"),
        ("TIC 0", "numbers start at 1"),
        ("TIC 1.5", "is not a target id"),
        ("TIC \u0661\u0662", "is not a target id"),
        ("TIC 1\n", None),
        ("", "is not a target id"),
        ("TIC " + "9" * 19, "is not a target id"),
    ],
)
def test_what_is_no_target(text: str, reason: str | None) -> None:
    if reason is None:  # blanks around are forgiven
        assert canonical_target_id(text) == "TIC 1"
        return
    with pytest.raises(TargetIdError, match=reason.replace("(", r"\(")):
        canonical_target_id(text)


@given(
    st.sampled_from(CATALOGUES),
    st.integers(1, 10**18 - 1),
    st.sampled_from(["", " ", "-", "_", ":", "  "]),
    st.integers(0, 4),
    st.booleans(),
)
def test_every_spelling_of_an_id_is_one_id(
    catalogue: str, number: int, between: str, zeros: int, lower: bool
) -> None:
    canonical = target_id(catalogue, number)
    digits = str(number).zfill(min(18, len(str(number)) + zeros))
    typed = f"{catalogue.lower() if lower else catalogue}{between}{digits}"
    assert canonical_target_id(typed) == canonical
    assert canonical_target_id(canonical) == canonical


@given(st.text(max_size=40))
def test_any_text_is_a_canonical_id_or_refused(text: str) -> None:
    try:
        canonical = canonical_target_id(text)
    except TargetIdError:
        return
    catalogue, number = canonical.split(" ")
    assert catalogue in CATALOGUES
    assert str(int(number)) == number
