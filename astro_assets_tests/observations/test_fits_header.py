"""Cards have the values that astropy finds, in usual and unusual headers alike; usual ones do without it."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from astropy.io import fits
from astropy.io.fits.card import Undefined
from hypothesis import example, given
from hypothesis import strategies as st

from astro_assets.observations.fits_header import Header
from astro_assets.observations.fits_structure import read_structure
from astro_assets_tests.observations.made_files import light_curve_file

_KEYWORDS = ("X", "NAXIS1", "A-B_C9", "LONGNAME")
#: Values as pipelines, people and damage write them.
_VALUES = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(lambda number: f"{number:.10E}"),
    st.sampled_from(
        ("T", "F", "", "+007", "-0", "1.", ".5", "1.D5", "1E5", "0x1", "(1.0, 2.0)", "12abc", "TRUE")
    ),
    st.text("aB 1.:'/&", max_size=20).map(lambda text: f"'{text}'"),
    st.text("aB 1.:'/&T-+E=", max_size=30),
)
_COMMENTS = st.sampled_from(("", " / why", "/why: 'so'", " / 3", "   ", " no comment"))
_OTHERS = (
    "COMMENT of somebody = 3",
    "HISTORY = 'none'",
    "CONTINUE  'more' / of it",
    "HIERARCH ESO X = 5",
    "lower   = 5",
    "X= 9",
    "",
    "X   Y   = 8",
    "X",
)
_CARD = st.one_of(
    st.builds(
        lambda keyword, space, value, comment: f"{keyword:<8}= {space}{value}{comment}"[:80],
        st.sampled_from(_KEYWORDS),
        st.sampled_from(("", "          ")),
        _VALUES,
        _COMMENTS,
    ),
    st.sampled_from(_OTHERS),
)


def _theirs(header: fits.Header, keyword: str) -> object:
    try:
        value = header.get(keyword)
    except (fits.VerifyError, ValueError):
        return None
    return None if isinstance(value, Undefined) else value


@given(st.lists(_CARD, max_size=8))
@example(["X       = 'DP: 1'"])
@example(["X       = ''/why: 'so'"])
@example(["X       = 'AXIS.1: 2' / record"])
@example(["X       = 'it''s'", "NAXIS1  = '   '"])
@example(["X       = 'long&'", "CONTINUE  'er'"])
def test_values_are_those_that_astropy_finds(cards: list[str]) -> None:
    image = "".join(card.ljust(80) for card in (*cards, "END", "X       = 'behind the end'"))
    ours = Header(image.encode())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = fits.Header.fromstring(image)
        for keyword in (*_KEYWORDS, "MISSING"):
            found, expected = ours.get(keyword), _theirs(theirs, keyword)
            if isinstance(expected, str):  # trailing spaces do not count
                assert isinstance(found, str)
                assert found.rstrip() == expected.rstrip()
            else:
                assert repr(found) == repr(expected)
            assert (keyword in ours) == (keyword in theirs)


def test_usual_headers_need_no_astropy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = light_curve_file(tmp_path / "a.fits")
    with fits.open(path) as hdus:
        expected = [dict(hdu.header) for hdu in hdus]
    monkeypatch.delattr(fits.Header, "fromstring")
    for hdu, cards in zip(read_structure(path), expected, strict=True):
        for keyword, value in cards.items():
            assert hdu.header.get(keyword) == value
